import { INDEX_KEY, registryName, shardConfigMapName, shardKey } from '../../../gateway/contract/names.ts';
import { assembleRegistry, parseIndex } from '../../../gateway/contract/parse-registry.ts';
import type { RegistryDocument, RejectedService, ServiceEntry } from '../../../gateway/contract/registry-document.ts';
import type { Gateway } from '../../../hooks/gateways/gateway.ts';
import type { DecoratorSyncRequest, DecoratorSyncResponse } from '../../../hooks/metacontroller/hooks.ts';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import type { ConfigMap } from '../../../hooks/registry/config-maps.ts';
import { syncRegistry } from '../../../hooks/registry/controller.ts';
import { deepFreeze, gateway, objectMap } from './objects.ts';

/** The DecoratorController, as it stands in a request. */
export const registryController: KubernetesObject = {
  apiVersion: 'metacontroller.k8s.io/v1alpha1',
  kind: 'DecoratorController',
  metadata: { name: 'fetchfy-registry' },
};

export interface RegistryCase {
  readonly gateway?: Gateway;
  readonly attachments?: readonly KubernetesObject[];
  readonly allowLoopback?: boolean;
}

export function registryRequest(
  related: readonly KubernetesObject[],
  { gateway: parent = gateway(), attachments = [] }: RegistryCase = {},
): DecoratorSyncRequest<Gateway> {
  return deepFreeze({
    controller: registryController,
    object: parent,
    attachments: objectMap(attachments),
    related: objectMap(related),
    finalizing: false,
  });
}

/** Syncs a registry of what is related, and reads what comes of it as a gateway would. */
export function registryOf(related: readonly KubernetesObject[], options: RegistryCase = {}): RegistryDocument {
  const request = registryRequest(related, options);
  const response = syncRegistry(request, { allowLoopback: options.allowLoopback ?? false });
  return documentIn(response, request.object.metadata.name);
}

/** The document in a registry's ConfigMaps. @throws RegistryError as a gateway's reader does */
export function documentIn({ attachments }: DecoratorSyncResponse, gatewayName: string): RegistryDocument {
  const registry = registryName(gatewayName);
  const data = (name: string, key: string) =>
    (attachments as readonly ConfigMap[]).find(({ metadata }) => metadata.name === name)?.data?.[key];
  const index = parseIndex(data(registry, INDEX_KEY) ?? '');
  return assembleRegistry(
    index,
    index.shards.map((_, number) => data(shardConfigMapName(registry, number), shardKey(number))),
  );
}

/** The one Service that is served. */
export function onlyEntry(related: readonly KubernetesObject[], options: RegistryCase = {}): ServiceEntry {
  const { services, rejected } = registryOf(related, options);
  const [entry] = services;
  if (entry === undefined || services.length > 1 || rejected.length > 0) {
    throw new Error(`Expected one served Service, found ${JSON.stringify({ services, rejected })}.`);
  }
  return entry;
}

/** The one Service that is rejected. */
export function onlyRejection(related: readonly KubernetesObject[], options: RegistryCase = {}): RejectedService {
  const { services, rejected } = registryOf(related, options);
  const [rejection] = rejected;
  if (rejection === undefined || rejected.length > 1) {
    throw new Error(`Expected one rejected Service, found ${JSON.stringify({ services, rejected })}.`);
  }
  return rejection;
}
