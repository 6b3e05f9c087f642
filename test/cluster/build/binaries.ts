import { readdir, readFile, rename } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cached, contentHash, entryFolder, exists } from './cache.ts';
import { findExecutable, run } from '../machine/command.ts';
import { step } from '../machine/progress.ts';

const modulesFolder = join(import.meta.dirname, '..', 'binaries');
const versionPackage = 'k8s.io/component-base/version';

interface GoModule {
  /** The folder of its go.mod. */
  name: string;
  /** Its own package, instead of those that the `tool` lines of its go.mod name. */
  package?: string;
  /** Arguments for `go build`, given the text of its go.mod. */
  flags: (goMod: string) => string[];
  /** Programs that do not end up under the name that they go by. */
  rename?: Record<string, string>;
}

const goModules: GoModule[] = [
  { name: 'pause', package: '.', flags: () => ['-ldflags', '-s -w'] },
  { name: 'etcd', flags: () => ['-ldflags', '-s -w'], rename: { server: 'etcd' } },
  {
    name: 'containerd',
    // What these need of C libraries and kernel features is not used here: the snapshotter is overlayfs.
    flags: () => ['-tags', 'no_btrfs,no_devmapper,no_zfs', '-ldflags', '-s -w'],
  },
  { name: 'coredns', flags: () => ['-ldflags', '-s -w'] },
  { name: 'kubernetes', flags: (goMod) => ['-ldflags', `-s -w ${kubernetesVersion(goMod)}`] },
];

/** The modules whose programs are not built yet on this machine, by name. */
export async function missingBinaries(): Promise<string[]> {
  const missing: string[] = [];
  for (const module of goModules) {
    if (!(await exists(entryFolder(entryName(module), await keyOf(module))))) missing.push(module.name);
  }
  return missing;
}

/**
 * Builds what is missing of the cluster's programs from their Go modules: about 8 minutes on two cores, once.
 *
 * @returns the folders that hold the programs, by the module's name
 */
export async function buildBinaries(): Promise<Record<string, string>> {
  const folders: Record<string, string> = {};
  for (const module of goModules) {
    folders[module.name] = await cached(entryName(module), await keyOf(module), (folder) => build(module, folder));
  }
  return folders;
}

/** A PATH that finds the programs in the folders first, then the machine's own, also those for administrators. */
export function pathWith(folders: string[]): string {
  return [...folders, process.env['PATH'], '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter);
}

function entryName(module: GoModule): string {
  return `binaries-${module.name}`;
}

async function keyOf(module: GoModule): Promise<string> {
  const files = ['go.mod', 'go.sum', 'main.go'].map((file) => join(module.name, file));
  return contentHash(modulesFolder, files, process.arch, ...(await flagsOf(module)));
}

async function flagsOf(module: GoModule): Promise<string[]> {
  return module.flags(await readFile(join(modulesFolder, module.name, 'go.mod'), 'utf8'));
}

/** Linker flags: without a version the API server takes itself for v0.0.0, and its clients refuse to work with it. */
function kubernetesVersion(goMod: string): string {
  const [, version, major, minor] = /^\s*k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/m.exec(goMod) ?? [];
  if (!version) throw new Error('binaries/kubernetes/go.mod: expected a line that requires k8s.io/kubernetes');
  const set = { gitVersion: version, gitMajor: major, gitMinor: minor };
  return Object.entries(set)
    .map(([name, value]) => `-X ${versionPackage}.${name}=${value}`)
    .join(' ');
}

async function build(module: GoModule, folder: string): Promise<void> {
  if (!(await findExecutable('go'))) {
    throw new Error(`to build ${module.name} for the cluster tests, Go 1.26 or later must be on the PATH; found none`);
  }
  const flags = await flagsOf(module);
  await step(`building ${module.name} from its Go module`, async (report) => {
    let packages = 0;
    // Nice, since it takes minutes of all cores and nobody waits for it in a hurry.
    await run('nice', ['go', 'build', '-v', ...flags, '-o', `${folder}/`, module.package ?? 'tool'], {
      cwd: join(modulesFolder, module.name),
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' },
      onLine: (line) => report(`${++packages} packages, now ${line}`),
    });
  });
  for (const [from, to] of Object.entries(module.rename ?? {})) await rename(join(folder, from), join(folder, to));
  if ((await readdir(folder)).length === 0) throw new Error(`${module.name}: go build made no program`);
}
