import type { ResourceType } from './driver/store.ts';
import { GATEWAY_API_VERSION, GATEWAY_KIND } from '../hooks/gateways/gateway.ts';

/** The types of the hooks' world: what discovery would tell of them in a cluster. */

function type(apiVersion: string, kind: string, resource: string, traits: Partial<ResourceType> = {}): ResourceType {
  return { apiVersion, kind, resource, namespaced: true, statusSubresource: false, ...traits };
}

export const gateways = type(GATEWAY_API_VERSION, GATEWAY_KIND, 'gateways', { statusSubresource: true });
export const services = type('v1', 'Service', 'services', { statusSubresource: true });
export const endpointSlices = type('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices');
export const namespaces = type('v1', 'Namespace', 'namespaces', { namespaced: false, statusSubresource: true });
export const configMaps = type('v1', 'ConfigMap', 'configmaps');

export const secrets = type('v1', 'Secret', 'secrets');

/** What a folder of manifests may hold; what else stands there is told and left alone. */
export const manifestTypes: readonly ResourceType[] = [
  gateways,
  services,
  endpointSlices,
  namespaces,
  secrets,
  configMaps,
];

/** All types: what people write, and what the hooks make of it. */
export const clusterTypes: readonly ResourceType[] = [
  ...manifestTypes,
  type('v1', 'ServiceAccount', 'serviceaccounts'),
  type('apps/v1', 'Deployment', 'deployments', { statusSubresource: true }),
  type('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', { statusSubresource: true }),
  type('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  type('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  type('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
];
