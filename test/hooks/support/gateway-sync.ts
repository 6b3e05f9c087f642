import { REPORT_FORMAT_VERSION, type GatewayReport, type ServiceReport } from '../../../gateway/contract/report.ts';
import { formatRegistry } from '../../../gateway/contract/format-registry.ts';
import type { RejectedService, ServiceEntry } from '../../../gateway/contract/registry-document.ts';
import { desiredChildren } from '../../../hooks/gateways/children.ts';
import type { Condition } from '../../../hooks/gateways/conditions.ts';
import { syncGateway } from '../../../hooks/gateways/controller.ts';
import type { Gateway } from '../../../hooks/gateways/gateway.ts';
import type { GatewayStatus } from '../../../hooks/gateways/status.ts';
import type { CompositeSyncRequest } from '../../../hooks/metacontroller/hooks.ts';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import { registryConfigMaps, type ConfigMap } from '../../../hooks/registry/config-maps.ts';
import { accessRules, registryPolicy } from '../../../hooks/registry/policy.ts';
import { deepFreeze, gateway, objectMap } from './objects.ts';
import { asAttachment, asChild } from './ownership.ts';

export const IMAGE = 'registry.example.com/fetchfy:1.0.0';

/** The CompositeController, as it stands in a request. */
export const gatewaysController: KubernetesObject = {
  apiVersion: 'metacontroller.k8s.io/v1alpha1',
  kind: 'CompositeController',
  metadata: { name: 'fetchfy-gateways' },
};

export interface Published {
  readonly services?: readonly ServiceEntry[];
  readonly rejected?: readonly RejectedService[];
  /** Of the Gateway; as the Gateway's own if absent. */
  readonly generation?: number;
}

/** A Gateway's registry as its ConfigMaps hold it. */
export function published(parent: Gateway, { services = [], rejected = [], generation }: Published = {}) {
  const { name, namespace = '', generation: own = 0 } = parent.metadata;
  const content = {
    gateway: { namespace, name },
    generation: generation ?? own,
    policy: registryPolicy(parent),
    services,
    rejected,
    rules: accessRules(parent),
  };
  const formatted = formatRegistry(content, { bytes: Infinity, measure: (text) => text.length });
  if (formatted === undefined) throw new Error('Everything fits without a bound.');
  const configMaps: ConfigMap[] = registryConfigMaps({ namespace, name }, formatted).map((configMap) =>
    asAttachment(configMap, parent),
  );
  return { configMaps, revision: formatted.revision };
}

/** The Gateway's children as they stand once all is rolled out. */
export function settledChildren(parent: Gateway, replicas = 1, image = IMAGE): KubernetesObject[] {
  return desiredChildren(parent, image).map((child) => {
    const owned = asChild(child, parent);
    return child.kind === 'Deployment' ? rolledOut(owned, replicas) : owned;
  });
}

/** A Deployment with so many pods, all of its present template and all available. */
export function rolledOut(deployment: KubernetesObject, replicas: number, status: object = {}): KubernetesObject {
  const { spec } = deployment as KubernetesObject & { readonly spec: object };
  const counts = { replicas, updatedReplicas: replicas, availableReplicas: replicas };
  return {
    ...deployment,
    metadata: { ...deployment.metadata, generation: 1 },
    spec: { ...spec, replicas },
    status: { observedGeneration: 1, ...counts, ...status },
  } as KubernetesObject;
}

/** A replica's report on these Services. */
export function report(
  revision: string | null,
  services: readonly ServiceReport[] = [],
  more: object = {},
): GatewayReport {
  const gateway = { namespace: 'tools', name: 'main' };
  return { formatVersion: REPORT_FORMAT_VERSION, gateway, registry: { revision }, services, ...more };
}

export function serviceReport(name: string, changes: Partial<ServiceReport> = {}): ServiceReport {
  return {
    namespace: 'shop',
    name,
    state: 'Available',
    since: '2026-01-01T00:00:00Z',
    toolCount: 3,
    promptCount: 0,
    resourceCount: 0,
    ...changes,
  };
}

export interface GatewayCase {
  readonly gateway?: Gateway;
  readonly children?: readonly KubernetesObject[];
  readonly related?: readonly KubernetesObject[];
  readonly reports?: readonly (GatewayReport | undefined)[];
  readonly now?: string;
}

export function gatewayRequest({ gateway: parent = gateway(), children = [], related = [] }: GatewayCase) {
  const request: CompositeSyncRequest<Gateway> = {
    controller: gatewaysController,
    parent,
    children: objectMap(children),
    // What is there under the children's names is related too.
    related: objectMap([...related, ...children]),
    finalizing: false,
  };
  return deepFreeze(request);
}

/** Syncs a Gateway. */
export function syncOf(options: GatewayCase): { status: GatewayStatus; children: readonly KubernetesObject[] } {
  const { reports = [], now = '2026-06-01T12:00:00Z' } = options;
  const { status, children } = syncGateway(gatewayRequest(options), {
    gatewayImage: IMAGE,
    reports: deepFreeze(
      reports.map((report, index) => ({
        address: `10.0.1.${index}:9090`,
        ...(report === undefined ? {} : { report }),
      })),
    ),
    now: new Date(now),
  });
  return { status: status as GatewayStatus, children };
}

export function condition({ conditions }: GatewayStatus, type: Condition['type']): Condition {
  const found = conditions.find((condition) => condition.type === type);
  if (found === undefined) throw new Error(`There is no condition ${type} in ${JSON.stringify(conditions)}.`);
  return found;
}
