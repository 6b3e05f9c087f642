import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startClusterDriver } from '../driver/cluster-driver.ts';
import { readClusterDescription } from '../harness/cluster-description.ts';
import type { KubeObject } from '../harness/kube-objects.ts';
import { scenario } from '../harness/scenario.ts';

/** What a hook is asked, as far as it is looked at here. */
interface Asked {
  readonly parent: KubeObject;
  readonly related: Readonly<Record<string, Readonly<Record<string, KubeObject>>>>;
}

const API = 'gardens.fetchfy.test/v1';
const openObject = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const gardens = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gardens.gardens.fetchfy.test' },
  spec: {
    group: 'gardens.fetchfy.test',
    scope: 'Namespaced',
    names: { kind: 'Garden', plural: 'gardens', singular: 'garden' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: openObject, status: openObject } } },
      },
    ],
  },
};

function controller(hooks: string): KubeObject {
  const hook = (path: string): object => ({ version: 'v2', webhook: { url: `${hooks}${path}` } });
  return {
    apiVersion: 'metacontroller.k8s.io/v1alpha1',
    kind: 'CompositeController',
    metadata: { name: 'gardens' },
    spec: {
      generateSelector: true,
      resyncPeriodSeconds: 1,
      parentResource: { apiVersion: API, resource: 'gardens', ignoreStatusChanges: true },
      childResources: [{ apiVersion: 'v1', resource: 'services', updateStrategy: { method: 'InPlace' } }],
      hooks: { sync: hook('/sync'), customize: hook('/customize') },
    },
  };
}

/** Hooks that want one Service a Garden and tell the ConfigMaps that they relate. */
async function serveHooks(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => response.end(JSON.stringify(answer(request.url ?? '', JSON.parse(text) as Asked))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function answer(path: string, { parent, related }: Asked): object {
  if (path === '/customize') {
    const labelSelector = { matchLabels: { 'seeds-for': parent.metadata.name } };
    return { relatedResources: [{ apiVersion: 'v1', resource: 'configmaps', labelSelector }] };
  }
  const gate = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${parent.metadata.name}-gate` },
    spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 80 }] },
  };
  const seeds = Object.values(related['ConfigMap.v1'] ?? {}).map(({ metadata }) => metadata.name);
  return { status: { seeds: seeds.sort((a, b) => (a < b ? -1 : 1)).join(' ') }, children: [gate] };
}

const controllerTypes = fileURLToPath(new URL('../product/metacontroller/types', import.meta.url));

scenario(
  'our own driver keeps a parent and its children in step with its hooks, over an API server that goes away',
  { needs: ['own cluster'] },
  async (t, cluster) => {
    const description = readClusterDescription();
    if (description === undefined) throw new Error('there is no cluster');
    const lines: string[] = [];
    // Before there is anything to handle, as it may be when a cluster is set up.
    const driver = startClusterDriver({ ...description, log: (line) => lines.push(line) });
    const { server, url } = await serveHooks();
    const definition = { apiVersion: gardens.apiVersion, kind: gardens.kind, name: gardens.metadata.name };
    const [namespace, elsewhere] = [await cluster.namespace('garden'), await cluster.namespace('shed')];
    const garden = { apiVersion: API, kind: 'Garden', namespace, name: 'rose' };
    const gate = { apiVersion: 'v1', kind: 'Service', namespace, name: 'rose-gate' };
    const statusIs = (seeds: string) => (object: KubeObject) =>
      (object as { status?: { seeds?: string } }).status?.seeds === seeds;
    const seed = async (name: string): Promise<void> => {
      const labels = { 'seeds-for': 'rose' };
      await cluster.client.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: elsewhere, labels },
      });
    };

    try {
      await cluster.kubectlApply(controllerTypes);
      await cluster.client.create(gardens);
      await cluster.kubectl('wait', '--for=condition=Established', `crd/${gardens.metadata.name}`);
      await cluster.kubectl('wait', '--for=condition=Established', 'crd/compositecontrollers.metacontroller.k8s.io');
      await cluster.client.create(controller(url));
      await cluster.client.create({ apiVersion: API, kind: 'Garden', metadata: { name: 'rose', namespace }, spec: {} });

      const parent = await cluster.waitFor(garden, statusIs(''));
      t.match((parent as { status?: object }).status, { observedGeneration: 1 });
      const child = await cluster.waitFor(gate, () => true);
      t.match(child.metadata, {
        labels: { 'controller-uid': parent.metadata.uid },
        ownerReferences: [{ kind: 'Garden', name: 'rose', uid: parent.metadata.uid, controller: true }],
      });

      await seed('tulip');
      await cluster.waitFor(garden, statusIs('tulip'));
      t.pass('a related object of another namespace reaches the hook');

      const port = (targetPort: number): object => ({ name: 'http', port: 80, protocol: 'TCP', targetPort });
      await cluster.client.patch(gate, { spec: { ports: [port(81)] } });
      await cluster.waitFor<KubeObject & { spec: { ports: { targetPort: number }[] } }>(
        gate,
        ({ spec }) => spec.ports.length === 1 && spec.ports[0]?.targetPort === 80,
      );
      await cluster.client.delete(gate);
      await cluster.waitFor(gate, ({ metadata }) => metadata.uid !== child.metadata.uid);
      t.pass('what was edited or deleted is restored');

      const mark = lines.length;
      const settled = await cluster.waitFor(garden, () => true);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      const later = await cluster.waitFor(garden, () => true);
      t.equal(
        later.metadata.resourceVersion,
        settled.metadata.resourceVersion,
        'the ticks of three seconds write nothing',
      );
      t.same(lines.slice(mark), []);

      await cluster.stop('kube-apiserver');
      await cluster.start('kube-apiserver');
      await seed('violet');
      await cluster.waitFor(garden, statusIs('tulip violet'), { deadlineMs: 60_000 });
      t.pass('what changes after the API server has come back is seen');

      await cluster.client.delete(garden);
      await cluster.waitUntilGone(gate);
      t.pass('its children go with the parent');
    } catch (error) {
      t.comment(lines.slice(-30).join('\n'));
      throw error;
    } finally {
      await driver.stop();
      server.close();
      await cluster.client.delete({
        apiVersion: 'metacontroller.k8s.io/v1alpha1',
        kind: 'CompositeController',
        name: 'gardens',
      });
      await cluster.client.delete(definition);
    }
  },
);
