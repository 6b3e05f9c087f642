import { ADMIN_PORT, GATEWAY_PORT } from '../../gateway/contract/environment.ts';
import { metadataRanges } from '../../gateway/contract/special-addresses.ts';
import type { Gateway } from './gateway.ts';
import { HOOKS_APP_NAME, HOOKS_NAMESPACE, NAME_LABEL, objectLabels, selectorLabels, workloadName } from './names.ts';
import type { SpecObject } from './services.ts';

/** DNS, and what API servers on a node listen on where it is not 443. */
const DNS_PORT = 53;
const API_SERVER_PORT = 6443;

const tcp = (port: number) => ({ port, protocol: 'TCP' });
const udp = (port: number) => ({ port, protocol: 'UDP' });

/**
 * Who may reach a gateway's pods, and whom they may reach. MCP is for everyone; the admin port is for the hooks, which
 * fetch the report there, and for whom a person adds with a policy of their own, since policies add up. A kubelet always
 * reaches the pods of its node, so probes need no rule.
 *
 * What goes out may go anywhere, upstreams being everywhere, but to metadata addresses: the gateway refuses them itself, and
 * this holds even if it erred. In words that every network plugin understands: addresses are rules for the world outside
 * (Cilium takes them so), `namespaceSelector: {}` is one for all pods, and a port without addresses also reaches nodes and
 * what is link-local, as a node's own DNS cache is (169.254.20.10) and the API server of a cluster that runs it on a node.
 *
 * Every default is written out: the API server would add them, and the policy would be written again at each sync.
 */
export function networkPolicy({ metadata: { name, namespace = '' } }: Gateway): SpecObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: workloadName(name), namespace, labels: objectLabels(name, 'gateway') },
    spec: {
      podSelector: { matchLabels: selectorLabels(name) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { ports: [tcp(GATEWAY_PORT)] },
        {
          from: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': HOOKS_NAMESPACE } },
              podSelector: { matchLabels: { [NAME_LABEL]: HOOKS_APP_NAME } },
            },
          ],
          ports: [tcp(ADMIN_PORT)],
        },
      ],
      egress: [
        {
          to: [
            { ipBlock: { cidr: '0.0.0.0/0', except: metadataRanges.v4 } },
            { ipBlock: { cidr: '::/0', except: metadataRanges.v6 } },
            { namespaceSelector: {} },
          ],
        },
        { ports: [udp(DNS_PORT), tcp(DNS_PORT), tcp(API_SERVER_PORT)] },
      ],
    },
  };
}
