import { LAST_APPLIED_ANNOTATION, type CompositeSyncRequest, type RelatedRule } from '../metacontroller/hooks.ts';
import { controllerOf, objectKey, type KubernetesObject, type ObjectMap } from '../metacontroller/objects.ts';
import { foreignUnder, isAttachment, isChild } from '../metacontroller/ownership.ts';
import { registryConfigMapNames } from '../registry/config-maps.ts';
import { CONFIG_MAP_TYPE } from '../registry/service.ts';
import { role, roleBinding, serviceAccount } from './access.ts';
import { deployment } from './deployment.ts';
import { GATEWAY_KIND, isGatewayApi, type Gateway } from './gateway.ts';
import { networkPolicy } from './network-policy.ts';
import { objectLabels, peersName, workloadName } from './names.ts';
import { disruptionBudget, peersService, service } from './services.ts';

/** The name of the DecoratorController that makes the registry (manifests/hooks); it stands in its ConfigMaps' annotation. */
export const REGISTRY_CONTROLLER = 'fetchfy-registry';

/** All children of a Gateway. */
export function desiredChildren(gateway: Gateway, image: string): KubernetesObject[] {
  return [
    serviceAccount(gateway),
    role(gateway),
    roleBinding(gateway),
    deployment(gateway, image),
    service(gateway),
    peersService(gateway),
    disruptionBudget(gateway),
    networkPolicy(gateway),
  ];
}

/** The rules that relate whatever stands under the children's names. */
export function childNameRules({ metadata: { name, namespace = '' } }: Gateway): RelatedRule[] {
  const workload = workloadName(name);
  const rbac = 'rbac.authorization.k8s.io/v1';
  return [
    { apiVersion: 'v1', resource: 'serviceaccounts', namespace, names: [workload] },
    { apiVersion: rbac, resource: 'roles', namespace, names: [workload] },
    { apiVersion: rbac, resource: 'rolebindings', namespace, names: [workload] },
    { apiVersion: 'apps/v1', resource: 'deployments', namespace, names: [workload] },
    { apiVersion: 'v1', resource: 'services', namespace, names: [workload, peersName(name)] },
    { apiVersion: 'policy/v1', resource: 'poddisruptionbudgets', namespace, names: [workload] },
    { apiVersion: 'networking.k8s.io/v1', resource: 'networkpolicies', namespace, names: [workload] },
  ];
}

/** An object that stands in the way of one of ours. */
export interface Conflict {
  readonly object: KubernetesObject;
  readonly cause: ConflictCause;
}

type ConflictCause =
  /** Somebody else's. */
  | 'foreign'
  /** Made for this Gateway; it lost what shows that it is. */
  | 'lost'
  /** Of a Gateway of the same name that was deleted. */
  | 'earlier';

/** The objects under the names of the desired children that are not this Gateway's. */
export function childConflicts(
  desired: readonly KubernetesObject[],
  { parent, children, related }: CompositeSyncRequest<Gateway>,
): Conflict[] {
  return desired.flatMap((child) => {
    const foreign = foreignUnder(child, children, related, (object) => isChild(object, parent));
    return foreign === undefined ? [] : [conflict(foreign, parent)];
  });
}

/** The ConfigMaps under the registry's names that are not this Gateway's, or that have lost what shows that they are. */
export function registryConflicts(parent: Gateway, related: ObjectMap): Conflict[] {
  const { name, namespace = '' } = parent.metadata;
  return registryConfigMapNames(name).flatMap((configMap) => {
    const object = related[CONFIG_MAP_TYPE]?.[objectKey({ metadata: { namespace, name: configMap } })];
    return object === undefined || isAttachment(object, parent, REGISTRY_CONTROLLER) ? [] : [conflict(object, parent)];
  });
}

/** What stands in the way and what to do about it: a sentence for each cause. */
export function conflictSentences(conflicts: readonly Conflict[]): string[] {
  return (['foreign', 'lost', 'earlier'] as const).flatMap((cause) => {
    const named = conflicts.filter((conflict) => conflict.cause === cause).map(({ object }) => nameOf(object));
    return named.length === 0 ? [] : [sentenceOf(cause, listed(named), named.length > 1)];
  });
}

function sentenceOf(cause: ConflictCause, names: string, many: boolean): string {
  switch (cause) {
    case 'foreign':
      return many
        ? `${names} are not this Gateway's and are left as they are: rename them, or the Gateway.`
        : `${names} is not this Gateway's and is left as it is: rename it, or the Gateway.`;
    case 'lost':
      return many
        ? `${names} were made for this Gateway but have lost their owner reference, label or annotation, and are no longer kept up to date: delete them, and they are made anew.`
        : `${names} was made for this Gateway but has lost its owner reference, label or annotation, and is no longer kept up to date: delete it, and it is made anew.`;
    case 'earlier':
      return many
        ? `${names} belong to an earlier Gateway of this name and are being collected.`
        : `${names} belongs to an earlier Gateway of this name and is being collected.`;
  }
}

function nameOf(object: KubernetesObject): string {
  return `${object.kind} ${objectKey(object)}`;
}

/** Names as a person lists them, the first ones of many. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10);
  if (names.length > shown.length) return `${shown.join(', ')} and ${names.length - shown.length} more`;
  return shown.length === 1 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

function conflict(object: KubernetesObject, parent: Gateway): Conflict {
  const controller = controllerOf(object);
  const isGateway = controller?.kind === GATEWAY_KIND && isGatewayApi(controller.apiVersion);
  if (isGateway && controller.name === parent.metadata.name && controller.uid !== parent.metadata.uid) {
    return { object, cause: 'earlier' };
  }
  return { object, cause: wasOurs(object, parent) ? 'lost' : 'foreign' };
}

/** A guess, for the sentence only: it carries our labels, or what dynamic-apply writes on what it made. */
function wasOurs({ metadata }: KubernetesObject, parent: Gateway): boolean {
  const ours = Object.entries(objectLabels(parent.metadata.name, 'gateway')).filter(
    ([key]) => !key.endsWith('component'),
  );
  return (
    metadata.annotations?.[LAST_APPLIED_ANNOTATION] !== undefined ||
    ours.every(([key, value]) => metadata.labels?.[key] === value)
  );
}
