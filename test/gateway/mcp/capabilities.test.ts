import t from 'tap';
import { capabilitiesOf, introductionOf } from '../../../gateway/mcp/capabilities.ts';
import type { Route } from '../../../gateway/routing/route.ts';
import type { JsonObject } from '../../../gateway/upstream/json.ts';
import { knownServer, tableOf, toolsNamed, type Offer } from '../../support/routed.ts';

const served = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  completions: {},
  logging: {},
};

function single(offer: Offer | undefined, era: 'legacy' | 'modern'): JsonObject {
  const { route } = tableOf(knownServer('cart', offer)).find('/mcp/shop/cart') as { route: Route };
  return capabilitiesOf(route, era);
}

const eras = ['legacy', 'modern'] as const;
/** What legacy clients are told whatever the server declares. */
const logged = { legacy: { logging: {} }, modern: {} };

t.test('the union declares all that is passed on, whoever is there: a server may come while a client is', async (t) => {
  for (const era of eras) {
    t.strictSame(capabilitiesOf(tableOf().union, era), served);
    t.strictSame(capabilitiesOf(tableOf(knownServer('cart', { capabilities: { tools: {} } })).union, era), served);
    t.strictSame(capabilitiesOf(tableOf(knownServer('unseen')).union, era), served);
  }
});

t.test('one server’s path declares what the server does, changes of its lists in any case', async (t) => {
  for (const era of eras) {
    for (const own of eras) {
      t.strictSame(single({ era: own, capabilities: { tools: {} } }, era), {
        tools: { listChanged: true },
        ...logged[era],
      });
      t.strictSame(
        single({ era: own, capabilities: { resources: { subscribe: true }, completions: {}, logging: {} } }, era),
        { resources: { subscribe: true, listChanged: true }, completions: {}, logging: {} },
      );
      t.strictSame(single({ era: own, capabilities: { prompts: {}, resources: { listChanged: true } } }, era), {
        prompts: { listChanged: true },
        resources: { listChanged: true },
        ...logged[era],
      });
    }
  }
  t.strictSame(
    Object.keys(single(undefined, 'legacy')),
    ['tools', 'prompts', 'resources', 'logging'],
    'what was never seen may list',
  );
});

t.test('extensions are for clients of the era whose servers have them, experiments for all', async (t) => {
  const extensions = { 'example.com/e': { a: 1 } };
  const experimental = { 'example.com/x': {} };
  const modern = knownServer('modern', { era: 'modern', capabilities: { extensions, experimental } });
  t.match(capabilitiesOf(tableOf(modern).union, 'modern'), { extensions, experimental });
  t.strictSame(capabilitiesOf(tableOf(modern).union, 'legacy'), { ...served, experimental });
  const legacy = knownServer('legacy', { era: 'legacy', capabilities: { extensions, experimental } });
  t.match(capabilitiesOf(tableOf(legacy).union, 'legacy'), { extensions, experimental });
  t.strictSame(capabilitiesOf(tableOf(legacy).union, 'modern'), { ...served, experimental });
});

t.test('tasks are declared to clients of the era whose tasks a server has', async (t) => {
  const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
  const extensions = { 'io.modelcontextprotocol/tasks': {} };
  const offer = { capabilities: { tools: {}, tasks, extensions } };
  for (const era of eras) {
    for (const own of eras) {
      const declared = era !== own ? {} : era === 'legacy' ? { tasks } : { extensions };
      t.strictSame(single({ ...offer, era: own }, era), { tools: { listChanged: true }, ...logged[era], ...declared });
      const { union } = tableOf(knownServer('a', { ...offer, era: own }));
      t.strictSame(capabilitiesOf(union, era), { ...served, ...declared });
    }
  }
});

t.test('what servers can do of tasks is joined, and none is declared where none has them', async (t) => {
  const can = (tasks: object): object => ({ capabilities: { tools: {}, tasks } });
  const servers = [knownServer('a', can({ list: {} })), knownServer('b', can({ cancel: {} })), knownServer('c', {})];
  t.match(capabilitiesOf(tableOf(...servers).union, 'legacy'), { tasks: { list: {}, cancel: {} } });
  t.notMatch(capabilitiesOf(tableOf(...servers.slice(2)).union, 'legacy'), { tasks: Object });
});

t.test('what several servers add is joined, the first is right where they differ', async (t) => {
  const one = { 'example.com/x': { on: true, kinds: ['a', 'b'] } };
  const two = { 'example.com/x': { on: false, kinds: ['b', 'c'], more: 1 }, 'example.com/y': {} };
  const { union } = tableOf(
    knownServer('one', { capabilities: { experimental: one } }),
    knownServer('two', { capabilities: { experimental: two } }),
  );
  t.match(capabilitiesOf(union, 'legacy'), {
    experimental: { 'example.com/x': { on: true, kinds: ['a', 'b', 'c'], more: 1 }, 'example.com/y': {} },
  });
});

t.test('a server that declares books of its own does not crowd out the others', async (t) => {
  const { union } = tableOf(
    knownServer('big', { capabilities: { experimental: { 'example.com/x': 'x'.repeat(100_000) } } }),
    knownServer('small', { capabilities: { experimental: { 'example.com/y': {} } } }),
  );
  t.strictSame(capabilitiesOf(union, 'legacy')['experimental'], { 'example.com/y': {} });
});

t.test('legacy clients of a server of both eras are told what it does in theirs', async (t) => {
  const offer: Offer = {
    era: 'modern',
    capabilities: { tools: {}, completions: {} },
    legacy: { protocolVersion: '2025-11-25', capabilities: { tools: {}, logging: {} } },
  };
  t.strictSame(single(offer, 'legacy'), { tools: { listChanged: true }, logging: {} });
  t.strictSame(single(offer, 'modern'), { tools: { listChanged: true }, completions: {} });
});

t.test('what a route says of itself is made once, until a catalogue changes', async (t) => {
  const cart = knownServer('cart', { instructions: 'One.' });
  const { union } = tableOf(cart);
  const first = introductionOf(union, 'legacy');
  t.equal(introductionOf(union, 'legacy'), first);
  cart.offer({ instructions: 'Two.', tools: toolsNamed('a') });
  t.match(introductionOf(union, 'legacy').instructions, /Two\./);
});
