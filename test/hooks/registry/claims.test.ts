import fc from 'fast-check';
import t from 'tap';
import { settleClaims } from '../../../hooks/registry/claims.ts';
import type { Candidate } from '../../../hooks/registry/entry.ts';
import { deepFreeze } from '../support/objects.ts';

function candidate(key: string, created: string, changes: Partial<Candidate> = {}): Candidate {
  const [namespace = '', name = ''] = key.split('/');
  const host = `${name}.${namespace}.svc:80`;
  return {
    namespace,
    name,
    created,
    type: 'tool',
    prefix: name,
    path: '/mcp',
    host,
    targets: [],
    notes: [],
    ...changes,
  };
}

function settled(...candidates: Candidate[]) {
  const entries = settleClaims(deepFreeze(candidates));
  return new Map(entries.map((entry) => [`${entry.namespace}/${entry.name}`, entry]));
}

t.test('of two Services of one name the older keeps it as its prefix', async (t) => {
  const entries = settled(candidate('a/search', '2026-02'), candidate('b/search', '2026-01'));
  t.equal(entries.get('b/search')?.prefix, 'search');
  t.equal(entries.get('b/search')?.note, undefined);
  t.equal(entries.get('a/search')?.prefix, 'a-search');
});

t.test('Services of one age are ordered by namespace and name', async (t) => {
  const entries = settled(candidate('b/search', ''), candidate('a/search', ''));
  t.equal(entries.get('a/search')?.prefix, 'search');
  t.equal(entries.get('b/search')?.prefix, 'b-search');
});

t.test('a younger Service never renames the tools of one that is there', async () => {
  const name = fc.constantFrom('a', 'b', 'a-b', 'b-a', 'a-a-b');
  const key = fc.tuple(name, name).map((parts) => parts.join('/'));
  const claims = fc.uniqueArray(fc.tuple(key, fc.option(name, { nil: undefined })), { selector: ([key]) => key });
  fc.assert(
    fc.property(claims, (claims) => {
      const candidates = claims.map(([key, prefix], age) =>
        candidate(key, `2026-${String(age).padStart(3, '0')}`, prefix === undefined ? {} : { prefix }),
      );
      const all = settleClaims(candidates);
      const prefixes = all.map((entry) => entry.prefix);
      if (new Set(prefixes).size !== prefixes.length) return false;
      const before = settleClaims(candidates.slice(0, -1));
      return before.every((entry) => all.some((after) => JSON.stringify(after) === JSON.stringify(entry)));
    }),
  );
});

t.test('prefixes stay as the document wants them, however long names are', async (t) => {
  const long = 'n'.repeat(63);
  const entries = settled(
    candidate(`${long}/${long}`, '2', { prefix: 'wish' }),
    candidate('x/x', '0', { prefix: 'wish' }),
    candidate('y/y', '1', { prefix: `${long}-${long}` }),
  );
  const { prefix = '' } = entries.get(`${long}/${long}`) ?? {};
  t.match(prefix, /^[A-Za-z0-9-]{1,128}$/);
  t.match(prefix, /-[0-9a-f]{8}$/, 'what is cut has a hash');
});

t.test('a path below /mcp/ becomes an alias; the own path and any other do not', async (t) => {
  const alias = (path: string) => settled(candidate('a/b', '', { path })).get('a/b')?.alias;
  t.equal(alias('/mcp/tools/example'), '/mcp/tools/example');
  t.equal(alias('/mcp/a/b'), undefined);
  t.equal(alias('/mcp/'), undefined);
  t.equal(alias('/mcp'), undefined);
  t.equal(alias('/other/mcp/x'), undefined);
});

t.test('the path of an A2A agent below /mcp/ is no alias, and keeps nobody from having it', async (t) => {
  const path = '/mcp/agents/x';
  const entries = settled(
    candidate('a/card', '1', { type: 'agent', protocol: 'a2a', path }),
    candidate('a/either', '2', { type: 'agent', protocol: 'auto', path }),
  );
  t.strictSame([entries.get('a/card')?.alias, entries.get('a/card')?.note], [undefined, undefined]);
  t.strictSame([entries.get('a/either')?.alias, entries.get('a/either')?.note], [path, undefined]);
});

t.test("a Service's own path wins over a declared one, whatever their age", async (t) => {
  const entries = settled(candidate('a/b', '1', { path: '/mcp/c/d' }), candidate('c/d', '2'));
  t.equal(entries.get('a/b')?.alias, undefined);
  t.equal(
    entries.get('a/b')?.note,
    "The gateway's path /mcp/c/d is that of another Service; this one is served at /mcp/a/b.",
  );
});

t.test('several notes are one, and bounded', async (t) => {
  const long = 'n'.repeat(63);
  const entries = settled(
    candidate(`${long}/${long}`, '0', { prefix: 'wish', path: `/mcp/${'p'.repeat(250)}` }),
    candidate('x/x', '1', { prefix: 'wish', path: `/mcp/${'p'.repeat(250)}`, notes: ['First.'] }),
  );
  const { note = '' } = entries.get('x/x') ?? {};
  t.match(note, /^First\. The prefix "wish" is taken .* The gateway's path/);
  t.ok(Buffer.byteLength(note) <= 512);
});
