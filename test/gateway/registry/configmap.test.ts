import t, { type Test } from 'tap';
import { entry, registryParts } from '../../support/registry-parts.ts';
import { scriptedKubeApi, type ScriptedKubeApi } from '../../support/scripted-kube-api.ts';
import { until } from '../../support/until.ts';
import { observed, publish, putIndex, putShard, REGISTRY, sees, seesFault } from './published.ts';

async function startApi(t: Test): Promise<ScriptedKubeApi> {
  const api = await scriptedKubeApi();
  t.teardown(() => api.stop());
  return api;
}

function shardRequests(api: ScriptedKubeApi): number {
  return api.requests.filter((request) => request.path.includes(`/${REGISTRY}-`)).length;
}

t.test('the registry that is there at the start is taken, over several shards', async (t) => {
  const api = await startApi(t);
  const names = Array.from({ length: 40 }, (_, number) => `server-${100 + number}`);
  const services = names.map((name) => entry(name));
  const parts = registryParts(services, { shardBytes: 3000 });
  t.ok(parts.shards.length > 2, `${parts.shards.length} shards`);
  publish(api, parts);
  const observer = observed(t, api);
  await sees(observer, ...names);
  t.equal(observer.documents[0]?.revision, parts.revision);
  t.strictSame(observer.faults, []);
});

t.test('a change is taken at once, whichever part is written first', async (t) => {
  const api = await startApi(t);
  publish(api, registryParts([entry('cart')]));
  const observer = observed(t, api);
  await sees(observer, 'cart');
  publish(api, registryParts([entry('cart'), entry('stock')]), 'shards');
  await sees(observer, 'cart', 'stock');
  publish(api, registryParts([entry('stock')]), 'index');
  await sees(observer, 'stock');
  t.strictSame(observer.faults, []);
});

t.test('all calls are one list, one watch by name, and a GET for each shard', async (t) => {
  const api = await startApi(t);
  publish(api, registryParts([entry('cart')]));
  await sees(observed(t, api), 'cart');
  await until('the watch', () => api.watches === 1);
  const folder = '/api/v1/namespaces/tools/configmaps';
  t.strictSame(
    new Set(api.requests.map(({ path, query }) => `${path}?${query.get('fieldSelector')}&${query.get('watch')}`)),
    new Set([
      `${folder}?metadata.name=${REGISTRY}&null`,
      `${folder}?metadata.name=${REGISTRY}&true`,
      `${folder}/${REGISTRY}-0?null&null`,
    ]),
  );
  t.equal(api.requests.length, 3);
});

t.test('only shards whose hash changed are fetched', async (t) => {
  const api = await startApi(t);
  const services = Array.from({ length: 40 }, (_, number) => entry(`server-${100 + number}`));
  const before = registryParts(services, { shardBytes: 3000 });
  publish(api, before);
  const observer = observed(t, api);
  await until('the document', () => observer.documents.length === 1);
  const [first, ...others] = services;
  const after = registryParts([{ ...(first ?? entry('x')), version: '2' }, ...others], { shardBytes: 3000 });
  const changed = after.shards.filter((text, number) => text !== before.shards[number]);
  t.equal(changed.length, 1);
  const fetched = shardRequests(api);
  publish(api, after);
  await until('the change', () => observer.documents.length === 2);
  t.equal(shardRequests(api) - fetched, 1);
});

t.test('nothing is taken until the last shard matches', async (t) => {
  const api = await startApi(t);
  publish(api, registryParts([entry('cart')]));
  const observer = observed(t, api);
  await sees(observer, 'cart');
  const after = registryParts([entry('stock')]);
  putIndex(api, after);
  await seesFault(observer, /main-registry-0 does not hold the shard/);
  t.equal(observer.documents.length, 1);
  putShard(api, 0, after.shards[0] ?? '');
  await sees(observer, 'stock');
  t.equal(observer.documents.length, 2);
});

t.test('an index that is replaced before its shards came does not hold up the next', async (t) => {
  const api = await startApi(t);
  publish(api, registryParts([entry('cart')]));
  const observer = observed(t, api);
  await sees(observer, 'cart');
  putIndex(api, registryParts([entry('never')]));
  publish(api, registryParts([entry('stock')]));
  await sees(observer, 'stock');
});

t.test('an index that comes later is taken', async (t) => {
  const api = await startApi(t);
  const observer = observed(t, api);
  await seesFault(observer, /ConfigMap tools\/main-registry does not exist; expected the registry index/);
  publish(api, registryParts([entry('cart')]));
  await sees(observer, 'cart');
});

t.test('an index that is deleted is a fault; the last good document stays', async (t) => {
  const api = await startApi(t);
  const parts = registryParts([entry('cart')]);
  publish(api, parts);
  const observer = observed(t, api);
  await sees(observer, 'cart');
  await until('the watch', () => api.watches === 1);
  api.remove(REGISTRY);
  await seesFault(observer, /does not exist/);
  t.equal(observer.documents.length, 1);
  publish(api, parts);
  await until('the document again', () => observer.documents.length === 2, { state: observer.summary });
});

t.test('a malformed index is told once; the last good document stays', async (t) => {
  const api = await startApi(t);
  publish(api, registryParts([entry('cart')]));
  const observer = observed(t, api);
  await sees(observer, 'cart');
  await until('the watch', () => api.watches === 1);
  api.put(REGISTRY, { 'index.json': '{' });
  api.put(REGISTRY, { 'index.json': '{' });
  await seesFault(observer, /index is not JSON/);
  api.put(REGISTRY, { other: '' });
  await seesFault(observer, /has no key index\.json/);
  t.equal(observer.documents.length, 1);
  t.equal(observer.faults.length, 2);
});

t.test('a watch that ends in time goes on from where it was', async (t) => {
  const api = await startApi(t);
  publish(api, registryParts([entry('cart')]));
  const observer = observed(t, api, { watchSeconds: 1 });
  await sees(observer, 'cart');
  const watches = () => api.requests.filter((request) => request.query.get('watch') === 'true');
  await until('a second watch', () => watches().length >= 2);
  publish(api, registryParts([entry('stock')]));
  await sees(observer, 'stock');
  const lists = api.requests.filter((request) => request.query.has('fieldSelector') && !request.query.has('watch'));
  t.equal(lists.length, 1);
  t.strictSame(observer.faults, []);
});

t.test('close ends the watch and every call', async (t) => {
  const api = await startApi(t);
  publish(api, registryParts([entry('cart')]));
  const observer = observed(t, api);
  await sees(observer, 'cart');
  await until('the watch', () => api.watches === 1);
  await observer.close();
  await until('the end of the watch', () => api.watches === 0);
  const before = api.requests.length;
  publish(api, registryParts([entry('stock')]));
  await sees(observed(t, api), 'stock');
  t.equal(api.requests.length - before, 3, 'only the other source called');
  t.strictSame(observer.services(), ['cart']);
});
