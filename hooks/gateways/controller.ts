import type { CompositeSyncRequest, CompositeSyncResponse, CustomizeResponse } from '../metacontroller/hooks.ts';
import type { Gateway } from './gateway.ts';
import type { ReplicaReport } from './reports.ts';

/** What a Gateway's sync depends on beside its request: all of it is handed in, so that equal input gives equal output. */
export interface GatewaySyncContext {
  /** The image of the gateway's containers. */
  readonly gatewayImage: string;
  /** One for each address of `reportAddresses(request)`. */
  readonly reports: readonly ReplicaReport[];
  readonly now: Date;
}

/** What a Gateway relates: its registry's ConfigMaps, its pods' EndpointSlices, and whatever stands under its children's names. */
export function customizeGateway(_parent: Gateway): CustomizeResponse {
  throw new Error('customizeGateway: to come with the composite controller');
}

/** The admin addresses of the Gateway's ready replicas, whose reports `syncGateway` takes. */
export function reportAddresses(_request: CompositeSyncRequest<Gateway>): readonly string[] {
  throw new Error('reportAddresses: to come with the composite controller');
}

/** A Gateway's children and status. */
export function syncGateway(
  _request: CompositeSyncRequest<Gateway>,
  _context: GatewaySyncContext,
): CompositeSyncResponse {
  throw new Error('syncGateway: to come with the composite controller');
}
