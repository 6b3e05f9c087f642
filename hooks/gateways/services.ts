import { GATEWAY_PORT } from '../../gateway/contract/environment.ts';
import type { KubernetesObject } from '../metacontroller/objects.ts';
import type { Gateway } from './gateway.ts';
import { objectLabels, peersName, selectorLabels, workloadName } from './names.ts';
import { mcpPort } from './spec.ts';

/** The name of the container port that serves MCP. */
export const MCP_PORT_NAME = 'mcp';

/** A child whose spec is ours. */
export interface SpecObject extends KubernetesObject {
  readonly spec: Readonly<Record<string, unknown>>;
}

/**
 * The Service that clients reach the gateway by. Its `type` is left to the user, so that a LoadBalancer survives.
 *
 * A session stays with the replica that holds it only while clients keep to one: hence the affinity, until replicas
 * forward to each other.
 */
export function service(gateway: Gateway): SpecObject {
  const { name, namespace = '' } = gateway.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: workloadName(name), namespace, labels: objectLabels(name, 'gateway') },
    spec: {
      internalTrafficPolicy: 'Cluster',
      ipFamilyPolicy: 'PreferDualStack',
      ports: [
        {
          name: MCP_PORT_NAME,
          port: mcpPort(gateway),
          protocol: 'TCP',
          targetPort: MCP_PORT_NAME,
          appProtocol: gateway.spec?.enableTls === true ? 'https' : 'http',
        },
      ],
      selector: selectorLabels(name),
      sessionAffinity: 'ClientIP',
    },
  };
}

/** The headless Service by which replicas find each other; a replica that drains is found too, since it holds sessions. */
export function peersService(gateway: Gateway): SpecObject {
  const { name, namespace = '' } = gateway.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: peersName(name), namespace, labels: objectLabels(name, 'gateway') },
    spec: {
      clusterIP: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilyPolicy: 'PreferDualStack',
      ports: [{ name: MCP_PORT_NAME, port: GATEWAY_PORT, protocol: 'TCP', targetPort: MCP_PORT_NAME }],
      publishNotReadyAddresses: true,
      selector: selectorLabels(name),
    },
  };
}

/** One replica at a time may be evicted; a single one too, else no node that holds it could be drained. */
export function disruptionBudget(gateway: Gateway): SpecObject {
  const { name, namespace = '' } = gateway.metadata;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: workloadName(name), namespace, labels: objectLabels(name, 'gateway') },
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: selectorLabels(name) },
      // A replica that is not ready serves nobody: evicting it costs nothing, and must not block a drain.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  };
}
