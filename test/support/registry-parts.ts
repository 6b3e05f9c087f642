import { formatRegistry, type FormattedRegistry } from '../../gateway/contract/format-registry.ts';
import type { AccessRule } from '../../gateway/contract/access-policy.ts';
import type { RegistryPolicy, RejectedService, ServiceEntry } from '../../gateway/contract/registry-document.ts';

/** An entry that is valid and says no more than it must. */
export function entry(name: string, changes: Partial<ServiceEntry> = {}): ServiceEntry {
  const namespace = changes.namespace ?? 'shop';
  return {
    namespace,
    name,
    type: 'tool',
    created: '2026-01-01T00:00:00Z',
    prefix: name,
    path: '/mcp',
    host: `${name}.${namespace}.svc:80`,
    targets: ['10.0.0.1:8080'],
    ...changes,
  };
}

/** The texts of a registry of the Gateway tools/main. `shardBytes`: the most a shard may have, to get several. */
export function registryParts(
  services: readonly ServiceEntry[],
  options: {
    readonly rejected?: readonly RejectedService[];
    readonly rules?: readonly AccessRule[];
    readonly policy?: RegistryPolicy;
    readonly shardBytes?: number;
  } = {},
): FormattedRegistry {
  const { rejected = [], rules = [], policy = { hosts: [] }, shardBytes = Infinity } = options;
  const content = { gateway: { namespace: 'tools', name: 'main' }, policy, services, rejected, rules };
  const formatted = formatRegistry(content, { bytes: shardBytes, measure: (text) => text.length });
  if (formatted === undefined) throw new Error(`Even 64 shards of ${shardBytes} bytes do not hold these entries.`);
  return formatted;
}
