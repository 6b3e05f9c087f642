import type { Gateway } from '../gateways/gateway.ts';
import type { CustomizeResponse, DecoratorSyncRequest, DecoratorSyncResponse } from '../metacontroller/hooks.ts';

/** What a registry's sync depends on beside its request. */
export interface RegistrySyncContext {
  /** Whether ExternalName Services may point to loopback: local mode only, where everything runs on one machine. */
  readonly allowLoopback: boolean;
}

/** What a Gateway's registry relates: the selected Services, their EndpointSlices and namespaces, and the names it would write. */
export function customizeRegistry(_parent: Gateway): CustomizeResponse {
  throw new Error('customizeRegistry: to come with the decorator controller');
}

/** A Gateway's registry ConfigMaps. */
export function syncRegistry(
  _request: DecoratorSyncRequest<Gateway>,
  _context: RegistrySyncContext,
): DecoratorSyncResponse {
  throw new Error('syncRegistry: to come with the decorator controller');
}
