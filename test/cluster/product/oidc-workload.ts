import { certificateAuthority } from '../../support/certificates.ts';
import { OidcBrowser } from '../../support/oidc-browser.ts';
import { imageNames } from '../build/images.ts';
import { conditionOf } from '../harness/kube-objects.ts';
import { waitUntilReachable } from '../harness/reachable.ts';
import type { ClaimsOfUsers } from '../../support/servers/oidc-configuration.ts';
import { restrictedContainer, restrictedPod } from '../harness/restricted.ts';
import type { TestCluster } from '../harness/test-cluster.ts';

const NAME = 'oidc';
const PORT = 8080;

export interface DeployedIssuer {
  readonly url: string;
  /** Its CA, in PEM. */
  readonly ca: string;
  /** A person's way to it. @param cas to trust beside its own */
  browser(...cas: string[]): OidcBrowser;
}

/**
 * Runs oidc-provider in a pod of a namespace, over TLS by a CA of its own, and waits until it answers.
 * @param claims what its tokens say of some users
 */
export async function deployIssuer(
  cluster: TestCluster,
  namespace: string,
  claims: ClaimsOfUsers = {},
): Promise<DeployedIssuer> {
  const host = `${NAME}.${namespace}.svc.cluster.local`;
  const url = `https://${host}`;
  const authority = certificateAuthority('CA of the issuer');
  const { cert, key } = authority.issue(host);
  const metadata = { namespace, name: NAME };
  const { client } = cluster;
  const type = 'kubernetes.io/tls';
  await client.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type,
    stringData: { 'tls.crt': cert, 'tls.key': key },
  });
  const container = {
    name: 'issuer',
    image: imageNames.servers,
    command: ['node', 'servers/oidc.ts', '--issuer', url, '--tls', '/tls', '--claims', JSON.stringify(claims)],
    args: ['--host', '::', '--port', String(PORT)],
    ports: [{ containerPort: PORT }],
    readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
    volumeMounts: [{ name: 'tls', mountPath: '/tls', readOnly: true }],
    securityContext: restrictedContainer,
  };
  const pod = {
    containers: [container],
    volumes: [{ name: 'tls', secret: { secretName: NAME } }],
    securityContext: restrictedPod,
    automountServiceAccountToken: false,
  };
  await client.create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: NAME } },
      template: { metadata: { labels: { app: NAME } }, spec: pod },
    },
  });
  const spec = { selector: { app: NAME }, ports: [{ port: 443, targetPort: PORT }] };
  await client.create({ apiVersion: 'v1', kind: 'Service', metadata, spec });
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: NAME };
  const isAvailable = (found: Parameters<typeof conditionOf>[0]): boolean =>
    conditionOf(found, 'Available')?.status === 'True';
  await cluster.waitFor(deployment, isAvailable, { deadlineMs: 60_000 });
  await waitUntilReachable(cluster, namespace, host, 443);
  return { url, ca: authority.cert, browser: (...cas) => new OidcBrowser(url, authority.cert, ...cas) };
}
