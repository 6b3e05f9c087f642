import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { registryCache } from '../../../gateway/registry/cache.ts';
import { entry, registryParts } from '../../support/registry-parts.ts';
import { scriptedKubeApi, type ScriptedKubeApi } from '../../support/scripted-kube-api.ts';
import { until } from '../../support/until.ts';
import { observed, publish, sees, seesFault } from './published.ts';

async function startApi(t: Test): Promise<ScriptedKubeApi> {
  const api = await scriptedKubeApi();
  t.teardown(() => api.stop());
  return api;
}

function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-source-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

for (const status of [401, 403, 404, 429, 500, 503]) {
  t.test(`${status} to the list is a fault that names it, and is tried again until it heals`, async (t) => {
    const api = await startApi(t);
    api.script = () => ({ status, body: { message: 'not now' } });
    publish(api, registryParts([entry('cart')]));
    const observer = observed(t, api);
    await seesFault(observer, new RegExp(`answered ${status} to .*/configmaps: not now`));
    api.script = () => undefined;
    await sees(observer, 'cart');
  });
}

for (const status of [403, 404]) {
  t.test(`${status} to a shard is tried again until it heals`, async (t) => {
    const api = await startApi(t);
    api.script = ({ path }) => (path.endsWith('-0') ? { status, body: { message: 'not yet' } } : undefined);
    publish(api, registryParts([entry('cart')]));
    const observer = observed(t, api);
    await seesFault(observer, new RegExp(`answered ${status} to .*/main-registry-0: not yet`));
    api.script = () => undefined;
    await sees(observer, 'cart');
  });
}

t.test('refusals are tried again every 200 ms, not faster', async (t) => {
  const api = await startApi(t);
  api.script = () => ({ status: 403 });
  observed(t, api);
  const begun = performance.now();
  await until('four attempts', () => api.requests.length === 4);
  const took = performance.now() - begun;
  t.ok(took > 550, `four attempts took ${took.toFixed()} ms`);
});

