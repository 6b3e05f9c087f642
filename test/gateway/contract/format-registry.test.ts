import fc from 'fast-check';
import t from 'tap';
import type { AccessRule } from '../../../gateway/contract/access-policy.ts';
import { formatRegistry, shardOf, type RegistryContent } from '../../../gateway/contract/format-registry.ts';
import { assembleRegistry, parseIndex } from '../../../gateway/contract/parse-registry.ts';
import {
  byName,
  byNamespaceAndName,
  type RejectedService,
  type ServiceEntry,
} from '../../../gateway/contract/registry-document.ts';
import { entry } from '../../support/registry-parts.ts';

const gateway = { namespace: 'tools', name: 'main' };

function content(
  services: readonly ServiceEntry[],
  rejected: readonly RejectedService[] = [],
  rules: readonly AccessRule[] = [],
): RegistryContent {
  return { gateway, policy: { hosts: [] }, services, rejected, rules };
}

const byLength = (bytes: number) => ({ bytes, measure: (text: string) => Buffer.byteLength(text) });

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const someEntry: fc.Arbitrary<ServiceEntry> = fc
  .record(
    {
      name,
      namespace: fc.constantFrom('shop', 'lab', 'zoo'),
      protocol: fc.constantFrom('a2a', 'auto'),
      description: text,
      note: text,
      targets: fc.array(
        fc.ipV4().map((address) => `${address}:80`),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: ['name', 'namespace', 'description', 'note', 'targets'] },
  )
  .map(({ name, ...changes }) => entry(name, changes));
const someRejection: fc.Arbitrary<RejectedService> = fc.record({
  name: name.map((text) => `r-${text}`),
  namespace: fc.constantFrom('shop', 'lab'),
  type: fc.constantFrom('tool', 'agent'),
  reason: fc.constant('NoPort'),
  message: text,
});
const someRule: fc.Arbitrary<AccessRule> = fc.record(
  {
    name,
    effect: fc.constantFrom('Allow', 'Deny'),
    from: fc.array(
      fc.record({
        users: fc.array(
          text.map((user) => `u${user}`),
          { minLength: 1, maxLength: 3 },
        ),
      }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  },
  { requiredKeys: ['name', 'effect'] },
);
const unique = { selector: (item: { namespace: string; name: string }) => `${item.namespace}/${item.name}` };
const someContent = fc
  .tuple(
    fc.uniqueArray(someEntry, { ...unique, maxLength: 40 }),
    fc.uniqueArray(someRejection, { ...unique, maxLength: 10 }),
    fc.oneof(fc.constant([]), fc.uniqueArray(someRule, { selector: ({ name }) => name, maxLength: 10 })),
  )
  .map(([services, rejected, rules]) => content(services, rejected, rules));
const bound = fc.constantFrom(Infinity, 4_000, 1_500);

t.test('what is formatted reads back as it was, in one shard or many', async () => {
  fc.assert(
    fc.property(someContent, bound, (content, bytes) => {
      const formatted = formatRegistry(content, byLength(bytes));
      if (formatted === undefined) return true;
      const document = assembleRegistry(parseIndex(formatted.index), formatted.shards);
      const expected = {
        formatVersion: (content.rules ?? []).length > 0 ? 2 : 1,
        gateway,
        revision: formatted.revision,
        policy: { hosts: [] },
        services: content.services.toSorted(byNamespaceAndName),
        rejected: content.rejected.toSorted(byNamespaceAndName),
        rules: (content.rules ?? []).toSorted(byName),
      };
      return fc.stringify(sortMembers(document)) === fc.stringify(sortMembers(expected));
    }),
  );
});

function sortMembers(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

t.test('no shard exceeds its bound, and no smaller number of shards would do', async () => {
  fc.assert(
    fc.property(someContent, fc.integer({ min: 600, max: 5_000 }), (content, bytes) => {
      const formatted = formatRegistry(content, byLength(bytes));
      if (formatted === undefined) return true;
      const { shards } = formatted;
      const isPower = Math.log2(shards.length) % 1 === 0 && shards.length <= 64;
      return isPower && shards.every((shard) => Buffer.byteLength(shard) <= bytes);
    }),
  );
});

t.test('the bound is used to the last byte', async (t) => {
  const services = [entry('a'), entry('b')];
  const [whole = ''] = formatRegistry(content(services), byLength(Infinity))?.shards ?? [];
  // Each list is counted with a line feed instead of the comma that its last entry lacks, which may weigh more.
  const exact = Buffer.byteLength(whole) + 2;
  t.equal(formatRegistry(content(services), byLength(exact))?.shards.length, 1);
  t.ok((formatRegistry(content(services), byLength(exact - 1))?.shards.length ?? 0) > 1);
});

t.test('if even 64 shards are too few, nothing is formatted', async (t) => {
  t.equal(formatRegistry(content([entry('a')]), byLength(60)), undefined);
});

t.test('equal content gives equal bytes, whatever its order', async () => {
  fc.assert(
    fc.property(someContent, (content) => {
      const reversed = {
        ...content,
        services: content.services.toReversed(),
        rejected: content.rejected.toReversed(),
        rules: content.rules?.toReversed() ?? [],
      };
      return (
        JSON.stringify(formatRegistry(content, byLength(2_000))) ===
        JSON.stringify(formatRegistry(reversed, byLength(2_000)))
      );
    }),
  );
});

t.test("an entry's shard follows from its name alone", async (t) => {
  const services = Array.from({ length: 50 }, (_, number) => entry(`s${number}`));
  const formatted = formatRegistry(content(services), byLength(2_000));
  const count = formatted?.shards.length ?? 0;
  t.ok(count > 1);
  for (const service of services) {
    t.ok(formatted?.shards[shardOf(service, count)]?.includes(`"name":"${service.name}"`), service.name);
  }
});

t.test('names spread evenly over the shards', async (t) => {
  const sizes = Array.from({ length: 64 }, () => 0);
  for (let number = 0; number < 10_000; number++) {
    const shard = shardOf({ namespace: 'shop', name: `service-${number}` }, 64);
    sizes[shard] = (sizes[shard] ?? 0) + 1;
  }
  t.ok(Math.max(...sizes) < 2 * (10_000 / 64), `the fullest has ${Math.max(...sizes)}`);
});

t.test('another generation or policy is another revision', async (t) => {
  const revisionOf = (changes: Partial<RegistryContent>) =>
    formatRegistry({ ...content([]), ...changes }, byLength(Infinity))?.revision;
  const revisions = [{}, { generation: 1 }, { generation: 2 }, { policy: { hosts: ['a'] } }].map(revisionOf);
  t.equal(new Set(revisions).size, 4);
});

t.test('a registry is written in the lowest version that says all of it', async (t) => {
  const versionOf = (changes: Partial<RegistryContent>): unknown =>
    parseIndex(formatRegistry({ ...content([]), ...changes }, byLength(Infinity))?.index ?? '').formatVersion;
  const policies = [{ cors: { allowOrigins: ['*'] } }, { apiServers: ['10.0.0.1:6443'] }, { publicUrl: 'https://a' }];
  for (const policy of policies) t.equal(versionOf({ policy: { hosts: [], ...policy } }), 1, JSON.stringify(policy));
  t.equal(versionOf({ policy: { hosts: [], auth: { methods: [{ anonymous: {} }] } } }), 2);
  t.equal(versionOf({ policy: { hosts: [], toolPolicy: 'Enforce' } }), 2);
  t.equal(versionOf({ rules: [{ name: 'a', effect: 'Deny' }] }), 2);
  t.equal(versionOf({ services: [entry('a', { scheme: 'https' })] }), 2);
});

t.test('a member of the access policy that is not known is refused, not ignored', async (t) => {
  const read = (changes: object) => (): unknown => {
    const whole = { ...content([]), ...changes } as RegistryContent;
    const formatted = formatRegistry(whole, byLength(Infinity));
    return assembleRegistry(parseIndex(formatted?.index ?? ''), formatted?.shards ?? []);
  };
  const malformed = { code: 'ERR_REGISTRY_MALFORMED' };
  t.throws(read({ rules: [{ name: 'a', effect: 'Allow', from: [{ planets: ['Mars'] }] }] }), malformed);
  t.throws(read({ policy: { hosts: [], auth: { methods: [{ anonymous: {}, jwt: {} }] } } }), malformed);
  t.throws(read({ policy: { hosts: [], auth: { methods: [] } } }), malformed);
});
