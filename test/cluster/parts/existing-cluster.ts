import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { clusterEnvironment, writeClusterDescription } from '../harness/cluster-description.ts';
import { findExecutable, run } from '../machine/command.ts';
import { say } from '../machine/progress.ts';

/**
 * Lets `work` use the cluster of FETCHFY_TEST_KUBECONFIG, through `kubectl proxy`, which knows all ways to authenticate.
 *
 * @param work gets the environment for the scenarios
 */
export async function useExistingCluster<T>(work: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const kubeconfig = process.env['FETCHFY_TEST_KUBECONFIG'] ?? '';
  const kubectl = await findExecutable('kubectl');
  if (!kubectl)
    throw new Error('to use the cluster of FETCHFY_TEST_KUBECONFIG, kubectl must be on the PATH; found none');
  const context = await run(kubectl, ['--kubeconfig', kubeconfig, 'config', 'current-context']);
  say(`Using the context ${context.trim()} of ${kubeconfig}.`);
  const proxy = spawn(kubectl, ['--kubeconfig', kubeconfig, 'proxy', '--port=0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const folder = await mkdtemp(join(tmpdir(), 'fetchfy-test-existing-'));
  try {
    const server = await addressOf(proxy);
    await writeClusterDescription(folder, { server, kubeconfig, kubectl, imageErrors: {}, metacontroller: true });
    return await work(await clusterEnvironment(folder));
  } finally {
    proxy.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws if the proxy ends before it says where it listens */
async function addressOf(proxy: ReturnType<typeof spawn>): Promise<string> {
  if (!proxy.stdout) throw new Error('kubectl proxy has no output');
  for await (const line of createInterface({ input: proxy.stdout })) {
    const address = /127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (address) return `http://${address}`;
  }
  throw new Error('kubectl proxy ended before it said where it listens');
}