for (const how of ['as the status', 'as an event'] as const) {
  t.test(`410 ${how} of a watch leads to a new list at once, and is no fault`, async (t) => {
    const api = await startApi(t);
    publish(api, registryParts([entry('cart')]));
    const observer = observed(t, api, { graceMs: 2000 });
    await sees(observer, 'cart');
    await until('the watch', () => api.watches === 1);
    // What changes now is not told by the watch.
    api.mood = 'dumb';
    publish(api, registryParts([entry('stock')]));
    api.mood = 'well';
    let once = true;
    if (how === 'as an event') {
      api.say({ type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old resource version' } });
    } else {
      api.script = ({ query }) => {
        const expired = once && query.has('watch');
        if (expired) once = false;
        return expired ? { status: 410 } : undefined;
      };
      api.cut();
    }
    await sees(observer, 'stock');
    await until('the next watch', () => api.watches === 1);
    t.strictSame(observer.faults, []);
  });
}

t.test('410 to every watch does not storm the API server', async (t) => {
  const api = await startApi(t);
  publish(api, registryParts([entry('cart')]));
  api.script = ({ query }) => (query.has('watch') ? { status: 410 } : undefined);
  const observer = observed(t, api);
  await seesFault(observer, /answered 410/);
  const before = api.requests.length;
  const begun = performance.now();
  await until('six more requests', () => api.requests.length >= before + 6, { deadlineMs: 15_000 });
  t.ok(performance.now() - begun > 100, 'they come slowly');
});

t.test('a watch that the server ends at once does not storm it', async (t) => {
  const api = await startApi(t);
  publish(api, registryParts([entry('cart')]));
  api.mood = 'hasty';
  const observer = observed(t, api);
  await seesFault(observer, /it ends each at once/);
  const before = api.requests.length;
  const begun = performance.now();
  await until('six more requests', () => api.requests.length >= before + 6, { deadlineMs: 15_000 });
  t.ok(performance.now() - begun > 100, 'they come slowly');
});

t.test('a watch that is silently dead is noticed', async (t) => {
  const api = await startApi(t);
  publish(api, registryParts([entry('cart')]));
  api.mood = 'dumb';
  const observer = observed(t, api, { watchSeconds: 1 });
  await sees(observer, 'cart');
  await until('the watch', () => api.watches === 1);
  publish(api, registryParts([entry('stock')]));
  await until('the change', () => observer.services()[0] === 'stock', { deadlineMs: 15_000, state: observer.summary });
});

t.test('lost connections are made anew, and what changed meanwhile is taken', async (t) => {
  const api = await startApi(t);
  publish(api, registryParts([entry('cart')]));
  const observer = observed(t, api);
  await sees(observer, 'cart');
  await until('the watch', () => api.watches === 1);
  api.cut();
  publish(api, registryParts([entry('stock')]));
  await sees(observer, 'stock');
});

t.test('an API server that is away is a fault, told once; it heals when it is back', async (t) => {
  const api = await startApi(t);
  publish(api, registryParts([entry('cart')]));
  const observer = observed(t, api);
  await sees(observer, 'cart');
  await api.stop();
  await seesFault(observer, /API server at http:\/\/127\.0\.0\.1:\d+ does not answer: .*ECONNREFUSED/);
  await api.restart();
  await until('the document again', () => observer.documents.length === 2, { state: observer.summary });
  t.equal(observer.faults.filter((fault) => fault.message.includes('ECONNREFUSED')).length, 1);
});

t.test('a connection that is lost amid the shards leads to the whole registry', async (t) => {
  const api = await startApi(t);
  const services = Array.from({ length: 40 }, (_, number) => entry(`server-${100 + number}`));
  const parts = registryParts(services, { shardBytes: 3000 });
  publish(api, parts);
  let cuts = 0;
  api.script = ({ path }) => {
    if (path.endsWith('-1') && cuts < 2) {
      cuts++;
      api.cut();
    }
    return undefined;
  };
  const observer = observed(t, api);
  await until('the document', () => observer.documents.length === 1, { state: observer.summary });
  t.equal(cuts, 2);
  t.equal(observer.documents[0]?.revision, parts.revision);
});

t.test('while the API server is away the kept registry is served, until it answers', async (t) => {
  const api = await startApi(t);
  const cacheDir = temporaryFolder(t);
  publish(api, registryParts([entry('cart')]));
  const first = observed(t, api, { cacheDir });
  await sees(first, 'cart');
  await first.close();
  await api.stop();
  const second = observed(t, api, { cacheDir });
  await sees(second, 'cart');
  await seesFault(second, /does not answer/);
  publish(api, registryParts([entry('stock')]));
  await api.restart();
  await sees(second, 'stock');
  const stock = registryParts([entry('stock')]);
  await until(
    'the newer one to be kept',
    async () => (await registryCache(cacheDir).load())?.revision === stock.revision,
  );
});

t.test('an API server that accepts and says nothing counts as away', async (t) => {
  const api = await startApi(t);
  const cacheDir = temporaryFolder(t);
  const { index, shards } = registryParts([entry('cart')]);
  await registryCache(cacheDir).save({ index, shards });
  api.mood = 'stalled';
  const observer = observed(t, api, { cacheDir });
  await sees(observer, 'cart');
  t.strictSame(observer.faults, [], 'its patience was shorter than that for an answer');
});

t.test('where the API server answers, the kept registry is not served', async (t) => {
  const api = await startApi(t);
  const cacheDir = temporaryFolder(t);
  const { index, shards } = registryParts([entry('old')]);
  await registryCache(cacheDir).save({ index, shards });
  publish(api, registryParts([entry('cart')]));
  const observer = observed(t, api, { cacheDir });
  await sees(observer, 'cart');
  t.equal(observer.documents.length, 1);
});

t.test('a cache that is damaged or cannot be written harms nothing', async (t) => {
  const api = await startApi(t);
  const notAFolder = join(temporaryFolder(t), 'file');
  writeFileSync(notAFolder, '');
  const damaged = temporaryFolder(t);
  writeFileSync(join(damaged, 'registry-cache.json'), '{}');
  const observers = [observed(t, api, { cacheDir: notAFolder }), observed(t, api, { cacheDir: damaged })];
  for (const observer of observers) await seesFault(observer, /does not exist/);
  publish(api, registryParts([entry('cart')]));
  for (const observer of observers) await sees(observer, 'cart');
});
