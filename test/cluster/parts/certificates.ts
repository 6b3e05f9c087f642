import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../machine/command.ts';
import { network } from '../machine/namespace.ts';

/** A certificate and its key, as files. */
export interface Certificate {
  certificate: string;
  key: string;
}

export interface Certificates {
  authority: Certificate;
  apiServer: Certificate;
  /** The API server as a client of the kubelet. */
  apiServerClient: Certificate;
  admin: Certificate;
  controllerManager: Certificate;
  scheduler: Certificate;
  kubelet: Certificate;
  proxy: Certificate;
  /** What ServiceAccounts' tokens are signed and checked with. */
  serviceAccounts: { privateKey: string; publicKey: string };
}

const elliptic = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];
const days = ['-days', '7'];

/** The name under which the kubelet registers. */
export const nodeName = 'node0';

/** Makes an authority and what it signs for the cluster's parts; who a part is, Kubernetes reads off CN and O. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  await mkdir(folder, { recursive: true });
  const authority = files(folder, 'ca');
  await run('openssl', ['req', '-x509', ...elliptic, ...days, '-subj', '/CN=fetchfy-test', ...output(authority)]);
  const sign = (name: string, subject: string, ...extensions: string[]) =>
    signed(authority, files(folder, name), subject, extensions);
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
  const addresses = ['127.0.0.1', network.node, network.kubernetes];
  const alternatives = [...names.map((name) => `DNS:${name}`), 'DNS:localhost', ...addresses.map((ip) => `IP:${ip}`)];
  const [apiServer, apiServerClient, admin, controllerManager, scheduler, kubelet, proxy] = await Promise.all([
    sign('kube-apiserver', '/CN=kube-apiserver', `subjectAltName=${alternatives.join(',')}`),
    sign('kube-apiserver-client', '/O=system:masters/CN=kube-apiserver-client'),
    sign('admin', '/O=system:masters/CN=fetchfy-test-admin'),
    sign('kube-controller-manager', '/CN=system:kube-controller-manager'),
    sign('kube-scheduler', '/CN=system:kube-scheduler'),
    sign('kubelet', `/O=system:nodes/CN=system:node:${nodeName}`),
    sign('kube-proxy', '/CN=system:kube-proxy'),
  ]);
  const serviceAccounts = await makeKeyPair(folder);
  return {
    authority,
    apiServer,
    apiServerClient,
    admin,
    controllerManager,
    scheduler,
    kubelet,
    proxy,
    serviceAccounts,
  };
}

async function signed(
  authority: Certificate,
  target: Certificate,
  subject: string,
  extensions: string[],
): Promise<Certificate> {
  const by = ['-CA', authority.certificate, '-CAkey', authority.key];
  const added = ['basicConstraints=CA:FALSE', ...extensions].flatMap((extension) => ['-addext', extension]);
  await run('openssl', ['req', '-x509', ...by, ...elliptic, ...days, '-subj', subject, ...added, ...output(target)]);
  return target;
}

async function makeKeyPair(folder: string): Promise<Certificates['serviceAccounts']> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const paths = { privateKey: join(folder, 'sa.key'), publicKey: join(folder, 'sa.pub') };
  await writeFile(paths.privateKey, privateKey, { mode: 0o600 });
  await writeFile(paths.publicKey, publicKey);
  return paths;
}

function files(folder: string, name: string): Certificate {
  return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}

function output({ certificate, key }: Certificate): string[] {
  return ['-out', certificate, '-keyout', key];
}
