import t from 'tap';
import { parseIndex, assembleRegistry } from '../../../gateway/contract/parse-registry.ts';
import type { ServiceEntry } from '../../../gateway/contract/registry-document.ts';
import { registryConfigMaps, shardBound } from '../../../hooks/registry/config-maps.ts';
import { fitRegistry } from '../../../hooks/registry/fit.ts';
import { withLastApplied } from '../../../local/driver/apply.ts';
import { entry } from '../../support/registry-parts.ts';

const owner = { namespace: 'tools', name: 'main' };
const bound = shardBound(owner, 'fetchfy-registry');

function contentOf(services: readonly ServiceEntry[]) {
  return { gateway: owner, policy: { hosts: [] }, services, rejected: [] };
}

/** An entry whose canonical JSON has so many bytes. */
function sized(name: string, bytes: number, changes: Partial<ServiceEntry> = {}): ServiceEntry {
  const bare = entry(name, { description: '', ...changes });
  return { ...bare, description: 'd'.repeat(bytes - Buffer.byteLength(JSON.stringify(bare))) };
}

t.test('10,000 ordinary Services of 384 bytes each fit, and every ConfigMap is one that is stored', async (t) => {
  const services = Array.from({ length: 10_000 }, (_, number) => sized(`service-${number}`, 384));
  const registry = fitRegistry(contentOf(services), bound);
  const document = assembleRegistry(parseIndex(registry.index), registry.shards);
  t.equal(document.services.length, 10_000);
  t.equal(document.rejected.length, 0);
  const largest = Math.max(
    ...registryConfigMaps(owner, registry).map((configMap) =>
      Object.values(withLastApplied(configMap).metadata.annotations ?? {}).reduce(
        (sum, value) => sum + Buffer.byteLength(value),
        0,
      ),
    ),
  );
  t.ok(largest < 240 * 1024, `the largest has ${largest} bytes of annotations, in ${registry.shards.length} shards`);
});

t.test('one Service that changes rewrites one shard and the index', async (t) => {
  const services = Array.from({ length: 2_000 }, (_, number) => sized(`service-${number}`, 384));
  const before = fitRegistry(contentOf(services), bound);
  const after = fitRegistry(
    contentOf(services.map((service) => (service.name === 'service-7' ? { ...service, targets: [] } : service))),
    bound,
  );
  t.ok(before.shards.length > 1);
  t.equal(after.shards.filter((text, number) => text !== before.shards[number]).length, 1);
});

t.test('of what does not fit into 64 shards the youngest are rejected, with the reason', async (t) => {
  // The oldest come last, so that age and not order decides.
  const services = Array.from({ length: 30_000 }, (_, number) =>
    sized(`service-${number}`, 700, { created: `2026-01-01T00:00:${String(99_999 - number)}Z` }),
  );
  const registry = fitRegistry(contentOf(services), bound);
  t.equal(registry.shards.length, 64);
  for (const shard of registry.shards) t.ok(bound.measure(shard) <= bound.bytes);
  const index = parseIndex(registry.index);
  const document = assembleRegistry(index, registry.shards);
  t.equal(index.serviceCount + index.rejectedCount, 30_000);
  t.equal(index.serviceCount, document.services.length);
  t.ok(document.services.length > 15_000, `${document.services.length} are served`);
  const youngestServed = Math.max(...document.services.map(({ created }) => Number(created.slice(17, -1))));
  const numbers = document.rejected.map(({ name }) => 99_999 - Number(name.slice('service-'.length)));
  t.ok(Math.min(...numbers) > youngestServed, 'all that are rejected are younger than all that are served');
  t.match(document.rejected[0], {
    reason: 'RegistryFull',
    message:
      "The Gateway's registry is full (64 ConfigMaps) and older Services come first: let another Gateway select this one, or shorten descriptions.",
  });
});

t.test('rejections never crowd out a Service, however many there are', async (t) => {
  const rejected = Array.from({ length: 60_000 }, (_, number) => ({
    namespace: 'shop',
    name: `wrong-${number}`,
    type: 'tool' as const,
    reason: 'NoPort',
    message: 'm'.repeat(500),
  }));
  const registry = fitRegistry({ ...contentOf([entry('fine')]), rejected }, bound);
  const index = parseIndex(registry.index);
  const document = assembleRegistry(index, registry.shards);
  t.equal(document.services.length, 1);
  t.equal(index.rejectedCount, 60_000);
  t.ok(document.rejected.length >= 1_000);
});
