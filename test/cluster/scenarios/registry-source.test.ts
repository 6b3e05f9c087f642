/** The registry over a real API server, with the very Role that the hooks give a gateway. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { FormattedRegistry } from '../../../gateway/contract/format-registry.ts';
import { INDEX_KEY, shardConfigMapName, shardKey } from '../../../gateway/contract/names.ts';
import { createLogger } from '../../../gateway/log.ts';
import { configMapSource } from '../../../gateway/registry/configmap.ts';
import { openKubeApi, type KubeApiOptions } from '../../../gateway/registry/kube-api.ts';
import { role, roleBinding, serviceAccount } from '../../../hooks/gateways/access.ts';
import { recordingObserver, type RecordingObserver } from '../../gateway/registry/recording-observer.ts';
import { entry, registryParts } from '../../support/registry-parts.ts';
import { until } from '../../support/until.ts';
import { readClusterDescription } from '../harness/cluster-description.ts';
import type { KubeObject } from '../harness/kube-objects.ts';
import { scenario } from '../harness/scenario.ts';
import type { TestCluster } from '../harness/test-cluster.ts';

const INDEX = 'main-registry';

interface Account {
  readonly namespace: string;
  readonly api: KubeApiOptions;
  /** Gives it the rights of a gateway's pods. */
  readonly allow: () => Promise<void>;
}

/** The ServiceAccount of a Gateway `main`, its token in a file as a kubelet would write it. */
async function gatewayAccount(t: Test, cluster: TestCluster): Promise<Account> {
  const description = readClusterDescription();
  const authority = description?.credentials?.authority;
  if (description === undefined || authority === undefined)
    throw new Error('The cluster has no certificate authority.');
  const namespace = await cluster.namespace('registry');
  const gateway = {
    apiVersion: 'gateways.fetchfy.ai/v1alpha1',
    kind: 'Gateway',
    metadata: { name: 'main', namespace },
  };
  const create = (object: object): Promise<unknown> => cluster.client.create(object as KubeObject);
  const account = serviceAccount(gateway);
  await create(account);
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-account-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, await cluster.kubectl('create', 'token', account.metadata.name, '--namespace', namespace));
  return {
    namespace,
    api: { url: description.server, tokenFile, caFile: authority },
    async allow() {
      await create(role(gateway));
      await create(roleBinding(gateway));
    },
  };
}

function observe(t: Test, { api, namespace }: Account): RecordingObserver {
  const observer = recordingObserver();
  const log = createLogger({ level: 'error', format: 'json' });
  const source = configMapSource({ api, namespace, name: INDEX, log, graceMs: 100 });
  source.start(observer);
  t.teardown(() => source.close());
  return observer;
}

/** Writes the ConfigMaps one after another, the index last. */
async function publish(cluster: TestCluster, namespace: string, parts: FormattedRegistry): Promise<void> {
  const write = (name: string, key: string, text: string): Promise<unknown> =>
    cluster.client.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { [key]: text } });
  for (const [number, text] of parts.shards.entries()) {
    await write(shardConfigMapName(INDEX, number), shardKey(number), text);
  }
  await write(INDEX, INDEX_KEY, parts.index);
}

async function sees(observer: RecordingObserver, name: string, deadlineMs = 10_000): Promise<void> {
  await until(`a document with ${name}`, () => observer.services().includes(name), {
    deadlineMs,
    state: observer.summary,
  });
}

async function seesFault(observer: RecordingObserver, pattern: RegExp): Promise<void> {
  await until(`a fault like ${pattern}`, () => observer.faults.some(({ message }) => pattern.test(message)), {
    deadlineMs: 10_000,
    state: observer.summary,
  });
}

scenario("a gateway's rights suffice for its registry, and reach no further", {}, async (t, cluster) => {
  const account = await gatewayAccount(t, cluster);
  await account.allow();
  const { namespace } = account;
  const services = Array.from({ length: 40 }, (_, number) => entry(`server-${number}`));
  await publish(cluster, namespace, registryParts(services, { shardBytes: 3000 }));
  const observer = observe(t, account);
  await until('the document', () => observer.documents.length === 1, { state: observer.summary });
  t.equal(observer.services().length, services.length);

  const api = await openKubeApi(account.api);
  t.teardown(() => api.close());
  const signal = AbortSignal.timeout(10_000);
  await t.rejects(api.get(namespace, 'kube-root-ca.crt', signal), { code: 'ERR_KUBE_API', status: 403 });
  await t.rejects(api.list(namespace, 'kube-root-ca.crt', signal), { code: 'ERR_KUBE_API', status: 403 });
});

scenario('a change of the registry is taken within moments', {}, async (t, cluster) => {
  const account = await gatewayAccount(t, cluster);
  await account.allow();
  await publish(cluster, account.namespace, registryParts([entry('first')]));
  const observer = observe(t, account);
  await sees(observer, 'first');
  const times: number[] = [];
  for (let number = 0; number < 20; number++) {
    await publish(cluster, account.namespace, registryParts([entry('first'), entry(`next-${number}`)]));
    const begun = performance.now();
    await sees(observer, `next-${number}`);
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  t.comment(`written → taken: median ${times[10]?.toFixed(0)} ms, most ${times.at(-1)?.toFixed(0)} ms`);
  t.strictSame(observer.faults, []);
});

scenario('rights that come late are no reason to give up', {}, async (t, cluster) => {
  const account = await gatewayAccount(t, cluster);
  await publish(cluster, account.namespace, registryParts([entry('cart')]));
  const observer = observe(t, account);
  await seesFault(observer, /answered 403 to .*forbidden.*Expected: the Role/);
  await account.allow();
  await sees(observer, 'cart');
});

scenario('an index that is deleted and written again is followed', {}, async (t, cluster) => {
  const account = await gatewayAccount(t, cluster);
  await account.allow();
  await publish(cluster, account.namespace, registryParts([entry('cart')]));
  const observer = observe(t, account);
  await sees(observer, 'cart');
  await cluster.client.delete({ apiVersion: 'v1', kind: 'ConfigMap', namespace: account.namespace, name: INDEX });
  await seesFault(observer, /does not exist/);
  t.strictSame(observer.services(), ['cart'], 'the last good one stays');
  await publish(cluster, account.namespace, registryParts([entry('stock')]));
  await sees(observer, 'stock');
});

scenario('an API server that crashes and returns is followed', { needs: ['own cluster'] }, async (t, cluster) => {
  const account = await gatewayAccount(t, cluster);
  await account.allow();
  await publish(cluster, account.namespace, registryParts([entry('cart')]));
  const observer = observe(t, account);
  await sees(observer, 'cart');
  await cluster.stop('kube-apiserver');
  await seesFault(observer, /API server .* does not answer|broke off/);
  t.strictSame(observer.services(), ['cart'], 'the last good one stays');
  await cluster.start('kube-apiserver');
  await publish(cluster, account.namespace, registryParts([entry('stock')]));
  await sees(observer, 'stock', 30_000);
});
