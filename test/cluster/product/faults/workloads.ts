import { ADMIN_PORT, REPORT_PATH } from '../../../../gateway/contract/environment.ts';
import { parseReport, type GatewayReport } from '../../../../gateway/contract/report.ts';
import { until } from '../../../support/until.ts';
import type { Pod, Reference } from '../../harness/kube-objects.ts';
import type { DeployedServer, ServerOptions } from '../../harness/server-workload.ts';
import { waitUntilReachable } from '../../harness/reachable.ts';
import type { TestCluster } from '../../harness/test-cluster.ts';
import type { TestGateway } from '../gateway.ts';
import type { Product } from '../product.ts';

/**
 * Runs an MCP server as one should that is to be replaced without a failed call: two replicas, a new one ready before an
 * old one goes, and an old one that serves on until every client has heard that it is going.
 */
export async function deployGracefully(product: Product, options: ServerOptions): Promise<DeployedServer> {
  const { namespace } = options;
  const server = await product.server({ ...options, replicas: 0 });
  const container = { name: 'server', lifecycle: { preStop: { sleep: { seconds: 10 } } } };
  const strategy = { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
  const patch = JSON.stringify({ spec: { replicas: 2, strategy, template: { spec: { containers: [container] } } } });
  await product.cluster.kubectl('patch', '-n', namespace, `deployment/${server.name}`, '--patch', patch);
  await rollout(product.cluster, namespace, server.name);
  await waitUntilReachable(product.cluster, namespace, new URL(server.url).hostname, 80);
  return server;
}

/** Waits until a Deployment has rolled out. */
export async function rollout(cluster: TestCluster, namespace: string, deployment: string): Promise<void> {
  await cluster.kubectl('rollout', 'status', '-n', namespace, `deployment/${deployment}`, '--timeout=180s');
}

/** The pods of a Deployment whose pods have a label, those among them that are being deleted too. */
export async function podsOf(cluster: TestCluster, namespace: string, labelSelector: string): Promise<Pod[]> {
  return cluster.client.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector });
}

/** The pods of a gateway. */
export async function gatewayPods(cluster: TestCluster, { namespace, name }: TestGateway): Promise<Pod[]> {
  return podsOf(cluster, namespace, `app.kubernetes.io/instance=${name}`);
}

/** Waits until none of these pods is left. */
export async function untilPodsGone(cluster: TestCluster, pods: readonly Pod[], deadlineMs = 180_000): Promise<void> {
  const references = pods.map(({ metadata: { namespace, name } }): Reference => {
    return { apiVersion: 'v1', kind: 'Pod', namespace, name };
  });
  await Promise.all(references.map((reference) => cluster.waitUntilGone(reference, { deadlineMs, everyMs: 250 })));
}

/** The report of each replica of a gateway, as its admin port gives it. */
async function reportsOf(cluster: TestCluster, gateway: TestGateway): Promise<GatewayReport[]> {
  const pods = await gatewayPods(cluster, gateway);
  return Promise.all(
    pods.map(async ({ metadata, status }) => {
      const response = await fetch(`http://${status?.podIP}:${ADMIN_PORT}${REPORT_PATH}`);
      const report = parseReport(await response.text());
      if (report === undefined) throw new Error(`${metadata.name} gave no report`);
      return report;
    }),
  );
}

/** Waits until every replica of a gateway says of its registry what is wanted. */
export async function untilReported(
  cluster: TestCluster,
  gateway: TestGateway,
  what: string,
  isAsWanted: (registry: GatewayReport['registry']) => boolean,
): Promise<GatewayReport[]> {
  let seen: GatewayReport[] = [];
  await until(
    `${gateway.name} to report ${what}`,
    async () => {
      seen = await reportsOf(cluster, gateway);
      return seen.length > 0 && seen.every(({ registry }) => isAsWanted(registry));
    },
    { deadlineMs: 30_000, everyMs: 50, state: () => seen.map(({ registry }) => registry) },
  );
  return seen;
}

/** The replica of a gateway that has answered most requests: the one to which a client's address leads it. */
export async function busiestPod(cluster: TestCluster, gateway: TestGateway): Promise<Pod> {
  const counted = (await gatewayPods(cluster, gateway)).map(async (pod) => {
    const response = await fetch(`http://${pod.status?.podIP}:${ADMIN_PORT}/metrics`);
    const lines = (await response.text()).split('\n').filter((line) => line.startsWith('fetchfy_mcp_request_count{'));
    return { pod, count: lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0) };
  });
  const [busiest] = (await Promise.all(counted)).toSorted((a, b) => b.count - a.count);
  if (!busiest || busiest.count === 0) throw new Error(`no replica of ${gateway.name} has answered a request`);
  return busiest.pod;
}
