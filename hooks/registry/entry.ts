import { entryBounds, type RejectedService, type ServiceEntry } from '../../gateway/contract/registry-document.ts';
import { GATEWAY_KIND, isGatewayApi } from '../gateways/gateway.ts';
import { GATEWAY_APP_NAME, NAME_LABEL } from '../gateways/names.ts';
import { readDeclaration, readType, type Declaration } from './annotations.ts';
import { authority, portNumber, targetsOf } from './endpoints.ts';
import { readExternalName, type ExternalNamePolicy } from './external-name.ts';
import { Fault } from './fault.ts';
import { choosePort, schemeOf } from './port.ts';
import type { EndpointSlice, Service, ServicePort } from './service.ts';

/** An entry before the Services are compared with each other: its prefix is only wished for. */
export type Candidate = Omit<ServiceEntry, 'alias' | 'note'> & {
  readonly notes: readonly string[];
};

/** What one Service comes to by itself: a candidate, or the reason why it cannot be served. */
export function readService(
  service: Service,
  slices: readonly EndpointSlice[],
  externalNames: ExternalNamePolicy,
): Candidate | Fault {
  if (leadsToGateway(service)) {
    return new Fault('BelongsToGateway', 'The Service belongs to a Gateway: served by one, calls would go in circles.');
  }
  const declaration = readDeclaration(service);
  if (declaration instanceof Fault) return declaration;
  const port = choosePort(service, declaration.port);
  if (port instanceof Fault) return port;
  const reach =
    service.spec?.type === 'ExternalName'
      ? reachByExternalName(service, port, externalNames)
      : reachInCluster(service, port, slices, declaration);
  if (reach instanceof Fault) return reach;
  return {
    namespace: service.metadata.namespace ?? '',
    name: service.metadata.name,
    created: service.metadata.creationTimestamp ?? '',
    type: declaration.type,
    prefix: declaration.prefix,
    path: declaration.path,
    ...reach,
    ...(schemeOf(port, declaration.scheme) === 'https' ? { scheme: 'https' as const } : {}),
    ...(declaration.protocol === undefined ? {} : { protocol: declaration.protocol }),
    ...(declaration.timeoutMs === undefined ? {} : { timeoutMs: declaration.timeoutMs }),
    ...(declaration.description === undefined ? {} : { description: declaration.description }),
    ...(declaration.version === undefined ? {} : { version: declaration.version }),
    ...(declaration.toolsDigest === undefined ? {} : { toolsDigest: declaration.toolsDigest }),
  };
}

/** A Service's entry among the rejected. */
export function rejectedService(service: Service, fault: Fault): RejectedService {
  const type = readType(service);
  return {
    namespace: service.metadata.namespace ?? '',
    name: service.metadata.name,
    type: type instanceof Fault ? 'tool' : type,
    reason: fault.reason,
    message: fault.message,
  };
}

/** A gateway's own Service, or one that somebody made to select the same pods. */
function leadsToGateway(service: Service): boolean {
  const owned = service.metadata.ownerReferences?.some(
    ({ apiVersion, kind }) => kind === GATEWAY_KIND && isGatewayApi(apiVersion),
  );
  return owned === true || service.spec?.selector?.[NAME_LABEL] === GATEWAY_APP_NAME;
}

type Reach = Pick<Candidate, 'host' | 'targets' | 'pending' | 'notes'>;

function reachByExternalName(service: Service, port: ServicePort, policy: ExternalNamePolicy): Reach | Fault {
  const name = readExternalName(service.spec?.externalName ?? '', policy);
  if (name instanceof Fault) return name;
  const host = authority(name, port.port);
  return { host, targets: [host], notes: [] };
}

function reachInCluster(
  service: Service,
  port: ServicePort,
  slices: readonly EndpointSlice[],
  { route }: Declaration,
): Reach {
  const { name, namespace = '' } = service.metadata;
  const serviceName = `${name}.${namespace}.svc`;
  const host = authority(serviceName, port.port);
  const { addresses, readyCount, pending } = targetsOf(service, port, slices);
  // Without a ready endpoint nothing is dialled, not even by name: the name would lead nowhere, slowly.
  if (pending !== undefined) return { host, targets: [], pending, notes: [] };
  if (route === 'service') {
    // A headless Service's name stands for its pods, which listen on their own port, not on the Service's.
    const number = service.spec?.clusterIP === 'None' ? podPort(slices, port) : port.port;
    return { host, targets: [authority(serviceName, number)], notes: [] };
  }
  const note = `Of ${readyCount} ready endpoints the gateway uses the first ${entryBounds.targets}; set the annotation mcp.fetchfy.ai/route to "service" to use all.`;
  return { host, targets: addresses, notes: readyCount > addresses.length ? [note] : [] };
}

function podPort(slices: readonly EndpointSlice[], port: ServicePort): number {
  const numbers = slices.map((slice) => portNumber(slice, port)).filter((number) => number !== undefined);
  return numbers.length === 0 ? port.port : Math.min(...numbers);
}
