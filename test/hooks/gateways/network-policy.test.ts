import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import t from 'tap';
import { networkPolicy } from '../../../hooks/gateways/network-policy.ts';
import { objectLabels } from '../../../hooks/gateways/names.ts';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import { isLetThrough, type Connection, type Party } from '../support/network-policy.ts';
import { gateway } from '../support/objects.ts';

/** Who reaches whom under our policies, by the rules of Kubernetes and by both readings of `ipBlock` that plugins have. */

const hooksPolicy = load(
  readFileSync(new URL('../../../manifests/hooks/network-policy.yaml', import.meta.url), 'utf8'),
) as KubernetesObject;
const policies = [networkPolicy(gateway()), hooksPolicy];

const pod = (
  namespace: string,
  labels: Record<string, string>,
  address = '10.244.0.7',
): Required<Omit<Party, 'isNode'>> => ({
  address,
  pod: { namespace, labels },
});
const ours = pod('tools', { ...objectLabels('main', 'gateway') });
const hooks = pod('fetchfy-system', { 'app.kubernetes.io/name': 'fetchfy-hooks' });
const others: Readonly<Record<string, Party>> = {
  'the hooks': hooks,
  'the hooks, over IPv6': { ...hooks, address: 'fd00:10::7' },
  "a pod that calls itself the hooks' elsewhere": pod('shop', hooks.pod.labels),
  'another pod beside the hooks': pod('fetchfy-system', { app: 'x' }),
  'another replica': ours,
  "another Gateway's replica": pod('tools', { ...objectLabels('other', 'gateway') }),
  Metacontroller: pod('metacontroller', { app: 'metacontroller' }),
  'a server': pod('shop', { app: 'dice' }),
  'a server over IPv6': pod('shop', { app: 'dice' }, 'fd00:10::8'),
  Prometheus: pod('monitoring', { app: 'prometheus' }),
  'a node': { address: '192.168.1.10', isNode: true },
  'a host of the world': { address: '203.0.113.9' },
  'a host of the world over IPv6': { address: '2001:db8::9' },
  "the node's DNS cache": { address: '169.254.20.10', isNode: true },
  'the metadata server': { address: '169.254.169.254' },
  "the metadata server as a node's process": { address: '169.254.169.254', isNode: true },
  'the metadata server of AWS over IPv6': { address: 'fd00:ec2::254' },
  'the metadata server of Google over IPv6': { address: 'fd20:ce::254' },
  'the metadata server of Alibaba': { address: '100.100.100.200' },
  "Azure's agent": { address: '168.63.129.16' },
  'the metadata server of Oracle': { address: '192.0.0.192' },
  'a link-local address over IPv6': { address: 'fe80::a9fe:a9fe' },
};

type Row = readonly [direction: Connection['direction'], other: keyof typeof others, port: string, allowed: boolean];
const atGateway: readonly Row[] = [
  ['Ingress', 'a server', '8080', true],
  ['Ingress', 'a host of the world', '8080', true],
  ['Ingress', 'a host of the world over IPv6', '8080', true],
  ['Ingress', 'a node', '8080', true],
  ['Ingress', 'another replica', '8080', true],
  ['Ingress', 'the hooks', '9090', true],
  ['Ingress', 'the hooks, over IPv6', '9090', true],
  ['Ingress', 'a node', '9090', true],
  ['Ingress', "a pod that calls itself the hooks' elsewhere", '9090', false],
  ['Ingress', 'another pod beside the hooks', '9090', false],
  ['Ingress', 'another replica', '9090', false],
  ['Ingress', 'a server', '9090', false],
  ['Ingress', 'Prometheus', '9090', false],
  ['Ingress', 'a host of the world', '9090', false],
  ['Ingress', 'a server', '22', false],
  ['Egress', 'a server', '8080', true],
  ['Egress', 'a server over IPv6', '3000', true],
  ['Egress', 'a host of the world', '443', true],
  ['Egress', 'a host of the world over IPv6', '443', true],
  ['Egress', 'a node', '6443', true],
  ['Egress', "the node's DNS cache", '53/UDP', true],
  ['Egress', "the node's DNS cache", '53', true],
  ['Egress', "the node's DNS cache", '80', false],
  // A port without addresses is for every address: what it takes to reach nodes under either reading.
  ['Egress', 'the metadata server', '53/UDP', true],
  ['Egress', 'the metadata server', '6443', true],
  ...[
    'the metadata server',
    "the metadata server as a node's process",
    'the metadata server of AWS over IPv6',
    'the metadata server of Google over IPv6',
    'the metadata server of Alibaba',
    "Azure's agent",
    'the metadata server of Oracle',
    'a link-local address over IPv6',
  ].flatMap((other) => ['80', '443', '8080', '32526', '80/UDP'].map((port): Row => ['Egress', other, port, false])),
];
const atHooks: readonly Row[] = [
  ['Ingress', 'Metacontroller', '8080', true],
  ['Ingress', 'a server', '8080', false],
  ['Ingress', 'another replica', '8080', false],
  ['Ingress', 'a host of the world', '8080', false],
  ['Ingress', 'Prometheus', '9090', true],
  ['Ingress', 'a node', '9090', true],
  ['Egress', 'another replica', '9090', true],
  ['Egress', "another Gateway's replica", '9090', true],
  ['Egress', 'another replica', '8080', false],
  ['Egress', 'a server', '9090', false],
  ['Egress', 'a host of the world', '443', false],
  ['Egress', 'a node', '6443', false],
  ['Egress', 'the metadata server', '80', false],
  ['Egress', "the node's DNS cache", '53/UDP', false],
];

for (const [what, self, rows] of [
  ["a gateway's pods", ours, atGateway],
  ["the hooks' pods", hooks, atHooks],
] as const) {
  t.test(`${what} reach and are reached by whom they need, and by nobody else`, async (t) => {
    for (const [direction, other, port, allowed] of rows) {
      const [number, protocol = 'TCP'] = port.split('/');
      const connection = { pod: self.pod, direction, other: others[other] as Party, port: Number(number), protocol };
      for (const reading of ['any address', 'outside only'] as const) {
        const words = `${direction} ${other} ${port}: ${allowed ? 'let through' : 'refused'} (ipBlock is ${reading})`;
        t.equal(isLetThrough(policies, connection, reading), allowed, words);
      }
    }
  });
}

t.test('whom a person adds by a policy of their own gets in to the admin port', async (t) => {
  const added = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: 'tools', name: 'prometheus' },
    spec: {
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'fetchfy-gateway' } },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
          ports: [{ port: 9090, protocol: 'TCP' }],
        },
      ],
    },
  };
  const from = (other: string): Connection => ({
    pod: ours.pod,
    direction: 'Ingress',
    other: others[other] as Party,
    port: 9090,
  });
  t.ok(isLetThrough([...policies, added], from('Prometheus'), 'outside only'));
  t.notOk(isLetThrough([...policies, added], from('a server'), 'outside only'));
});

t.test("a Gateway's policy is for its own pods alone", async (t) => {
  const stranger = { pod: pod('tools', { app: 'x' }).pod, port: 9090, other: others['a server'] as Party };
  t.ok(isLetThrough(policies, { ...stranger, direction: 'Ingress' }, 'any address'));
});
