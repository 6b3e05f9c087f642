import { join } from 'node:path';
import type { Certificates } from './certificates.ts';
import type { StartDaemon } from './cluster.ts';
import { network } from '../machine/namespace.ts';

/** Where the API server listens. */
export const apiServer = `https://${network.node}:6443`;

const etcd = 'http://127.0.0.1:2379';

/** Starts etcd and the API server, which waits for it. */
export function startApiServer(start: StartDaemon, folder: string, certificates: Certificates): void {
  start('etcd', [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    '--listen-peer-urls=http://127.0.0.1:2380',
    // Nobody misses this cluster after a power cut.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]);
  start('kube-apiserver', [
    `--etcd-servers=${etcd}`,
    '--bind-address=0.0.0.0',
    `--advertise-address=${network.node}`,
    '--secure-port=6443',
    `--service-cluster-ip-range=${network.services}`,
    '--authorization-mode=Node,RBAC',
    `--client-ca-file=${certificates.authority.certificate}`,
    `--tls-cert-file=${certificates.apiServer.certificate}`,
    `--tls-private-key-file=${certificates.apiServer.key}`,
    // Without these no log of a pod can be read.
    `--kubelet-client-certificate=${certificates.apiServerClient.certificate}`,
    `--kubelet-client-key=${certificates.apiServerClient.key}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${certificates.serviceAccounts.publicKey}`,
    `--service-account-signing-key-file=${certificates.serviceAccounts.privateKey}`,
    '--allow-privileged=true',
    '--profiling=false',
  ]);
}

/** Starts what needs a ready API server: the controllers and the scheduler. */
export function startControllers(
  start: StartDaemon,
  certificates: Certificates,
  kubeconfigs: { controllerManager: string; scheduler: string },
): void {
  start('kube-controller-manager', [
    `--kubeconfig=${kubeconfigs.controllerManager}`,
    `--root-ca-file=${certificates.authority.certificate}`,
    `--service-account-private-key-file=${certificates.serviceAccounts.privateKey}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    '--profiling=false',
  ]);
  start('kube-scheduler', [`--kubeconfig=${kubeconfigs.scheduler}`, '--leader-elect=false', '--profiling=false']);
}
