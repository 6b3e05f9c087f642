import t from 'tap';
import { changesBetween, nextCatalogue, type CatalogueContents } from '../../../gateway/upstream/catalogue.ts';
import { plainTool } from '../../support/servers/raw.ts';

const contents: CatalogueContents = {
  era: 'legacy',
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  tools: [plainTool('a')],
  prompts: [],
  resources: [],
  resourceTemplates: [],
  problems: [],
};
const noon = new Date('2026-01-01T12:00:00Z');
const later = new Date('2026-01-01T13:00:00Z');

t.test('equal contents give the very same catalogue, whatever the order of their members', async (t) => {
  const first = nextCatalogue(undefined, contents, noon);
  t.match(first, { version: 1, fetchedAt: '2026-01-01T12:00:00.000Z', digest: /^[0-9a-f]{64}$/ });
  const reordered = { ...contents, tools: [{ inputSchema: { type: 'object' }, description: 'The tool a', name: 'a' }] };
  t.equal(nextCatalogue(first, reordered, later), first);
});

t.test('other contents give another catalogue with the next version', async (t) => {
  const first = nextCatalogue(undefined, contents, noon);
  for (const change of [
    { tools: [plainTool('b')] },
    { problems: ['Something is left out.'] },
    { capabilities: { tools: { listChanged: true } } },
    { instructions: 'Read this.' },
    { stateless: true },
  ]) {
    const next = nextCatalogue(first, { ...contents, ...change }, later);
    t.not(next, first, JSON.stringify(change));
    t.match(next, { version: 2, fetchedAt: later.toISOString() });
    t.not(next.digest, first.digest);
  }
});

t.test('the order of items is part of the contents', async (t) => {
  const two = { ...contents, tools: [plainTool('a'), plainTool('b')] };
  const first = nextCatalogue(undefined, two, noon);
  t.not(nextCatalogue(first, { ...two, tools: two.tools.toReversed() }, noon), first);
});

t.test('a change is told by the lists that it is in', async (t) => {
  const first = nextCatalogue(undefined, contents, noon);
  t.same([...changesBetween(undefined, first)], ['tools', 'server']);
  t.same([...changesBetween(first, first)], []);
  const prompts = nextCatalogue(first, { ...contents, prompts: [{ name: 'p' }] }, noon);
  t.same([...changesBetween(first, prompts)], ['prompts']);
  t.same([...changesBetween(prompts, nextCatalogue(prompts, contents, noon))], ['prompts']);
  const instructed = nextCatalogue(first, { ...contents, instructions: 'Read this.' }, noon);
  t.same([...changesBetween(first, instructed)], ['server']);
  const troubled = nextCatalogue(first, { ...contents, problems: ['Something is left out.'] }, noon);
  t.same([...changesBetween(first, troubled)], []);
});
