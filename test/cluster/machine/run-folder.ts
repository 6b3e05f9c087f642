import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeCgroup } from './cgroup.ts';
import type { Image } from '../build/buildah.ts';
import { exists } from '../build/cache.ts';
import type { BuiltImages } from '../build/images.ts';

const prefix = 'fetchfy-test-cluster-';
const planFile = 'plan.json';

/** What a cluster run is made of, written by the process outside for the one within the namespaces. */
export interface RunPlan {
  /** Where its data, logs and sockets are; removed at the end. */
  folder: string;
  /** The folders of the cluster's programs. */
  binaries: string[];
  images: Image[];
  /** The command to run once the cluster is up. */
  command?: string[];
  /** The name under which it is kept until it is told to stop, where there is no command. */
  name?: string;
  imageErrors: BuiltImages['errors'];
}

/** Makes the folder of a run of this process. Its name is also that of its cgroup. */
export async function makeRunFolder(): Promise<string> {
  const folder = join(tmpdir(), `${prefix}${process.pid}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o755 });
  return folder;
}

export async function writePlan(plan: RunPlan): Promise<string> {
  const path = join(plan.folder, planFile);
  await writeFile(path, JSON.stringify(plan));
  return path;
}

export async function readPlan(path: string): Promise<RunPlan> {
  return JSON.parse(await readFile(path, 'utf8')) as RunPlan;
}

/** Removes what is outside the namespaces: the cgroup and the folder. Everything else ended with the namespaces. */
export async function removeRun(folder: string): Promise<void> {
  await removeCgroup(folder);
  await rm(folder, { recursive: true, force: true });
}

/** Removes what runs left behind that were killed with no chance to do it themselves. */
export async function removeDeadRuns(): Promise<void> {
  for (const folder of await runFolders()) {
    if (!(await isOwnerAlive(folder))) await removeRun(folder);
  }
}

/** The folder of the run that goes on now and keeps a cluster under the name, if there is one. */
export async function findKeptRun(name: string): Promise<string | undefined> {
  for (const folder of await runFolders()) {
    const kept = await readPlan(join(folder, planFile)).catch(() => undefined);
    if (kept?.name === name && (await isOwnerAlive(folder))) return folder;
  }
  return undefined;
}

async function runFolders(): Promise<string[]> {
  const names = await readdir(tmpdir());
  return names.filter((name) => name.startsWith(prefix)).map((name) => join(tmpdir(), name));
}

async function isOwnerAlive(folder: string): Promise<boolean> {
  const pid = folder.slice(folder.lastIndexOf('-') + 1);
  return exists(join('/proc', pid));
}
