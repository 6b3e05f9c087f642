import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeName, type Certificates } from './certificates.ts';
import type { StartDaemon } from './cluster.ts';
import { containerdSocket } from './containerd.ts';
import { network } from '../machine/namespace.ts';

/** Starts the kubelet, which registers the node, and kube-proxy. */
export async function startNode(
  start: StartDaemon,
  folder: string,
  cgroup: string,
  certificates: Certificates,
  kubeconfigs: { kubelet: string; proxy: string },
): Promise<void> {
  const podLogs = join(folder, 'pods');
  await mkdir(podLogs);
  const kubelet = join(folder, 'kubelet.yaml');
  await writeFile(kubelet, JSON.stringify(kubeletConfiguration(folder, cgroup, certificates, podLogs)));
  start('kubelet', [
    `--config=${kubelet}`,
    `--kubeconfig=${kubeconfigs.kubelet}`,
    `--hostname-override=${nodeName}`,
    `--node-ip=${network.node}`,
    `--root-dir=${join(folder, 'kubelet')}`,
    `--cert-dir=${join(folder, 'kubelet-certificates')}`,
  ]);
  const proxy = join(folder, 'kube-proxy.yaml');
  await writeFile(proxy, JSON.stringify(proxyConfiguration(kubeconfigs.proxy)));
  start('kube-proxy', [`--config=${proxy}`, `--hostname-override=${nodeName}`]);
}

function kubeletConfiguration(folder: string, cgroup: string, certificates: Certificates, podLogsDir: string): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { x509: { clientCAFile: certificates.authority.certificate }, webhook: { enabled: true } },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroup,
    clusterDNS: [network.dns],
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: `unix://${containerdSocket(folder)}`,
    // Whatever little disk or memory the machine has left is enough: nothing is evicted or collected.
    evictionHard: {
      'memory.available': '0%',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
      'imagefs.inodesFree': '0%',
    },
    imageGCHighThresholdPercent: 100,
    failCgroupV1: false,
    failSwapOn: false,
    podLogsDir,
    resolvConf: join(folder, 'resolv.conf'),
    volumePluginDir: join(folder, 'kubelet-volume-plugins'),
  };
}

function proxyConfiguration(kubeconfig: string): unknown {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig },
    clusterCIDR: network.pods,
    mode: 'nftables',
    // At once: a test that has seen a Service's endpoints wants to reach them.
    nftables: { minSyncPeriod: '0s' },
    // These belong to the whole machine.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}
