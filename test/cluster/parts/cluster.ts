import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../support/until.ts';
import { pathWith } from '../build/binaries.ts';
import { makeCertificates, nodeName } from './certificates.ts';
import { makeCgroup } from '../machine/cgroup.ts';
import { importImages, startContainerd } from './containerd.ts';
import { apiServer, startApiServer, startControllers } from './control-plane.ts';
import { Daemon } from '../machine/daemon.ts';
import { startDns } from './dns.ts';
import { KubeClient } from '../harness/kube-client.ts';
import { conditionOf } from '../harness/kube-objects.ts';
import { waitForObject } from '../harness/wait-for-object.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { furnishNamespaces } from '../machine/namespace.ts';
import { startNode } from './node.ts';
import type { RunPlan } from '../machine/run-folder.ts';

/** Starts one of the cluster's programs, by its name on the PATH. */
export type StartDaemon = (name: string, args: string[]) => void;

export interface Cluster {
  daemons: Map<string, Daemon>;
  kubeconfig: string;
  credentials: { authority: string; certificate: string; key: string };
  env: NodeJS.ProcessEnv;
}

/**
 * Brings a whole cluster of one node up, in the namespaces that this process is in, and waits until a pod can run.
 *
 * @param onEnd told when a program ends that nobody stopped
 * @throws Error with the last words of the program that failed
 */
export async function startCluster(plan: RunPlan, onEnd: (message: string) => void): Promise<Cluster> {
  const { folder } = plan;
  const logFolder = join(folder, 'logs');
  await furnishNamespaces(folder);
  const cgroup = await makeCgroup(folder);
  await mkdir(logFolder);
  const env = { ...process.env, PATH: pathWith(plan.binaries) };
  const failed = Promise.withResolvers<never>();
  // After the start a failure is for the tests to notice; here it says at once why.
  failed.promise.catch(() => {});
  const onDaemonEnd = (message: string) => {
    failed.reject(new Error(message));
    if (isUp) onEnd(message);
  };
  let isUp = false;
  const daemons = new Map<string, Daemon>();
  const start: StartDaemon = (name, args) => {
    const daemon = new Daemon({ name, command: [name, ...args], env, logFolder, onEnd: onDaemonEnd });
    daemons.set(name, daemon);
    daemon.start();
  };

  const certificates = await makeCertificates(join(folder, 'certificates'));
  const kubeconfig = (
    user: keyof typeof certificates & ('admin' | 'controllerManager' | 'scheduler' | 'kubelet' | 'proxy'),
  ) => writeKubeconfig(join(folder, `${user}.kubeconfig`), apiServer, certificates, certificates[user]);
  const admin = await kubeconfig('admin');
  const credentials = { authority: certificates.authority.certificate, ...certificates.admin };
  const client = new KubeClient({ server: apiServer, credentials });

  const nodeUp = async () => {
    await startContainerd(start, folder, env);
    await importImages(folder, env, plan.images);
  };
  const controlPlaneUp = async () => {
    startApiServer(start, folder, certificates);
    await until('the API server to be ready', () => client.raw('/readyz'), { deadlineMs: 180_000, everyMs: 50 });
    startControllers(start, certificates, {
      controllerManager: await kubeconfig('controllerManager'),
      scheduler: await kubeconfig('scheduler'),
    });
    await startDns(start, folder, admin, client);
  };
  const allUp = async () => {
    await Promise.all([nodeUp(), controlPlaneUp()]);
    const kubeconfigs = { kubelet: await kubeconfig('kubelet'), proxy: await kubeconfig('proxy') };
    await startNode(start, folder, cgroup, certificates, kubeconfigs);
    const node = { apiVersion: 'v1', kind: 'Node', name: nodeName };
    await waitForObject(client, node, (found) => conditionOf(found, 'Ready')?.status === 'True', {
      deadlineMs: 60_000,
    });
  };
  await Promise.race([allUp(), failed.promise]);
  isUp = true;
  await client.close();
  return { daemons, kubeconfig: admin, credentials, env };
}
