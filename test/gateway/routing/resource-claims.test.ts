import t from 'tap';
import { lostClaims } from '../../../gateway/routing/resource-claims.ts';
import { knownServer, tableOf } from '../../support/routed.ts';

const resources = (...uris: readonly string[]) => uris.map((uri) => ({ uri, name: uri }));
const resourceTemplates = (...uris: readonly string[]) =>
  uris.map((uriTemplate) => ({ uriTemplate, name: uriTemplate }));

t.test('of two servers that list a resource the first has it, and the other is told so', async (t) => {
  const [first, second] = [
    knownServer('cart', { resources: resources('a://1', 'a://2') }),
    knownServer('stock', { resources: resources('a://2', 'a://3') }),
  ];
  const { union } = tableOf(first, second);
  const lost = lostClaims(union.servers);
  t.equal(lost.size, 1);
  t.match(lost.get(second.upstream), /On \/mcp .*"a:\/\/2" \(shop\/cart\)\. Its own path has all\./);
  t.equal(union.resolveResource('a://2')?.upstream, first.upstream, 'as it is resolved');
});

t.test('of two servers that list a template the first has it as well', async (t) => {
  const [first, second] = [
    knownServer('cart', { resourceTemplates: resourceTemplates('a://{id}') }),
    knownServer('stock', { resourceTemplates: resourceTemplates('a://{id}') }),
  ];
  const { union } = tableOf(first, second);
  t.match(lostClaims(union.servers).get(second.upstream), /"a:\/\/\{id\}" \(shop\/cart\)/);
  t.equal(union.resolveResource('a://1')?.upstream, first.upstream);
});

t.test('a Service that comes later takes nothing of one that is there, whatever its name', async (t) => {
  const lists = { resources: resources('a://1'), resourceTemplates: resourceTemplates('b://{id}') };
  const [taker, owner] = [
    knownServer('aaa', lists, { created: '2026-02-01T00:00:00Z' }),
    knownServer('cart', lists, { created: '2026-01-01T00:00:00Z' }),
  ];
  const { union } = tableOf(taker, owner);
  t.equal(union.resolveResource('a://1')?.upstream, owner.upstream);
  t.equal(union.resolveResource('b://1')?.upstream, owner.upstream);
  t.equal(union.owners('resourceTemplates').get('b://{id}')?.upstream, owner.upstream);
  t.strictSame([...lostClaims(union.servers).keys()], [taker.upstream]);
});

t.test('three are named, and the rest counted', async (t) => {
  const uris = Array.from({ length: 10 }, (_, i) => `a://${i}`);
  const second = knownServer('stock', { resources: resources(...uris) });
  const { union } = tableOf(knownServer('cart', { resources: resources(...uris) }), second);
  t.match(lostClaims(union.servers).get(second.upstream), /"a:\/\/2" \(shop\/cart\) and 7 more\./);
});

t.test('servers that list different things lose nothing', async (t) => {
  const { union } = tableOf(
    knownServer('cart', { resources: resources('a://1') }),
    knownServer('unseen'),
    knownServer('stock', {}),
  );
  t.equal(lostClaims(union.servers).size, 0);
});
