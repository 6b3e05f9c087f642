import t, { type Test } from 'tap';
import { capabilitySet, type CapabilitySet } from '../../../gateway/upstream/capability-set.ts';
import { nextCatalogue, type Catalogue, type ChangeKind } from '../../../gateway/upstream/catalogue.ts';
import { CatalogueVariants } from '../../../gateway/upstream/catalogue-variants.ts';
import { readList } from '../../../gateway/upstream/listing.ts';
import { emptyLists, type Lists } from '../../../gateway/upstream/lists-of-server.ts';
import { toolsNamed } from '../../support/routed.ts';

const sampling = capabilitySet('legacy', { sampling: {} }) as CapabilitySet;
const roots = capabilitySet('legacy', { roots: {} }) as CapabilitySet;

async function listsOf(...tools: readonly string[]): Promise<Lists> {
  const listing = await readList('tools', 'legacy', async () => ({ tools: toolsNamed(...tools) }));
  return { ...emptyLists, tools: listing };
}

function catalogueOf(lists: Lists, previous?: Catalogue): Catalogue {
  const description = { era: 'legacy', protocolVersion: '2025-11-25', capabilities: { tools: {} } } as const;
  return nextCatalogue(previous, description, lists, new Date());
}

/** Variants of a server whose lists a test gives, with a clock of its own. */
function setUp(t: Test, given: (set: CapabilitySet) => Promise<Lists>) {
  const changes: (readonly ChangeKind[])[] = [];
  const reads: string[] = [];
  const clock = { now: 0 };
  const variants = new CatalogueVariants({
    read: (set) => {
      reads.push(set.key);
      return given(set);
    },
    periodMs: 60_000,
    onChange: (kinds) => changes.push([...kinds]),
    now: () => clock.now,
  });
  t.teardown(() => variants.close());
  return { variants, changes, reads, clock };
}

const names = ({ tools }: Catalogue): unknown[] => tools.map(({ name }) => name);

t.test('what clients declare makes a set of what servers list by', async (t) => {
  t.equal(capabilitySet('legacy', {}), undefined);
  t.equal(capabilitySet('legacy', { experimental: {}, tasks: { list: {} } }), undefined);
  t.equal(capabilitySet('legacy', { sampling: { tools: {} } }), sampling, 'one set is one object');
  t.strictSame(capabilitySet('legacy', { elicitation: {} })?.capabilities, { elicitation: { form: {} } });
  t.strictSame(capabilitySet('legacy', { elicitation: { url: {} } })?.capabilities, { elicitation: { url: {} } });
  t.equal(
    capabilitySet('legacy', { roots: { listChanged: true }, elicitation: { url: {}, form: {} } }),
    capabilitySet('legacy', { elicitation: { form: {}, url: {} }, roots: {} }),
  );
});

t.test('what a legacy client does as tasks is part of its set; the other era has no such thing', async (t) => {
  const requests = { sampling: { createMessage: {} }, roots: { list: {} } };
  const declared = { sampling: {}, tasks: { list: {}, cancel: {}, requests, vendor: 1 } };
  t.strictSame(capabilitySet('legacy', declared)?.capabilities, {
    sampling: {},
    tasks: { cancel: {}, list: {}, requests: { sampling: { createMessage: {} } } },
  });
  t.equal(capabilitySet('modern', declared), capabilitySet('modern', { sampling: {} }));
});

t.test(
  'a client with capabilities waits until what it is shown is known, and reads it with no call after that',
  async (t) => {
    const main = await listsOf('a');
    const { variants, reads, changes } = setUp(t, () => listsOf('a', 'sample'));
    const catalogue = catalogueOf(main);
    await variants.ready(sampling, catalogue, main);
    const shown = variants.get(sampling, catalogue);
    t.strictSame(names(shown), ['a', 'sample']);
    t.equal(variants.ready(sampling, catalogue, main), undefined);
    t.equal(variants.get(sampling, catalogue), shown);
    t.strictSame(reads, [sampling.key]);
    t.strictSame(changes, [], 'nobody has seen anything else before');
    t.strictSame(names(variants.get(roots, catalogue)), ['a'], 'clients with other capabilities do not see it');
  },
);

