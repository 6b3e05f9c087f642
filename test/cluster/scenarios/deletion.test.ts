/** Taking a Gateway away, and all of Fetchfy. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../support/until.ts';
import type { Reference } from '../harness/kube-objects.ts';
import { forgetInstallation, manifests } from '../product/install.ts';
import { productScenario } from '../product/product-scenario.ts';
import { serviceReference, untilTool, type Product } from '../product/product.ts';
import { firstWrong, objectsIn, snapshot } from '../product/snapshot.ts';

/** Ten times what was measured (11 s). */
const COLLECTED_MS = 110_000;

interface Shop {
  readonly namespace: string;
  readonly references: readonly Reference[];
}

/** A user's own server, Services of several kinds, and a ConfigMap, some of them served. */
async function openShop(product: Product): Promise<Shop> {
  const namespace = await product.namespace('shop');
  await product.server({ namespace, program: 'modern', name: 'dice' });
  await product.service(namespace, 'headless', { app: 'dice', spec: { clusterIP: 'None' } });
  await product.service(namespace, 'elsewhere', {
    spec: { type: 'ExternalName', externalName: 'example.com', selector: null },
  });
  await product.cluster.client.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name: 'mine' },
    data: { mine: 'yes' },
  });
  const services = ['dice', 'headless', 'elsewhere'].map((name) => serviceReference(namespace, name));
  return { namespace, references: [...services, { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'mine' }] };
}

productScenario('of a deleted Gateway nothing is left, and users keep what is theirs', {}, async (t, product) => {
  const { client } = product.cluster;
  const home = await product.namespace('gateway');
  const shop = await openShop(product);
  const before = await snapshot(client, shop.references);
  const gateway = await product.gateway({ namespace: home });
  await untilTool(await product.client(gateway.url()), 'dice_echo');
  t.strictSame(await snapshot(client, shop.references), before, 'serving a Service writes nothing to it');
  t.ok((await objectsIn(client, home)).length >= 8, 'a Gateway is made of several objects');

  const begun = performance.now();
  await gateway.delete();
  let left: string[] = [];
  await until(
    'nothing of the Gateway to be left',
    async () => {
      left = (await objectsIn(client, home, true)).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      return left.length === 0;
    },
    { deadlineMs: COLLECTED_MS, everyMs: 100, state: () => left },
  );
  t.comment(`Gateway deleted → nothing of it left: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  await product.cluster.waitUntilGone(gateway.reference);
  const wrong = async () => {
    const back = await objectsIn(client, home);
    return back.length > 0 ? back : undefined;
  };
  t.equal(await firstWrong(wrong, 5_000), undefined, 'and nothing comes back');
  t.strictSame(await snapshot(client, shop.references), before, "the users' objects are as they were, to the byte");
});

productScenario('without Fetchfy users keep what is theirs', {}, async (t, product) => {
  const { cluster } = product;
  const home = await product.namespace('gateway');
  const shop = await openShop(product);
  const before = await snapshot(cluster.client, shop.references);
  const gateway = await product.gateway({ namespace: home });
  await untilTool(await product.client(gateway.url()), 'dice_echo');

  await cluster.kubectl('delete', '-k', manifests, '--timeout=120s');
  await forgetInstallation();
  t.match(readFileSync(join(manifests, 'kustomization.yaml'), 'utf8'), /crds/, 'the type of Gateways goes too');
  let left: string[] = [];
  await until(
    'the Gateway and what belongs to it to be gone',
    async () => {
      left = (await objectsIn(cluster.client, home, true)).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      return left.length === 0;
    },
    { deadlineMs: COLLECTED_MS, everyMs: 100, state: () => left },
  );
  t.strictSame(
    await snapshot(cluster.client, shop.references),
    before,
    "the users' objects are as they were, to the byte",
  );
  const roles = await cluster.kubectl('get', 'clusterroles,crds', '-o', 'name');
  t.notMatch(roles, /fetchfy/, 'nothing is left that concerns the whole cluster');
});
