import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StartDaemon } from './cluster.ts';
import type { KubeClient } from '../harness/kube-client.ts';
import { network } from '../machine/namespace.ts';

/** Names below it lead to the node itself: what a test serves there passes for a server outside the cluster. */
export const outsideDomain = 'outside.test';

/** Starts CoreDNS beside the kubelet and gives it the address that pods ask. */
export async function startDns(
  start: StartDaemon,
  folder: string,
  kubeconfig: string,
  client: KubeClient,
): Promise<void> {
  const corefile = join(folder, 'Corefile');
  await writeFile(corefile, configuration(kubeconfig));
  start('coredns', ['-conf', corefile]);
  const ports = [
    { name: 'dns', protocol: 'UDP', port: 53 },
    { name: 'dns-tcp', protocol: 'TCP', port: 53 },
  ];
  const metadata = { name: 'kube-dns', namespace: 'kube-system' };
  await client.apply({ apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: network.dns, ports } });
  const labels = { 'kubernetes.io/service-name': metadata.name };
  await client.apply({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels },
    addressType: 'IPv4',
    endpoints: [{ addresses: [network.node], conditions: { ready: true } }],
    ports,
  });
}

function configuration(kubeconfig: string): string {
  return `(common) {
  bind ${network.node}
  errors
}
cluster.local in-addr.arpa {
  import common
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfig}
    pods insecure
  }
}
${outsideDomain} {
  import common
  template IN A {
    answer "{{ .Name }} 5 IN A ${network.node}"
  }
  template ANY ANY {
    rcode NOERROR
  }
}
. {
  import common
  # There is no world outside.
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;
}
