import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { readList } from '../../../gateway/upstream/listing.ts';
import type { JsonObject } from '../../../gateway/upstream/json.ts';

async function digestOf(...tools: readonly JsonObject[]): Promise<string> {
  return (await readList('tools', 'modern', async () => ({ tools }))).toolsDigest;
}

const add = { name: 'add', title: 'Add', description: 'Adds.', inputSchema: { type: 'object', required: ['a'] } };
const sum = { name: 'sum', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } };

t.test('the digest is of canonical JSON that anybody can make', async (t) => {
  const text =
    '[{"description":"Adds.","inputSchema":{"required":["a"],"type":"object"},"name":"add","title":"Add"},' +
    '{"annotations":{"readOnlyHint":true},"inputSchema":{"type":"object"},"name":"sum"}]';
  t.equal(await digestOf(sum, add), `sha256:${createHash('sha256').update(text).digest('hex')}`);
  t.equal(await digestOf(), `sha256:${createHash('sha256').update('[]').digest('hex')}`, 'that of no tools, too');
});

t.test('the order of tools and of members makes no difference', async () => {
  const properties = fc.dictionary(fc.stringMatching(/^[a-z0-9]{1,4}$/), fc.jsonValue({ maxDepth: 2 }));
  const tools = fc.uniqueArray(
    fc.record({ name: fc.stringMatching(/^[A-Za-z_0-9]{1,6}$/), description: fc.string(), properties }),
    { selector: ({ name }) => name, maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(tools, async (all) => {
      const listed = all.map(({ name, description, properties: examples }) => ({
        name,
        description,
        inputSchema: { type: 'object', examples: [examples] },
      }));
      const reversed = listed.map((tool) => backwards(tool) as JsonObject).toReversed();
      return (await digestOf(...listed)) === (await digestOf(...reversed));
    }),
    { numRuns: 100 },
  );
});

/** The value with the members of its objects in the opposite order. */
function backwards(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(backwards);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, backwards(member)]),
  );
}

t.test('whatever a model or client acts on makes a difference, and nothing else', async (t) => {
  const digest = await digestOf(add);
  for (const change of [
    { name: 'Add' },
    { title: 'Sum' },
    { description: 'Adds. ' },
    { inputSchema: { type: 'object', required: ['b'] } },
    { outputSchema: { type: 'object' } },
    { annotations: {} },
  ]) {
    t.not(await digestOf({ ...add, ...change }), digest, JSON.stringify(change));
  }
  t.not(await digestOf(add, sum), digest);
  const unpinned = { _meta: { build: 7 }, icons: [], execution: { taskSupport: 'optional' }, 'x-vendor': true };
  t.equal(await digestOf({ ...add, ...unpinned }), digest);
});
