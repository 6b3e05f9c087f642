import t from 'tap';
import {
  changesBetween,
  nextCatalogue,
  type Catalogue,
  type ServerDescription,
} from '../../../gateway/upstream/catalogue.ts';
import { readList, stableListing, type Listing } from '../../../gateway/upstream/listing.ts';
import { emptyLists, type Lists } from '../../../gateway/upstream/lists-of-server.ts';
import { plainTool } from '../../support/servers/raw.ts';

const description: ServerDescription = { era: 'legacy', protocolVersion: '2025-11-25', capabilities: { tools: {} } };
const noon = new Date('2026-01-01T12:00:00Z');
const later = new Date('2026-01-01T13:00:00Z');

function listing(kind: 'tools' | 'prompts', items: readonly unknown[]): Promise<Listing> {
  return readList(kind, 'legacy', async () => ({ [kind]: items }));
}

async function tools(...items: readonly unknown[]): Promise<Lists> {
  return { ...emptyLists, tools: await listing('tools', items) };
}

async function first(): Promise<{ lists: Lists; catalogue: Catalogue }> {
  const lists = await tools(plainTool('a'));
  return { lists, catalogue: nextCatalogue(undefined, description, lists, noon) };
}

t.test('equal contents give the very same catalogue', async (t) => {
  const { lists, catalogue } = await first();
  t.match(catalogue, { version: 1, fetchedAt: '2026-01-01T12:00:00.000Z', digest: /^[0-9a-f]{64}$/ });
  const again = stableListing(lists.tools, await listing('tools', [plainTool('a')]));
  t.equal(again, lists.tools);
  t.equal(nextCatalogue(catalogue, { ...description }, { ...lists, tools: again }, later), catalogue);
});

t.test('a list whose members come in another order is the same list', async (t) => {
  const { lists } = await first();
  const reordered = { inputSchema: { type: 'object' }, description: 'The tool a', name: 'a' };
  t.equal(stableListing(lists.tools, await listing('tools', [reordered])), lists.tools);
});

t.test('the order of items is part of a list, and so are its problems', async (t) => {
  const two = await listing('tools', [plainTool('a'), plainTool('b')]);
  t.not(stableListing(two, await listing('tools', [plainTool('b'), plainTool('a')])), two);
  t.not(stableListing(two, await listing('tools', [plainTool('a'), plainTool('b'), null])), two);
  t.not(stableListing(two, await listing('tools', [plainTool('a')])), two);
});

t.test('other contents give another catalogue with the next version', async (t) => {
  const { lists, catalogue } = await first();
  for (const [changedDescription, changedLists] of [
    [description, await tools(plainTool('b'))],
    [description, await tools(plainTool('a'), null)],
    [{ ...description, capabilities: { tools: { listChanged: true } } }, lists],
    [{ ...description, instructions: 'Read this.' }, lists],
    [{ ...description, stateless: true }, lists],
  ] as const) {
    const next = nextCatalogue(catalogue, changedDescription, changedLists, later);
    t.match(next, { version: 2, fetchedAt: later.toISOString() });
    t.not(next.digest, catalogue.digest);
  }
});

t.test('a change is told by the lists that it is in', async (t) => {
  const { lists, catalogue } = await first();
  const changes = (next: Catalogue) => [...changesBetween(catalogue, next)];
  t.same([...changesBetween(undefined, catalogue)], ['tools', 'server']);
  t.same(changes(catalogue), []);
  const prompts = { ...lists, prompts: await listing('prompts', [{ name: 'p' }]) };
  const withPrompts = nextCatalogue(catalogue, description, prompts, noon);
  t.same(changes(withPrompts), ['prompts']);
  t.same([...changesBetween(withPrompts, nextCatalogue(withPrompts, description, lists, noon))], ['prompts']);
  t.same(changes(nextCatalogue(catalogue, { ...description, instructions: 'Read this.' }, lists, noon)), ['server']);
  const troubled = { ...lists, tools: { ...lists.tools, problems: ['Something is left out.'] } };
  t.same(changes(nextCatalogue(catalogue, description, troubled, noon)), []);
});
