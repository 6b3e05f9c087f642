import { BlockList, isIPv6 } from 'node:net';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';

/** Whom a connection is with: a pod, or an address that is none's. */
export interface Party {
  readonly address: string;
  readonly pod?: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
  /** A node itself, or a process of one with the node's network. */
  readonly isNode?: boolean;
}

/** How a network plugin reads `ipBlock`: as any address, or as one of the world outside the cluster (Cilium). */
export type Reading = 'any address' | 'outside only';

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}
interface Peer {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port: number; readonly protocol: string }[];
}
interface Policy extends KubernetesObject {
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

/** A connection that is looked at from the pod that policies stand for. */
export interface Connection {
  readonly pod: NonNullable<Party['pod']>;
  readonly direction: 'Ingress' | 'Egress';
  readonly other: Party;
  readonly port: number;
  readonly protocol?: string;
}

/**
 * Whether the policies let a connection be, by the rules of networking.k8s.io/v1: a pod that a policy selects for a
 * direction is closed in it but for what the policies that select it allow together.
 */
export function isLetThrough(policies: readonly KubernetesObject[], connection: Connection, reading: Reading): boolean {
  const { pod, direction } = connection;
  const selecting = (policies as Policy[]).filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      spec.policyTypes.includes(direction) &&
      selects(spec.podSelector, pod.labels),
  );
  if (selecting.length === 0) return true;
  // Who looks after a pod's probes: the node itself always gets in (Kubernetes' documentation of policies says so).
  if (direction === 'Ingress' && connection.other.isNode) return true;
  return selecting.some(({ spec }) =>
    ((direction === 'Ingress' ? spec.ingress : spec.egress) ?? []).some((rule) => allows(rule, connection, reading)),
  );
}

function allows(rule: Rule, { direction, other, port, protocol = 'TCP' }: Connection, reading: Reading): boolean {
  const peers = direction === 'Ingress' ? rule.from : rule.to;
  const fits = rule.ports?.some((each) => each.port === port && each.protocol === protocol) ?? true;
  return fits && (peers?.some((peer) => isPeer(peer, other, reading)) ?? true);
}

function isPeer({ ipBlock, namespaceSelector, podSelector }: Peer, other: Party, reading: Reading): boolean {
  if (ipBlock !== undefined) {
    if (reading === 'outside only' && (other.pod !== undefined || other.isNode)) return false;
    return (
      isWithin(other.address, ipBlock.cidr) && !(ipBlock.except ?? []).some((cidr) => isWithin(other.address, cidr))
    );
  }
  if (other.pod === undefined || other.isNode) return false;
  return (
    selects(namespaceSelector ?? {}, { 'kubernetes.io/metadata.name': other.pod.namespace }) &&
    selects(podSelector ?? {}, other.pod.labels)
  );
}

function selects({ matchLabels = {} }: Selector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
}

function isWithin(address: string, cidr: string): boolean {
  const [network = '', bits] = cidr.split('/');
  const family = isIPv6(network) ? 'ipv6' : 'ipv4';
  if (family !== (isIPv6(address) ? 'ipv6' : 'ipv4')) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(address, family);
}
