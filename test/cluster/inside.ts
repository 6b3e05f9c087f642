/**
 * The process that runs the cluster, within the namespaces that main.ts made for it: `inside.ts PLAN`. It starts the
 * cluster, runs the plan's command in it, and ends all of it: when the command has ended, when file descriptor 3 is
 * closed (main.ts wants it to, or is no more), or when the cluster does not come up.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { leaveCgroup, processesOf } from './machine/cgroup.ts';
import { clusterEnvironment, writeClusterDescription } from './harness/cluster-description.ts';
import { startCluster } from './parts/cluster.ts';
import { findExecutable, run } from './machine/command.ts';
import { serveControl } from './parts/control.ts';
import { apiServer } from './parts/control-plane.ts';
import { imageNames } from './build/images.ts';
import { say, seconds } from './machine/progress.ts';
import { readPlan, removeRun, type RunPlan } from './machine/run-folder.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '..', '..');
const begun = performance.now();
// An interrupt from the terminal reaches every process of its group. The tests end by it; this one has to tidy up.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

const plan = await readPlan(process.argv[2] ?? '');
const lifeline = new Socket({ fd: 3 });
const told = Promise.withResolvers<'told to stop'>();
lifeline.on('close', () => told.resolve('told to stop')).on('error', () => {});
lifeline.resume();
let ending = false;

let exitCode = 1;
try {
  exitCode = (await Promise.race([runPlan(plan), told.promise.then(() => undefined)])) ?? 1;
} catch (error) {
  say(`The cluster did not come up: ${error instanceof Error ? error.message : String(error)}`);
}
await tidyUp(plan.folder);
process.exit(exitCode);

async function runPlan({ folder, command, images, imageErrors }: RunPlan): Promise<number> {
  const { daemons, kubeconfig, credentials, env } = await startCluster(
    plan,
    (message) => void (ending || say(message)),
  );
  await serveControl(folder, daemons);
  process.env['PATH'] = env['PATH'];
  const description = {
    server: apiServer,
    credentials,
    kubeconfig,
    kubectl: (await findExecutable('kubectl')) ?? 'kubectl',
    imageErrors,
    metacontroller: images.some(({ name }) => name === imageNames.metacontroller),
    own: { folder, path: env['PATH'] ?? '' },
  };
  await writeClusterDescription(folder, description);
  say(`The cluster is up after ${seconds(begun)}.`);
  if (!command) return new Promise<number>(() => {});
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: 'inherit', cwd: root, env: await clusterEnvironment(folder) });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** Ends what runs here and removes what would outlive the namespaces, should nobody be there to do it after us. */
async function tidyUp(folder: string): Promise<void> {
  ending = true;
  let left: number[] = [];
  const killed = async () => {
    left = await processesOf(folder);
    for (const pid of left) killIfThere(pid);
    return left.length === 0;
  };
  const options = { deadlineMs: 20_000, everyMs: 20, state: () => left };
  await until('the processes of the cluster to end', killed, options).catch((error: unknown) => say(String(error)));
  const mounts = await run('findmnt', ['--list', '--noheadings', '--output=TARGET']);
  const ours = mounts.split('\n').filter((mount) => mount === folder || mount.startsWith(join(folder, '/')));
  for (const mount of ours.toReversed()) await run('umount', ['--lazy', mount]).catch(() => {});
  await leaveCgroup(folder);
  await removeRun(folder);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
