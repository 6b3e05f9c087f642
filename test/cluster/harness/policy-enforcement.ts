import { run } from '../machine/command.ts';
import type { KubeObject, Pod } from './kube-objects.ts';
import type { TestCluster } from './test-cluster.ts';

const TABLE = 'fetchfy_test_policies';

interface Selector {
  matchLabels?: Record<string, string>;
}
interface Peer {
  ipBlock?: { cidr: string; except?: string[] };
  namespaceSelector?: Selector;
  podSelector?: Selector;
}
interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { port: number; protocol: string }[];
}
interface Policy extends KubeObject {
  spec: { podSelector: Selector; policyTypes: string[]; ingress?: Rule[]; egress?: Rule[] };
}

/** A pod at an address. */
interface Host {
  namespace: string;
  labels: Record<string, string>;
  address: string;
}

/**
 * Has the kernel drop what the cluster's NetworkPolicies do not allow, since its network plugin enforces none: for the pods
 * and addresses that there are now, over IPv4. What a node's own processes send to its pods passes, as everywhere.
 *
 * @returns what ends it
 */
export async function enforcePolicies(cluster: TestCluster): Promise<() => Promise<void>> {
  const policies = await cluster.client.list<Policy>({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' });
  const pods = await cluster.client.list<Pod>({ apiVersion: 'v1', kind: 'Pod' });
  const hosts = pods.flatMap(({ metadata, status }): Host[] =>
    status?.podIP === undefined || status.phase !== 'Running'
      ? []
      : [{ namespace: metadata.namespace ?? '', labels: metadata.labels ?? {}, address: status.podIP }],
  );
  await run('nft', ['-f', '-'], { input: rulesOf(policies, hosts) });
  return async () => {
    for (const family of ['inet', 'bridge']) await run('nft', ['delete', 'table', family, TABLE]);
  };
}

/**
 * nftables' rules for the policies. A packet goes from pod to pod over the bridge, and through the node otherwise (to a
 * Service, or to what is outside); both are looked at. Only what opens a connection is: answers pass.
 */
function rulesOf(policies: readonly Policy[], hosts: readonly Host[]): string {
  const chains: string[] = [];
  const jumps: { direction: 'ingress' | 'egress'; address: string; chain: string }[] = [];
  for (const host of hosts) {
    for (const [direction, type] of [
      ['ingress', 'Ingress'],
      ['egress', 'Egress'],
    ] as const) {
      const selecting = policies.filter(
        ({ metadata, spec }) =>
          metadata.namespace === host.namespace &&
          spec.policyTypes.includes(type) &&
          selects(spec.podSelector, host.labels),
      );
      if (selecting.length === 0) continue;
      const chain = `${direction}_${host.address.replaceAll('.', '_')}`;
      const allowed = selecting.flatMap(({ spec }) => spec[direction] ?? []).flatMap((rule) => matchesOf(rule, hosts));
      chains.push(`chain ${chain} {`, ...allowed.map((match) => `${match} return`), 'drop', '}');
      jumps.push({ direction, address: host.address, chain });
    }
  }
  const jumpsWhere = (opening: string, directions: readonly string[]) =>
    jumps
      .filter(({ direction }) => directions.includes(direction))
      .map(({ direction, address, chain }) => {
        const end = direction === 'ingress' ? 'daddr' : 'saddr';
        return `ip ${end} ${address} ${opening} jump ${chain}`;
      });
  const hook = (name: string, lines: string[]) => [
    `chain ${name} {`,
    `type filter hook ${name} priority 0`,
    ...lines,
    '}',
  ];
  const both = ['ingress', 'egress'];
  return [
    `table inet ${TABLE} {`,
    ...chains,
    ...hook('forward', jumpsWhere('ct state new', both)),
    ...hook('input', jumpsWhere('ct state new', ['egress'])),
    '}',
    `table bridge ${TABLE} {`,
    ...chains,
    ...hook('forward', jumpsWhere('tcp flags & (syn | ack) == syn', both)),
    '}',
    '',
  ].join('\n');
}

/** A rule as matches, any of which lets a packet pass. */
function matchesOf({ from, to, ports }: Rule, hosts: readonly Host[]): string[] {
  const peers = from ?? to;
  const end = from === undefined ? 'daddr' : 'saddr';
  const addresses = peers === undefined ? [''] : peers.flatMap((peer) => addressMatch(peer, end, hosts) ?? []);
  const numbers = ports?.map(({ port, protocol }) => `${protocol.toLowerCase()} dport ${port}`) ?? [''];
  return addresses.flatMap((address) =>
    numbers.map((number) => `${address} ${number}`.trim() || 'meta l4proto { tcp, udp }'),
  );
}

function addressMatch(peer: Peer, end: string, hosts: readonly Host[]): string | undefined {
  const { ipBlock, namespaceSelector = {}, podSelector = {} } = peer;
  if (ipBlock !== undefined) {
    if (ipBlock.cidr.includes(':')) return undefined;
    const except = ipBlock.except?.length ? ` ip ${end} != { ${ipBlock.except.join(', ')} }` : '';
    return `ip ${end} ${ipBlock.cidr}${except}`;
  }
  const found = hosts.filter(
    ({ namespace, labels }) =>
      selects(namespaceSelector, { 'kubernetes.io/metadata.name': namespace }) && selects(podSelector, labels),
  );
  return found.length === 0 ? undefined : `ip ${end} { ${found.map(({ address }) => address).join(', ')} }`;
}

function selects({ matchLabels = {} }: Selector, labels: Record<string, string>): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
}
