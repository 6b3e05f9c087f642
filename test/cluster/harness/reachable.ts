import { once } from 'node:events';
import { connect } from 'node:net';
import { until } from '../../support/until.ts';
import { runInPod } from './script-pod.ts';
import type { TestCluster } from './test-cluster.ts';

/** Waits until a connection to a Service is accepted: kube-proxy is a moment behind the endpoints. */
export async function waitUntilReachable(
  cluster: TestCluster,
  namespace: string,
  host: string,
  port: number,
): Promise<void> {
  if (cluster.isOwn) {
    await until(`a connection to ${host}:${port}`, () => canConnect(host, port), { deadlineMs: 10_000, everyMs: 20 });
    return;
  }
  const script = `
    import { once } from 'node:events';
    import { connect } from 'node:net';
    for (;;) {
      const socket = connect(${port}, '${host}');
      if (await once(socket, 'connect').catch(() => undefined)) process.exit(0);
      await new Promise((done) => setTimeout(done, 50));
    }`;
  await runInPod(cluster, namespace, script);
}

async function canConnect(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}
