import { join } from 'node:path';
import { until } from '../../support/until.ts';
import { startClusterDriver, type ClusterDriver } from '../driver/cluster-driver.ts';
import { readClusterDescription } from '../harness/cluster-description.ts';
import { referenceTo, type KubeObject, type Pod } from '../harness/kube-objects.ts';
import type { TestCluster } from '../harness/test-cluster.ts';

/** Who calls the hooks and applies what they answer. */
export type ControllerName = 'metacontroller' | 'driver';

/** How Metacontroller writes objects (its flag --apply-strategy). */
export type ApplyStrategy = 'dynamic-apply' | 'server-side-apply';

const folder = join(import.meta.dirname, 'metacontroller');
const NAMESPACE = 'metacontroller';
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: NAMESPACE, name: 'metacontroller' };

/** What a scenario is skipped for that only Metacontroller can show. */
export const ONLY_METACONTROLLER =
  'only the real Metacontroller can show it; FETCHFY_TEST_CONTROLLER asks for the driver of local mode';

/**
 * The controller of this run: what FETCHFY_TEST_CONTROLLER names; else Metacontroller where one was handed in, else the
 * driver of local mode over the API server.
 *
 * @throws Error for another name
 */
export function chosenController(): ControllerName {
  const named = process.env['FETCHFY_TEST_CONTROLLER'];
  if (named === 'metacontroller' || named === 'driver') return named;
  if (named) throw new Error(`FETCHFY_TEST_CONTROLLER is "${named}"; expected metacontroller or driver`);
  return readClusterDescription()?.metacontroller === true ? 'metacontroller' : 'driver';
}

/** A controller that runs. */
export interface Controller {
  readonly name: ControllerName;
  /** For the output: who it is. */
  readonly description: string;
  /** What it has written so far, a line each. */
  log(): Promise<string[]>;
  /** Ends what this process runs of it. */
  stop(): Promise<void>;
}

/** Installs Metacontroller as pods and waits until they are there. */
export async function startMetacontroller(cluster: TestCluster): Promise<Controller> {
  if (!cluster.hasMetacontroller) {
    throw new Error('FETCHFY_TEST_CONTROLLER asks for Metacontroller, but none was handed in; see --help');
  }
  await cluster.kubectlApply(folder);
  await cluster.kubectl('rollout', 'status', '--namespace', NAMESPACE, 'deployment/metacontroller', '--timeout=120s');
  return {
    name: 'metacontroller',
    description: "Metacontroller's own executable, as pods",
    log: () => metacontrollerLog(cluster),
    stop: async () => {},
  };
}

/** Starts the driver of local mode in this process, over the API server. Metacontroller must not act beside it. */
export async function startDriver(cluster: TestCluster): Promise<Controller> {
  const description = readClusterDescription();
  if (!description) throw new Error('there is no cluster');
  await removeMetacontroller(cluster);
  await cluster.kubectlApply(join(folder, 'types'));
  const lines: string[] = [];
  const driver: ClusterDriver = startClusterDriver({
    ...description,
    log: (line) => lines.push(`${new Date().toISOString()} ${line}`),
    // A process of the node asks the node's own resolver, which knows no search domains.
    hookUrl: (url) => url.replace(/^(https?:\/\/[^/:]+\.[^/:]+)/, '$1.svc.cluster.local'),
  });
  return {
    name: 'driver',
    description: 'the driver of local mode, over the API server',
    log: async () => [...lines],
    stop: () => driver.stop(),
  };
}

/** Has Metacontroller write in the other way, and waits until only pods that do so are there and one of them acts. */
export async function useApplyStrategy(cluster: TestCluster, strategy: ApplyStrategy): Promise<void> {
  const args = ['--zap-log-level=4', '--discovery-interval=20s', '--client-go-qps=100', '--client-go-burst=200'];
  const container = { name: 'metacontroller', args: [...args, '--leader-election', `--apply-strategy=${strategy}`] };
  const patch = JSON.stringify({ spec: { template: { spec: { containers: [container] } } } });
  await cluster.kubectl('patch', '--namespace', NAMESPACE, 'deployment/metacontroller', '--patch', patch);
  await cluster.kubectl('rollout', 'status', '--namespace', NAMESPACE, 'deployment/metacontroller', '--timeout=120s');
  await untilLed(cluster);
}

/** Waits until one of Metacontroller's pods leads. The lease of one that has ended would hold for 15 s: it is taken away. */
async function untilLed(cluster: TestCluster): Promise<void> {
  const kind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
  const led = async (): Promise<boolean> => {
    const pods = await cluster.client.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: NAMESPACE });
    const leases = await cluster.client.list<Lease>(kind, { namespace: NAMESPACE });
    const isHeld = ({ spec }: Lease) => pods.some(({ metadata }) => spec.holderIdentity?.startsWith(metadata.name));
    for (const lease of leases.filter((each) => !isHeld(each))) await cluster.client.delete(referenceTo(lease));
    return leases.some(isHeld);
  };
  await until('Metacontroller to have a leader', led, { deadlineMs: 60_000, everyMs: 200 });
}

interface Lease extends KubeObject {
  readonly spec: { readonly holderIdentity?: string };
}

async function removeMetacontroller(cluster: TestCluster): Promise<void> {
  if (!(await cluster.client.get(deployment))) return;
  await cluster.client.delete(deployment);
  const pods = async () => cluster.client.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: NAMESPACE });
  for (const { metadata } of await pods()) {
    await cluster.waitUntilGone({ apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name: metadata.name });
  }
}

async function metacontrollerLog(cluster: TestCluster): Promise<string[]> {
  const pods = await cluster.client.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: NAMESPACE });
  const texts = await Promise.all(
    pods.map(({ metadata }) => cluster.client.logs(NAMESPACE, metadata.name).catch(() => '')),
  );
  return texts.flatMap((text) => text.split('\n')).filter(Boolean);
}
