/** A registry that is too large for one ConfigMap. */
import { MAX_ANNOTATION_BYTES } from '../../../hooks/registry/config-maps.ts';
import type { RegistryIndex, RegistryShard } from '../../../gateway/contract/registry-document.ts';
import type { KubeObject } from '../harness/kube-objects.ts';
import type { TestGateway } from '../product/gateway.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText, serviceReference, untilTool, type Product } from '../product/product.ts';

const CROWD = 240;
/** The longest description, of a character that takes six bytes where Metacontroller keeps what it wrote. */
const DESCRIPTION = '<'.repeat(512);

interface ConfigMap extends KubeObject {
  readonly data: Record<string, string>;
}

/** The shards' ConfigMaps that are there, by name. */
async function shardsOf(product: Product, { namespace }: TestGateway): Promise<ConfigMap[]> {
  const all = await product.cluster.client.list<ConfigMap>({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace });
  return all.filter(({ metadata }) => /-registry-\d+$/.test(metadata.name));
}

/** The index once it speaks of so many Services. */
async function indexOf(product: Product, gateway: TestGateway, services: number): Promise<RegistryIndex> {
  const read = ({ data }: ConfigMap) => JSON.parse(data['index.json'] ?? '') as RegistryIndex;
  const has = (found: ConfigMap) => read(found).serviceCount === services;
  return read(await product.cluster.waitFor<ConfigMap>(gateway.registry(), has, { deadlineMs: 90_000 }));
}

function servicesIn({ data }: ConfigMap): string[] {
  return Object.values(data).flatMap((text) => (JSON.parse(text) as RegistryShard).services.map(({ name }) => name));
}

/** Does it to each, a few at a time, as fast as the API server takes it. */
async function forEach<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const work = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await act(item);
  };
  await Promise.all(Array.from({ length: 10 }, work));
}

productScenario('a registry of several shards grows, serves and shrinks', {}, async (t, product) => {
  const shop = await product.namespace('shop');
  const crowd = await product.namespace('crowd');
  const [gateway] = await Promise.all([
    product.gateway({ namespace: await product.namespace('gateway') }),
    product.server({ namespace: shop, program: 'modern', name: 'dice' }),
  ]);
  await gateway.service(shop, 'dice', 'Available');
  t.strictSame((await shardsOf(product, gateway)).length, 1, 'one Service needs one shard');
  const session = await product.client(gateway.url());

  const names = Array.from({ length: CROWD }, (_, number) => `one-${number}`);
  let begun = performance.now();
  const took = () => `${((performance.now() - begun) / 1_000).toFixed(1)} s`;
  await forEach(names, (name) =>
    product.service(crowd, name, {
      app: 'nobody',
      annotations: { description: DESCRIPTION },
      // No address, no rule of kube-proxy.
      spec: { clusterIP: 'None' },
    }),
  );
  const index = await indexOf(product, gateway, CROWD + 1);
  await gateway.waitFor(({ status }) => status?.serviceCount === CROWD + 1);
  await gateway.condition('Ready', 'True', new RegExp(`is ready with ${CROWD + 1} services$`));
  t.comment(
    `${CROWD} Services in ${index.shards.length} shards, from the first one made to all in the status: ${took()}`,
  );
  const shards = await shardsOf(product, gateway);
  t.ok(shards.length >= 2, `${shards.length} shards`);
  t.equal(shards.length, index.shards.length, 'as many as the index names');
  t.strictSame(shards.flatMap(servicesIn).sort(), ['dice', ...names].sort(), 'each Service is in one of them');
  for (const { metadata } of shards) {
    const size = Buffer.byteLength(
      Object.entries(metadata.annotations ?? {})
        .flat()
        .join(''),
    );
    t.ok(size <= MAX_ANNOTATION_BYTES, `${metadata.name} has ${size} bytes of annotations`);
  }

  t.equal(await callText(session, 'dice_echo', { text: 'six' }), 'six', 'the real server among them is called');
  await product.label(shop, 'dice', { 'mcp-enabled': null });
  await untilTool(session, 'dice_echo', false);
  await indexOf(product, gateway, CROWD);
  await product.label(shop, 'dice', { 'mcp-enabled': 'true' });
  await untilTool(session, 'dice_echo');
  t.equal(await callText(session, 'dice_echo', { text: 'two' }), 'two', 'it goes and comes with its label');

  begun = performance.now();
  await forEach(names, (name) => product.cluster.client.delete(serviceReference(crowd, name)));
  const { shards: left } = await indexOf(product, gateway, 1);
  t.equal(left.length, 1);
  for (const { metadata } of shards.filter(({ metadata }) => metadata.name !== gateway.registry(0).name)) {
    await product.cluster.waitUntilGone({ ...gateway.registry(), name: metadata.name });
  }
  t.strictSame(
    (await shardsOf(product, gateway)).map(({ metadata }) => metadata.name),
    [gateway.registry(0).name],
    'the shards that nothing needs any more are gone',
  );
  t.comment(`${CROWD} Services deleted → one shard: ${took()}`);
  t.equal(await callText(session, 'dice_echo', { text: 'one' }), 'one', 'the real server is called through it all');
});
