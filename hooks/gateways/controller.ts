import { ADMIN_PORT } from '../../gateway/contract/environment.ts';
import type { CompositeSyncRequest, CompositeSyncResponse, CustomizeResponse } from '../metacontroller/hooks.ts';
import { objectKey, objectsOf, typeKey, type KubernetesObject } from '../metacontroller/objects.ts';
import { registryConfigMapNames } from '../registry/config-maps.ts';
import { adminAddresses } from '../registry/endpoints.ts';
import { ENDPOINT_SLICE_TYPE, SERVICE_NAME_LABEL, SERVICE_TYPE } from '../registry/service.ts';
import { serviceAccount } from './access.ts';
import { withPodsOfAccount } from './account-change.ts';
import { childConflicts, childNameRules, desiredChildren, registryConflicts } from './children.ts';
import { deployment } from './deployment.ts';
import { deploymentEditFaults, withDeploymentEditsUndone } from './deployment-edits.ts';
import { isBudgetEdited } from './budget-edits.ts';
import type { Gateway } from './gateway.ts';
import { workloadName } from './names.ts';
import { isNetworkPolicyEdited } from './network-policy-edits.ts';
import { withPortNamesFreed } from './port-names.ts';
import { publishedRegistry } from './published-registry.ts';
import type { ReplicaReport } from './reports.ts';
import { rolloutOf } from './rollout.ts';
import type { SpecObject } from './services.ts';
import { withServiceEditsUndone } from './service-edits.ts';
import { gatewayFaults, nameFault } from './spec.ts';
import { gatewayStatus } from './status.ts';

/** What a Gateway's sync depends on beside its request: all of it is handed in, so that equal input gives equal output. */
export interface GatewaySyncContext {
  /** The image of the gateway's containers. */
  readonly gatewayImage: string;
  /** One for each address of `reportAddresses(request)`. */
  readonly reports: readonly ReplicaReport[];
  readonly now: Date;
}

/** Nothing in Kubernetes changes when a server starts to answer: status must look again by itself. */
const RESYNC_SECONDS = 3;

/** What a Gateway relates: its registry's ConfigMaps, its pods' EndpointSlices, and whatever stands under its children's names. */
export function customizeGateway(parent: Gateway): CustomizeResponse {
  const { name, namespace = '' } = parent.metadata;
  return {
    relatedResources: [
      { apiVersion: 'v1', resource: 'configmaps', namespace, names: registryConfigMapNames(name) },
      {
        apiVersion: 'discovery.k8s.io/v1',
        resource: 'endpointslices',
        namespace,
        labelSelector: { matchLabels: { [SERVICE_NAME_LABEL]: workloadName(name) } },
      },
      ...childNameRules(parent),
    ],
  };
}

/**
 * The admin addresses of the Gateway's replicas, whose reports `syncGateway` takes. Also of those that are not ready:
 * they are the ones that can say why. Only if the Service is the Gateway's own: another's endpoints are not asked.
 */
export function reportAddresses({ parent, children, related }: CompositeSyncRequest<Gateway>): readonly string[] {
  const { name, namespace = '' } = parent.metadata;
  if (children[SERVICE_TYPE]?.[`${namespace}/${workloadName(name)}`] === undefined) return [];
  return adminAddresses(objectsOf(related, ENDPOINT_SLICE_TYPE), ADMIN_PORT);
}

/** A Gateway's children and status. Children whose names are taken by someone else are left out. */
export function syncGateway(
  request: CompositeSyncRequest<Gateway>,
  { gatewayImage, reports, now }: GatewaySyncContext,
): CompositeSyncResponse {
  const { parent, children, related } = request;
  const observed = (object: KubernetesObject) => children[typeKey(object)]?.[objectKey(object)];
  const made = deployment(parent, gatewayImage);
  const workload = withPodsOfAccount(made, observed(made), observed(serviceAccount(parent)));
  const desired =
    nameFault(parent.metadata.name) === undefined
      ? desiredChildren(parent, gatewayImage).map((child) => (keyOf(child) === keyOf(workload) ? workload : child))
      : [];
  const conflicts = childConflicts(desired, request);
  const taken = new Set(conflicts.map(({ object }) => keyOf(object)));
  // Pods must not start under somebody else's account. Those that run stay: it may be ours, and have lost its owner.
  const account = keyOf(serviceAccount(parent));
  if (taken.has(account) && observed(workload) === undefined) taken.add(keyOf(workload));
  const { name, namespace } = parent.metadata;
  const status = gatewayStatus({
    gateway: parent,
    faults: gatewayFaults(parent),
    childConflicts: conflicts,
    registryConflicts: registryConflicts(parent, related),
    rollout: rolloutOf(observed(workload), workload),
    deploymentFaults: deploymentEditFaults(workload, observed(workload)),
    registry: publishedRegistry(parent, related),
    reports: reports
      .map(({ report }) => report)
      // An address may by now be another pod's.
      .filter((report) => report !== undefined)
      .filter(({ gateway }) => gateway.name === name && gateway.namespace === namespace),
    now,
  });
  return {
    status,
    children: desired
      .filter((child) => !taken.has(keyOf(child)) && !isMadeAnew(child, observed(child)))
      .map((child) => withEditsUndone(child, observed(child))),
    resyncAfterSeconds: RESYNC_SECONDS,
  };
}

/** Whether a child is left out once, since somebody edited it so that it cannot be as desired otherwise. */
function isMadeAnew(child: KubernetesObject, observed: KubernetesObject | undefined): boolean {
  return isBudgetEdited(child, observed) || isNetworkPolicyEdited(child, observed);
}

/** What is written for a child: as desired, or what comes before that where somebody edited it. */
function withEditsUndone(child: KubernetesObject, observed: KubernetesObject | undefined): KubernetesObject {
  const undone =
    child.kind === 'Service'
      ? withServiceEditsUndone(child as SpecObject, observed)
      : child.kind === 'Deployment'
        ? withDeploymentEditsUndone(child as SpecObject, observed)
        : child;
  return withPortNamesFreed(undone, observed);
}

function keyOf(object: KubernetesObject): string {
  return `${typeKey(object)} ${objectKey(object)}`;
}
