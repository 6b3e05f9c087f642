import { entryBounds } from '../../gateway/contract/registry-document.ts';
import type { KubernetesObject } from '../metacontroller/objects.ts';
import { SERVICE_NAME_LABEL, type Endpoint, type EndpointSlice, type Service, type ServicePort } from './service.ts';

/** EndpointSlices by the Service that they belong to, keyed `namespace/name`. */
export type SliceIndex = ReadonlyMap<string, readonly EndpointSlice[]>;

/** Joins EndpointSlices to Services by namespace and the label `kubernetes.io/service-name`. */
export function indexSlices(slices: readonly KubernetesObject[]): SliceIndex {
  const index = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const service = slice.metadata.labels?.[SERVICE_NAME_LABEL];
    if (service === undefined) continue;
    const key = `${slice.metadata.namespace ?? ''}/${service}`;
    const known = index.get(key);
    if (known === undefined) index.set(key, [slice]);
    else known.push(slice);
  }
  return index;
}

/** Where to dial a Service's pods. */
export interface Targets {
  /** `host:port`, IPv6 in brackets, sorted; at most as many as an entry carries. */
  readonly addresses: readonly string[];
  /** How many are ready in all. */
  readonly readyCount: number;
  /** Why there is none, a sentence. */
  readonly pending?: string;
}

/**
 * The ready endpoints of one port of a Service. A slice's port is found by the Service port's NAME; it need not have
 * the Service's number. An endpoint whose readiness is unknown counts as ready (discovery/v1: nil means true).
 *
 * A dual-stack Service has slices of both families that list the same pods: each pod is one target, by the Service's
 * first family (`spec.ipFamilies`) where it has an address of it. Endpoints without a targetRef cannot be told to be the
 * same and stay as they are. Slices of names (addressType FQDN) are ignored, as kube-proxy does: a host of one's own
 * choice needs an ExternalName Service, and the Gateway's leave.
 */
export function targetsOf(service: Service, port: ServicePort, slices: readonly EndpointSlice[]): Targets {
  const family = service.spec?.ipFamilies?.[0] ?? 'IPv4';
  const byTarget = new Map<string, Candidate>();
  let portFound = false;
  for (const slice of slices) {
    if (slice.addressType === 'FQDN') continue;
    const number = portNumber(slice, port);
    if (number === undefined) continue;
    portFound = true;
    for (const endpoint of slice.endpoints ?? []) {
      const candidate = candidateOf(endpoint, number, slice.addressType === family);
      if (candidate === undefined) continue;
      const key = targetKey(endpoint) ?? candidate.address;
      const known = byTarget.get(key);
      if (known === undefined || precedes(candidate, known)) byTarget.set(key, candidate);
    }
  }
  const addresses = [...byTarget.values()].filter((candidate) => candidate.ready).map(({ address }) => address);
  const sorted = [...new Set(addresses)].sort();
  return {
    addresses: sorted.slice(0, entryBounds.targets),
    readyCount: sorted.length,
    ...(sorted.length > 0 ? {} : { pending: pendingReason(service, port, slices, portFound, byTarget.size) }),
  };
}

interface Candidate {
  readonly address: string;
  readonly ready: boolean;
  /** Whether the address is of the Service's first family. */
  readonly preferred: boolean;
}

function candidateOf(endpoint: Endpoint, port: number, preferred: boolean): Candidate | undefined {
  // Of several addresses consumers take the first (discovery/v1, Endpoint.addresses).
  const address = endpoint.addresses?.[0];
  if (address === undefined) return undefined;
  return { address: authority(address, port), ready: endpoint.conditions?.ready !== false, preferred };
}

/** While slices are rearranged an endpoint may stand in two of them: the ready one counts, then the preferred family. */
function precedes(a: Candidate, b: Candidate): boolean {
  if (a.ready !== b.ready) return a.ready;
  if (a.preferred !== b.preferred) return a.preferred;
  return a.address < b.address;
}

function targetKey({ targetRef }: Endpoint): string | undefined {
  if (targetRef === undefined) return undefined;
  const { kind = '', namespace = '', name = '', uid = '' } = targetRef;
  return uid === '' ? `${kind}/${namespace}/${name}` : uid;
}

/** The number that a slice has for the Service's port; undefined if it does not have that port. */
export function portNumber(slice: EndpointSlice, port: { readonly name?: string }): number | undefined {
  const found = slice.ports?.find(
    (candidate) => (candidate.name ?? '') === (port.name ?? '') && (candidate.protocol ?? 'TCP') === 'TCP',
  );
  return found?.port ?? undefined;
}

/** `host:port`, an IPv6 address in brackets. */
export function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function pendingReason(
  service: Service,
  port: ServicePort,
  slices: readonly EndpointSlice[],
  portFound: boolean,
  endpoints: number,
): string {
  const selects = Object.keys(service.spec?.selector ?? {}).length > 0;
  if (slices.length === 0) {
    return selects
      ? 'Kubernetes has published no EndpointSlice of this Service yet.'
      : `The Service has no selector, and no EndpointSlice names it in its label ${SERVICE_NAME_LABEL}.`;
  }
  if (!portFound && slices.some((slice) => (slice.endpoints ?? []).length > 0)) {
    const name = port.name === undefined ? 'without a name' : `named "${port.name}"`;
    return `Its EndpointSlices have no TCP port ${name}: the pods have no such port, or the slices name it differently.`;
  }
  if (endpoints === 0) return selects ? 'No pod matches the selector of the Service.' : 'Its EndpointSlices are empty.';
  return endpoints === 1 ? 'Its only endpoint is not ready.' : `None of its ${endpoints} endpoints is ready.`;
}

/** Where to ask each pod behind some slices on one port: once a pod, ready or not, but not if it is on its way out. */
export function adminAddresses(slices: readonly EndpointSlice[], port: number): string[] {
  const byTarget = new Map<string, string>();
  for (const slice of slices.toSorted(byAddressType)) {
    if (slice.addressType === 'FQDN') continue;
    for (const endpoint of slice.endpoints ?? []) {
      const address = endpoint.addresses?.[0];
      if (address === undefined || endpoint.conditions?.terminating === true) continue;
      const key = targetKey(endpoint) ?? address;
      if (!byTarget.has(key)) byTarget.set(key, authority(address, port));
    }
  }
  return [...new Set(byTarget.values())].sort();
}

/** The Service of the API server, and the EndpointSlice that it writes of itself. */
export const API_SERVER = { namespace: 'default', name: 'kubernetes' } as const;

/** Where the API server is, by the EndpointSlices of its Service: `host:port`, sorted, whether ready or not. */
export function apiServerAddresses(slices: SliceIndex): string[] {
  const found = new Set<string>();
  for (const { metadata, addressType, endpoints, ports } of slices.get(`${API_SERVER.namespace}/${API_SERVER.name}`) ??
    []) {
    // What others write about the Service is not the API server's own word.
    if (metadata.name !== API_SERVER.name || addressType === 'FQDN') continue;
    for (const { port } of ports ?? []) {
      for (const { addresses = [] } of endpoints ?? []) {
        if (typeof port === 'number') for (const address of addresses) found.add(authority(address, port));
      }
    }
  }
  return [...found].sort();
}

function byAddressType(a: EndpointSlice, b: EndpointSlice): number {
  return (a.addressType ?? '') < (b.addressType ?? '') ? -1 : 1;
}
