import type { FormattedRegistry } from '../../gateway/contract/format-registry.ts';
import { registryName } from '../../gateway/contract/names.ts';
import type { RejectedService } from '../../gateway/contract/registry-document.ts';
import type { Gateway } from '../gateways/gateway.ts';
import { workloadName } from '../gateways/names.ts';
import { nameFault, registryFaults, serviceSelector } from '../gateways/spec.ts';
import type {
  CustomizeResponse,
  DecoratorSyncRequest,
  DecoratorSyncResponse,
  RelatedRule,
} from '../metacontroller/hooks.ts';
import type { LabelSelector } from '../metacontroller/label-selector.ts';
import { objectsOf } from '../metacontroller/objects.ts';
import { foreignUnder, isAttachment } from '../metacontroller/ownership.ts';
import { settleClaims } from './claims.ts';
import {
  registryConfigMap,
  registryConfigMapNames,
  registryConfigMaps,
  shardBound,
  type ConfigMap,
  type Owner,
} from './config-maps.ts';
import { readConsent } from './consent.ts';
import { API_SERVER, apiServerAddresses, indexSlices } from './endpoints.ts';
import { readService, rejectedService, type Candidate } from './entry.ts';
import { Fault } from './fault.ts';
import { fitRegistry } from './fit.ts';
import { accessRules, registryPolicy } from './policy.ts';
import { CONFIG_MAP_TYPE, ENDPOINT_SLICE_TYPE, SERVICE_TYPE } from './service.ts';

/** What a registry's sync depends on beside its request. */
export interface RegistrySyncContext {
  /** Whether ExternalName Services may point to loopback: local mode only, where everything runs on one machine. */
  readonly allowLoopback: boolean;
}

/**
 * What a Gateway's registry relates: the selected Services and their EndpointSlices, the selected namespaces (a changed
 * namespace label alone triggers nothing), the API server's own EndpointSlice, which no Service may lead to, and the
 * ConfigMaps under the names that it would write.
 *
 * A selector that Kubernetes refuses must not be answered: sync would never be called. Then nothing is selected.
 */
export function customizeRegistry(parent: Gateway): CustomizeResponse {
  const { name, namespace = '' } = parent.metadata;
  const own: RelatedRule = { apiVersion: 'v1', resource: 'configmaps', namespace, names: registryConfigMapNames(name) };
  if (registryFaults(parent).length > 0) return { relatedResources: [own] };
  const labelSelector = serviceSelector(parent);
  const namespaceSelector = parent.spec?.namespaceSelector;
  const within = namespaceSelector === undefined ? {} : { namespaceSelector };
  return {
    relatedResources: [
      { apiVersion: 'v1', resource: 'services', labelSelector, ...within },
      { ...SLICES, labelSelector, ...within },
      { ...SLICES, labelSelector: SLICES_OF_OTHERS, ...within },
      { ...SLICES, namespace: API_SERVER.namespace, names: [API_SERVER.name] },
      ...(namespaceSelector === undefined
        ? []
        : [{ apiVersion: 'v1', resource: 'namespaces', labelSelector: namespaceSelector }]),
      own,
    ],
  };
}

const SLICES = { apiVersion: 'discovery.k8s.io/v1', resource: 'endpointslices' };

/** Slices that Kubernetes made for a selector carry the Service's labels; mirrored and hand-made ones do not. */
const SLICES_OF_OTHERS: LabelSelector = {
  matchExpressions: [
    {
      key: 'endpointslice.kubernetes.io/managed-by',
      operator: 'NotIn',
      values: ['endpointslice-controller.k8s.io'],
    },
  ],
};

/** A Gateway's registry ConfigMaps. Those whose names are taken by someone else are left out; status tells of them. */
export function syncRegistry(
  request: DecoratorSyncRequest<Gateway>,
  context: RegistrySyncContext,
): DecoratorSyncResponse {
  const { object: parent, attachments, related, controller } = request;
  const decorator = controller.metadata.name;
  const desired = desiredConfigMaps(request, context);
  return {
    attachments: desired.filter(
      (configMap) =>
        foreignUnder(configMap, attachments, related, (object) => isAttachment(object, parent, decorator)) ===
        undefined,
    ),
  };
}

function desiredConfigMaps(request: DecoratorSyncRequest<Gateway>, context: RegistrySyncContext): ConfigMap[] {
  const { object: parent, attachments, controller } = request;
  const owner = { namespace: parent.metadata.namespace ?? '', name: parent.metadata.name };
  if (nameFault(owner.name) !== undefined) return [];
  if (registryFaults(parent).length === 0) {
    return registryConfigMaps(owner, buildRegistry(request, context, owner));
  }
  // A slip in the spec must not take all tools away: the registry stays as it was until the spec is right again.
  const kept = objectsOf(attachments, CONFIG_MAP_TYPE) as readonly ConfigMap[];
  if (kept.some((configMap) => configMap.metadata.name === registryName(owner.name))) {
    return kept
      .map((configMap) => registryConfigMap(owner, configMap.metadata.name, configMap.data ?? {}))
      .sort(byName);
  }
  // Not open to everyone for the time of a slip: who may come could be what is wrong.
  const nothing = { gateway: owner, policy: { hosts: [] }, services: [], rejected: [] };
  return registryConfigMaps(owner, fitRegistry(nothing, shardBound(owner, controller.metadata.name)));
}

function buildRegistry(
  { object: parent, related, controller }: DecoratorSyncRequest<Gateway>,
  { allowLoopback }: RegistrySyncContext,
  owner: Owner,
): FormattedRegistry {
  const slices = indexSlices(objectsOf(related, ENDPOINT_SLICE_TYPE));
  const externalNames = {
    patterns: parent.spec?.externalNames ?? [],
    allowLoopback,
    ownHost: `${workloadName(owner.name)}.${owner.namespace}`,
  };
  const candidates: Candidate[] = [];
  const rejected: RejectedService[] = [];
  for (const service of objectsOf(related, SERVICE_TYPE)) {
    // It is on its way out; a finalizer may keep the object for a while.
    if (service.metadata.deletionTimestamp !== undefined) continue;
    const key = `${service.metadata.namespace ?? ''}/${service.metadata.name}`;
    const consent = readConsent(service, owner);
    if (consent === false) continue;
    const outcome = consent instanceof Fault ? consent : readService(service, slices.get(key) ?? [], externalNames);
    if (outcome instanceof Fault) rejected.push(rejectedService(service, outcome));
    else candidates.push(outcome);
  }
  const { generation } = parent.metadata;
  const content = {
    gateway: owner,
    ...(generation === undefined ? {} : { generation }),
    policy: registryPolicy(parent, apiServerAddresses(slices)),
    services: settleClaims(candidates),
    rejected,
    rules: accessRules(parent),
  };
  return fitRegistry(content, shardBound(owner, controller.metadata.name));
}

function byName(a: ConfigMap, b: ConfigMap): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
