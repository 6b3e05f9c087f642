/** Namespaces that admit only what the restricted Pod Security Standard allows. */
import { imageNames } from '../build/images.ts';
import type { KubeObject, Pod } from '../harness/kube-objects.ts';
import { productScenario } from '../product/product-scenario.ts';
import { gatewayPods, podsOf } from '../product/faults/workloads.ts';

productScenario('gateways and hooks are admitted where only restricted pods are', {}, async (t, product) => {
  const { client } = product.cluster;
  const namespace = await product.namespace('gateway');
  for (const where of [namespace, 'fetchfy-system']) {
    const found = await client.get({ apiVersion: 'v1', kind: 'Namespace', name: where });
    t.equal(found?.metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted', `${where} enforces it`);
    const ordinary: KubeObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: where, name: 'ordinary' },
      spec: { containers: [{ name: 'a', image: imageNames.base }] },
    };
    await t.rejects(
      client.create(ordinary),
      { message: /violates PodSecurity "restricted/ },
      `${where} refuses others`,
    );
  }
  const gateways = await Promise.all([
    product.gateway({ namespace }),
    // Whatever a Gateway can change of its pods.
    product.gateway({
      namespace,
      name: 'everything-set',
      noWait: true,
      spec: {
        enableTls: true,
        tlsSecretRef: 'certificate',
        replicas: 2,
        imagePullSecrets: [{ name: 'pull' }],
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: [{ operator: 'Exists' }],
        resources: { limits: { memory: '256Mi' } },
      },
    }),
  ]);
  for (const gateway of gateways) {
    const running = async () =>
      (await gatewayPods(product.cluster, gateway)).filter(({ status }) => status?.phase === 'Running').length;
    const replicas = gateway.name === 'main' ? 1 : 2;
    await gateway.waitFor(({ status }) => status?.replicas === replicas);
    for (const pod of await gatewayPods(product.cluster, gateway)) {
      const reference = { apiVersion: 'v1', kind: 'Pod', namespace, name: pod.metadata.name };
      await product.cluster.waitFor<Pod>(reference, ({ status }) => status?.phase === 'Running');
    }
    t.equal(await running(), replicas, `the pods of ${gateway.name} run`);
  }
  const hooks = await podsOf(product.cluster, 'fetchfy-system', 'app.kubernetes.io/name=fetchfy-hooks');
  t.ok(
    hooks.some(({ status }) => status?.phase === 'Running'),
    'the hooks run',
  );
});

productScenario('an enforced namespace warns of nothing in what a Gateway makes', {}, async (t, product) => {
  const gateway = await product.gateway({ namespace: await product.namespace('gateway') });
  const made = await product.cluster.waitFor(gateway.workload('apps/v1', 'Deployment'), () => true);
  const namespace = await product.namespace('other', { 'pod-security.kubernetes.io/warn': 'restricted' });
  const apply = (name: string, spec: unknown) =>
    // A warning is an error to kubectl then.
    product.cluster.kubectlOn(
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name }, spec },
      'apply',
      '--dry-run=server',
      '--warnings-as-errors',
    );
  await apply('copy', made['spec']);
  t.pass('the very pods of a gateway, without a warning');
  const ordinary = {
    selector: { matchLabels: { app: 'x' } },
    template: { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'a', image: imageNames.base }] } },
  };
  await t.rejects(apply('ordinary', ordinary), 'others are warned of');
});
