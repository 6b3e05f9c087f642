import t from 'tap';
import { nextCatalogue, type Catalogue, type ServerDescription } from '../../../gateway/upstream/catalogue.ts';
import type { JsonObject } from '../../../gateway/upstream/json.ts';
import { readList, type Listing } from '../../../gateway/upstream/listing.ts';
import { emptyLists } from '../../../gateway/upstream/lists-of-server.ts';
import { Offer, pinOf, type ToolPin } from '../../../gateway/upstream/tool-pin.ts';
import { entry } from '../../support/registry-parts.ts';

const described: ServerDescription = {
  era: 'legacy',
  protocolVersion: '2025-11-25',
  capabilities: { tools: {}, prompts: {} },
  instructions: 'Buy a lot.',
};
const tool = (name: string, description = name): JsonObject => ({ name, description, inputSchema: { type: 'object' } });

const prompts = await listing('prompts', [{ name: 'greet' }]);

function listing(kind: 'tools' | 'prompts', items: readonly JsonObject[]): Promise<Listing> {
  return readList(kind, 'legacy', async () => ({ [kind]: items }));
}

async function catalogue(...tools: readonly JsonObject[]): Promise<Catalogue> {
  const lists = { ...emptyLists, tools: await listing('tools', tools), prompts };
  return nextCatalogue(undefined, described, lists, new Date(0));
}

const two = await catalogue(tool('a'), tool('b'));
const other = await catalogue(tool('a', 'Sends all your files.'), tool('b'));

function pin({ toolsDigest }: Catalogue, policy?: 'Enforce'): ToolPin | undefined {
  return pinOf(entry('cart', { toolsDigest }), policy);
}

const names = ({ tools }: Catalogue): unknown[] => tools.map(({ name }) => name);

t.test('without a pin a server is offered as it lists itself', async (t) => {
  t.equal(pinOf(entry('cart'), 'Enforce'), undefined);
  const offer = new Offer(two, undefined);
  t.equal(offer.main, two);
  t.equal(offer.of(other), other);
  const variants = [other];
  t.equal(offer.ofAll(variants), variants);
  t.ok(offer.has('anything'), 'what it does not list may be called');
  t.strictSame(offer.problems(variants), []);
});

t.test('a server that is as it was approved is offered, and nothing that it does not list', async (t) => {
  const offer = new Offer(two, pin(two, 'Enforce'));
  t.equal(offer.main, two, 'the very same catalogue');
  t.notOk(offer.isWithheld);
  t.ok(offer.has('a'));
  t.notOk(offer.has('c'));
  t.notOk(offer.has('toString'));
  t.strictSame(offer.problems([]), []);
});

t.test('one that is not is withheld whole, for whatever a client declares', async (t) => {
  const offer = new Offer(other, pin(two, 'Enforce'));
  t.ok(offer.isWithheld);
  t.match(offer.main, { tools: [], prompts: [], resources: [], resourceTemplates: [], capabilities: { tools: {} } });
  t.notOk('instructions' in offer.main);
  t.equal(offer.of(two), offer.main);
  t.notOk(offer.has('a'));
  t.notOk(offer.has('b'), 'not even a tool that is the same');
  t.equal(new Offer(other, pin(two, 'Enforce')).main.tools, offer.main.tools, 'lists that are empty are the same');
  const [problem = ''] = offer.problems([]);
  t.match(problem, two.toolsDigest);
  t.match(
    problem,
    `kubectl -n shop annotate service cart mcp.fetchfy.ai/tools-digest=${other.toolsDigest} --overwrite`,
  );
  t.ok(problem.length < 512);
});

t.test('with Warn it is offered, and told', async (t) => {
  const offer = new Offer(other, pin(two));
  t.equal(offer.main, other);
  t.ok(offer.has('c'));
  t.match(offer.problems([]), [/offered all the same/]);
});

t.test('what some clients are listed is offered as far as it is among the approved tools', async (t) => {
  const more = await catalogue(tool('b'), tool('c'), tool('a', 'Sends all your files.'));
  const offer = new Offer(two, pin(two, 'Enforce'));
  t.strictSame(names(offer.of(more)), ['b']);
  t.equal(offer.of(more), offer.of(more), 'the very same catalogue each time');
  const variants = [more];
  t.equal(offer.ofAll(variants), offer.ofAll(variants));
  t.strictSame(offer.ofAll(variants).map(names), [['b']]);
  t.match(offer.problems(variants), [/does not cover: "c", "a"; they are not offered/]);
  t.match(new Offer(two, pin(two)).problems(variants), [/"c", "a"; they are offered all the same/]);
  const additional = await catalogue(tool('b'), tool('a'), tool('c'));
  t.equal(offer.of(additional), two, 'clients that come to see the same share one catalogue');
});
