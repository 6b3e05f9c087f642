import { registryName } from '../../gateway/contract/names.ts';
import type { KubernetesObject } from '../metacontroller/objects.ts';
import { registryConfigMapNames } from '../registry/config-maps.ts';
import type { Gateway } from './gateway.ts';
import { objectLabels, workloadName } from './names.ts';

const RBAC_API = { apiVersion: 'rbac.authorization.k8s.io/v1' } as const;

/** The identity of a gateway's pods. Whatever else runs under it gets no token by itself: the gateway's own is mounted by name. */
export function serviceAccount(gateway: Gateway): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: meta(gateway),
    automountServiceAccountToken: false,
  } as KubernetesObject;
}

/**
 * What a gateway's pods may do: read the ConfigMaps of their own registry, by name, and nothing else. Only the index is
 * watched (list and watch by name need a field selector of one name); shards are fetched.
 */
export function role(gateway: Gateway): KubernetesObject & { readonly rules: readonly object[] } {
  const [index = registryName(gateway.metadata.name), ...shards] = registryConfigMapNames(gateway.metadata.name);
  return {
    ...RBAC_API,
    kind: 'Role',
    metadata: meta(gateway),
    rules: [
      { apiGroups: [''], resources: ['configmaps'], resourceNames: [index], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: shards, verbs: ['get'] },
    ],
  };
}

export function roleBinding(gateway: Gateway): KubernetesObject & { readonly subjects: readonly object[] } {
  const { name, namespace = '' } = gateway.metadata;
  return {
    ...RBAC_API,
    kind: 'RoleBinding',
    metadata: meta(gateway),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: workloadName(name) },
    subjects: [{ kind: 'ServiceAccount', name: workloadName(name), namespace }],
  } as KubernetesObject & { readonly subjects: readonly object[] };
}

/** Metadata of the children that are named after the workload. */
function meta({ metadata: { name, namespace = '' } }: Gateway): KubernetesObject['metadata'] {
  return { name: workloadName(name), namespace, labels: objectLabels(name, 'gateway') };
}