t.test('a server that lists the same to all shares the one catalogue', async (t) => {
  const main = await listsOf('a');
  const { variants, reads, clock } = setUp(t, () => listsOf('a'));
  const catalogue = catalogueOf(main);
  await variants.ready(sampling, catalogue, main);
  t.equal(variants.get(sampling, catalogue), catalogue);
  clock.now = 5 * 60_000;
  t.equal(variants.ready(sampling, catalogue, main), undefined);
  t.equal(reads.length, 1, 'and is not asked again each minute');
});

t.test('a changed main catalogue has the variant read again before it is given out', async (t) => {
  const [before, after] = [await listsOf('a'), await listsOf('a', 'b')];
  let given = listsOf('a', 'sample');
  const { variants, changes } = setUp(t, () => given);
  const first = catalogueOf(before);
  await variants.ready(sampling, first, before);
  variants.get(sampling, first);
  given = listsOf('a', 'b', 'sample');
  const second = catalogueOf(after, first);
  await variants.ready(sampling, second, after);
  t.strictSame(names(variants.get(sampling, second)), ['a', 'b', 'sample']);
  t.strictSame(changes, [['tools']], 'who has the old one is told');
});

t.test('what is due is read again while clients get what is known, who are told if it is another', async (t) => {
  const main = await listsOf('a');
  const catalogue = catalogueOf(main);
  let given = listsOf('a', 'sample');
  const { variants, changes, reads, clock } = setUp(t, () => given);
  await variants.ready(sampling, catalogue, main);
  variants.get(sampling, catalogue);
  given = listsOf('a', 'other');
  clock.now = 60_001;
  t.equal(variants.ready(sampling, catalogue, main), undefined, 'nobody waits');
  t.strictSame(names(variants.get(sampling, catalogue)), ['a', 'sample']);
  await given;
  await new Promise(setImmediate);
  t.equal(reads.length, 2);
  t.strictSame(changes, [['tools']]);
  t.strictSame(names(variants.get(sampling, catalogue)), ['a', 'other']);
});

t.test(
  'a server that shows nothing to such clients leaves them the main lists, and holds nobody up again',
  async (t) => {
    const main = await listsOf('a');
    const catalogue = catalogueOf(main);
    const { variants, reads } = setUp(t, () => Promise.reject(new Error('no session')));
    await variants.ready(sampling, catalogue, main);
    t.equal(variants.get(sampling, catalogue), catalogue);
    t.equal(variants.ready(sampling, catalogue, main), undefined);
    t.equal(reads.length, 1);
  },
);

t.test('a server that does not answer holds such clients up for a second in all', async (t) => {
  const main = await listsOf('a');
  const catalogue = catalogueOf(main);
  const { variants, reads } = setUp(t, () => new Promise(() => undefined));
  const began = performance.now();
  await Promise.all([variants.ready(sampling, catalogue, main), variants.ready(sampling, catalogue, main)]);
  t.ok(performance.now() - began < 2500);
  t.equal(variants.ready(sampling, catalogue, main), undefined);
  t.equal(reads.length, 1);
});

t.test(
  'eight sets are known at one time, the ones used last, and none that was not used for ten minutes',
  async (t) => {
    const main = await listsOf('a');
    const catalogue = catalogueOf(main);
    const { variants, clock, reads } = setUp(t, () => listsOf('a', 'sample'));
    const declared = [{ sampling: {} }, { roots: {} }, { sampling: {}, roots: {} }];
    const elicitations = [{}, { url: {} }, { form: {}, url: {} }];
    const all = [
      ...declared,
      ...elicitations.flatMap((elicitation) => [
        { elicitation },
        ...declared.map((each) => ({ ...each, elicitation })),
      ]),
    ].map((each) => capabilitySet('legacy', each) as CapabilitySet);
    t.equal(new Set(all.map(({ key }) => key)).size, 15);
    for (const set of all) await variants.ready(set, catalogue, main);
    t.equal(variants.size, 8);
    t.equal(reads.length, 15);
    clock.now = 10 * 60_000 + 1;
    void variants.ready(all.at(-1) as CapabilitySet, catalogue, main);
    variants.sweep();
    t.equal(variants.size, 1);
  },
);
