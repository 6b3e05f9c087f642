import type { Gateway, GatewaySpec } from '../../../hooks/gateways/gateway.ts';
import { objectKey, typeKey, type KubernetesObject, type ObjectMap } from '../../../hooks/metacontroller/objects.ts';
import type { EndpointSlice, Service } from '../../../hooks/registry/service.ts';

/** Objects as an API server would hand them out, of which a test says only what matters to it. */

export function gateway(spec: GatewaySpec = {}, metadata: Partial<Gateway['metadata']> = {}): Gateway {
  return {
    apiVersion: 'gateways.fetchfy.ai/v1alpha1',
    kind: 'Gateway',
    metadata: { name: 'main', namespace: 'tools', uid: 'gateway-uid', generation: 1, ...metadata },
    spec: { mcpPort: 8080, serviceSelector: { matchLabels: { 'mcp-enabled': 'true' } }, enableTls: false, ...spec },
  };
}

export interface ServiceOptions {
  readonly namespace?: string;
  readonly created?: string;
  /** By the part of their names after `mcp.fetchfy.ai/`. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly metadata?: Partial<Service['metadata']>;
  readonly spec?: NonNullable<Service['spec']>;
}

/** A labelled Service with one port, 80, and a selector. */
export function service(name: string, options: ServiceOptions = {}): Service {
  const { namespace = 'shop', created = '2026-01-01T00:00:00Z', annotations = {}, metadata = {}, spec = {} } = options;
  const prefixed = Object.entries(annotations).map(([key, value]) => [`mcp.fetchfy.ai/${key}`, value]);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace,
      uid: `uid-of-${name}`,
      creationTimestamp: created,
      labels: { 'mcp-enabled': 'true' },
      annotations: Object.fromEntries(prefixed) as Record<string, string>,
      ...metadata,
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.1',
      ipFamilies: ['IPv4'],
      selector: { app: name },
      ports: [{ port: 80, protocol: 'TCP' }],
      ...spec,
    },
  };
}

export interface SliceOptions {
  readonly namespace?: string;
  /** The slice's own name; `<service>-1` if absent. */
  readonly name?: string;
  readonly addressType?: string;
  readonly ports?: EndpointSlice['ports'];
  /** Addresses, all ready; or whole endpoints. */
  readonly endpoints?: readonly (string | NonNullable<EndpointSlice['endpoints']>[number])[];
}

/** An EndpointSlice of a Service, with one ready pod on port 8080. */
export function slice(service: string, options: SliceOptions = {}): EndpointSlice {
  const { namespace = 'shop', name = `${service}-1`, addressType = 'IPv4' } = options;
  const { ports = [{ name: '', port: 8080, protocol: 'TCP' }], endpoints = ['10.0.0.1'] } = options;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': service, 'mcp-enabled': 'true' } },
    addressType,
    ports,
    endpoints: endpoints.map((endpoint) => (typeof endpoint === 'string' ? readyPod(endpoint) : endpoint)),
  };
}

/** An endpoint that is a ready pod. */
export function readyPod(address: string, uid = `pod-${address}`) {
  return { addresses: [address], conditions: { ready: true }, targetRef: { kind: 'Pod', uid } };
}

export function objectMap(objects: readonly KubernetesObject[]): ObjectMap {
  const map: Record<string, Record<string, KubernetesObject>> = {};
  for (const object of objects) (map[typeKey(object)] ??= {})[objectKey(object)] = object;
  return map;
}

/** The value, of which nothing can be changed any more: a hook that tried would throw. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
