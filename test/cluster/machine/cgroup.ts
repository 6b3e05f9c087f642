import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { exists } from '../build/cache.ts';

const root = '/sys/fs/cgroup';
// What the kubelet asks of version 2; in version 1 each controller has a hierarchy of its own.
const controllers = ['cpuset', 'cpu', 'io', 'memory', 'pids', 'hugetlb'];

/**
 * Makes the run's cgroup, named as its folder, in every hierarchy, and moves this process there with all that it will
 * start; the kubelet keeps its pods' groups in it too. So whatever belongs to the run can be told, and nothing of the
 * machine's other groups is touched.
 *
 * @returns its path from the hierarchies' roots
 */
export async function makeCgroup(runFolder: string): Promise<string> {
  const name = basename(runFolder);
  const unified = await exists(join(root, 'cgroup.controllers'));
  for (const hierarchy of await hierarchies()) {
    const group = join(hierarchy, name);
    await mkdir(group, { recursive: true });
    if (unified) {
      await enableControllers(hierarchy);
      await enableControllers(group);
    }
    if (await exists(join(group, 'cpuset.cpus'))) await inherit(hierarchy, group, ['cpuset.cpus', 'cpuset.mems']);
  }
  // In version 2 processes and groups cannot be in one group, so that the run's own processes have a leaf for themselves.
  const [own] = await processGroups(runFolder);
  if (!own) throw new Error(`${root}: expected a mounted cgroup hierarchy, found none`);
  await mkdir(own, { recursive: true });
  await writeFile(join(own, 'cgroup.procs'), String(process.pid));
  return `/${name}`;
}

/** The processes of the run's pods and its own, this one excepted, as this process' namespace numbers them. */
export async function processesOf(runFolder: string): Promise<number[]> {
  const found = new Set<number>();
  for (const hierarchy of await hierarchies()) {
    for (const group of await groupsBelow(join(hierarchy, basename(runFolder)))) {
      const text = await readFile(join(group, 'cgroup.procs'), 'utf8').catch(() => '');
      for (const line of text.split('\n')) if (line !== '') found.add(Number(line));
    }
  }
  // 0 is a process that this namespace cannot name.
  found.delete(0);
  found.delete(process.pid);
  return [...found];
}

/** Moves this process out of the run's cgroup, which can be removed then. */
export async function leaveCgroup(runFolder: string): Promise<void> {
  const [own] = await processGroups(runFolder);
  if (own) await writeFile(join(own, '..', '..', 'cgroup.procs'), String(process.pid)).catch(() => {});
}

/** Removes the run's cgroup from every hierarchy. Its processes must have ended. */
export async function removeCgroup(runFolder: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    for (const group of await groupsBelow(join(hierarchy, basename(runFolder)))) await rmdir(group).catch(() => {});
  }
}

/** The cgroups of the run that are still there. */
export async function cgroupsOf(runFolder: string): Promise<string[]> {
  const left = (await hierarchies()).map((hierarchy) => groupsBelow(join(hierarchy, basename(runFolder))));
  return (await Promise.all(left)).flat();
}

async function hierarchies(): Promise<string[]> {
  if (await exists(join(root, 'cgroup.controllers'))) return [root];
  const names = await readdir(root, { withFileTypes: true });
  // Links lead to hierarchies of several controllers, which have a folder themselves.
  return names.filter((entry) => entry.isDirectory()).map(({ name }) => join(root, name));
}

/** Where the run's own processes are: one hierarchy is enough to tell them. */
async function processGroups(runFolder: string): Promise<string[]> {
  const preferred = [root, join(root, 'systemd'), join(root, 'pids'), join(root, 'memory')];
  const all = await hierarchies();
  const hierarchy = preferred.find((path) => all.includes(path)) ?? all[0];
  return hierarchy ? [join(hierarchy, basename(runFolder), 'processes')] : [];
}

/** The group and all within it, the innermost first. */
async function groupsBelow(group: string): Promise<string[]> {
  const entries = await readdir(group, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return [];
  const inner = entries.filter((entry) => entry.isDirectory()).map(({ name }) => groupsBelow(join(group, name)));
  return [...(await Promise.all(inner)).flat(), group];
}

async function enableControllers(group: string): Promise<void> {
  for (const controller of controllers) {
    // One that the kernel lacks, or that is in use by a version 1 hierarchy, is refused; the kubelet names what it misses.
    await writeFile(join(group, 'cgroup.subtree_control'), `+${controller}`).catch(() => {});
  }
}

async function inherit(from: string, to: string, files: string[]): Promise<void> {
  for (const file of files) await writeFile(join(to, file), await readFile(join(from, file), 'utf8'));
}
