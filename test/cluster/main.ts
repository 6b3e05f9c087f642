/** Runs scenarios in a real Kubernetes cluster that it starts; `--help` tells more. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathWith } from './build/binaries.ts';
import { removeDeadBuilds } from './build/buildah.ts';
import { clusterEnvironment, readDescriptionIn, writeClusterDescription } from './harness/cluster-description.ts';
import { importImages } from './parts/containerd.ts';
import { endCommands } from './machine/command.ts';
import { useExistingCluster } from './parts/existing-cluster.ts';
import { checkNothingIsLeft, snapshot } from './machine/leftovers.ts';
import { commandWithin, startInside } from './machine/namespace.ts';
import { help, parseOptions, type Options } from './options.ts';
import { prepare } from './build/prepare.ts';
import { missingPrerequisite } from './build/prerequisites.ts';
import { say, seconds } from './machine/progress.ts';
import { findKeptRun, makeRunFolder, removeDeadRuns, removeRun, writePlan } from './machine/run-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const begun = performance.now();
process.env['PATH'] = [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter);

// Nothing ends by a signal alone, there is always something to tidy up: builds are ended, a cluster is told to stop.
let stop = endCommands;
let interruptedBy: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interruptedBy = 128 + constants.signals[signal];
    stop();
  });
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(help);
  else process.exitCode = await main(options);
} catch (error) {
  say(`test:cluster: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
process.exitCode = interruptedBy ?? process.exitCode;

async function main(options: Options): Promise<number> {
  const command = commandOf(options);
  if (process.env['FETCHFY_TEST_KUBECONFIG']) return useExistingCluster((env) => runHere(command, env));
  const missing = await missingPrerequisite();
  if (missing) {
    say(`No cluster: ${missing}.`);
    if (options.mode !== 'scenarios') return 1;
    return runHere(command, { ...process.env, FETCHFY_TEST_CLUSTER_MISSING: missing });
  }
  await removeDeadRuns();
  await removeDeadBuilds();
  if (options.attach) return attach(options.name, command);
  if (options.mode !== 'keep') return runCluster({ command });
  if (await findKeptRun(options.name)) {
    throw new Error(`a cluster is kept already under the name ${options.name}; give another --name`);
  }
  say('Starting a cluster to keep. Use it from another terminal with --attach; Ctrl-C ends it.');
  return runCluster({ name: options.name });
}

/** What is run in the cluster: tap with the scenario files, or a shell. */
function commandOf({ mode, files, reporter, grep }: Options): string[] {
  if (mode === 'shell') return [process.env['SHELL'] || '/bin/sh'];
  const all = globSync(join(root, 'test/cluster/scenarios/*.test.ts')).toSorted();
  const scenarios = files.length > 0 ? files.map((file) => resolve(file)) : all;
  const settings = [
    '--disable-coverage',
    '--allow-empty-coverage',
    // There is one cluster, and there are scenarios that stop parts of it.
    '--jobs=1',
    '--timeout=900',
    ...(reporter ? [`--reporter=${reporter}`] : []),
    ...(grep ? [`--grep=${grep}`] : []),
  ];
  return [process.execPath, join(root, 'node_modules', '.bin', 'tap'), ...settings, ...scenarios];
}

async function runCluster(what: { command: string[] } | { name: string }): Promise<number> {
  const { binaries, images, errors } = await prepare();
  const before = await snapshot();
  const folder = await makeRunFolder();
  try {
    const plan = await writePlan({ folder, binaries, images, imageErrors: errors, ...what });
    const inside = await startInside(join(import.meta.dirname, 'inside.ts'), [plan]);
    await writeFile(join(folder, 'pid'), String(inside.pid));
    stop = inside.stop;
    return await exitCodeOf(inside.process);
  } finally {
    await removeRun(folder);
    await checkNothingIsLeft(folder, before);
    say(`All of it took ${seconds(begun)}.`);
  }
}

async function attach(name: string, command: string[]): Promise<number> {
  const folder = await findKeptRun(name);
  if (!folder) throw new Error(`no cluster is kept under the name ${name}; start it with --keep in another terminal`);
  const { binaries, images, errors } = await prepare();
  await writeClusterDescription(folder, { ...(await readDescriptionIn(folder)), imageErrors: errors });
  await importImages(folder, { ...process.env, PATH: pathWith(binaries) }, images);
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
  return runHere(commandWithin(pid, root, command), await clusterEnvironment(folder));
}

/** Runs a command out here, and ends it with all that it has started when it is told to stop. */
async function runHere([file = '', ...args]: string[], env: NodeJS.ProcessEnv): Promise<number> {
  // A shell must stay in the terminal's process group. Anything else gets one, by which it can be ended as a whole.
  const detached = !process.argv.includes('--shell');
  const child = spawn(file, args, { stdio: 'inherit', cwd: root, env, detached });
  stop = () => void (child.pid && process.kill(detached ? -child.pid : child.pid, 'SIGTERM'));
  return exitCodeOf(child);
}

async function exitCodeOf(child: ChildProcess): Promise<number> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}
