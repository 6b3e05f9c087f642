import { spawn, type ChildProcess } from 'node:child_process';
import { appendFile, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { run } from './command.ts';
import { canHoldOverlay } from './file-system.ts';
import { until } from '../../support/until.ts';

/** The addresses of the cluster's network, which exists in its own namespace only. */
export const network = {
  node: '10.200.0.1',
  pods: '10.244.0.0/24',
  services: '10.96.0.0/16',
  kubernetes: '10.96.0.1',
  dns: '10.96.0.10',
};

export interface Inside {
  process: ChildProcess;
  /** The first process of the namespaces, as it is numbered outside. */
  pid: number;
  /** Ends all of it: what is within ends when this pipe is closed, be it only because this process was killed. */
  stop: () => void;
}

/**
 * Starts a program of Node in a network, a mount and a process namespace of its own. Whatever it starts ends with it, and
 * with it end the interfaces, tables and mounts that were made there.
 */
export async function startInside(program: string, args: string[]): Promise<Inside> {
  const namespaces = [
    '--net',
    '--mount',
    '--propagation',
    'private',
    '--pid',
    '--mount-proc',
    '--fork',
    '--kill-child',
  ];
  // The first process of a process namespace must reap all orphans; a shell does, Node does not.
  const shell = ['/bin/sh', '-c', '"$@"; exit $?', 'sh'];
  const child = spawn('unshare', [...namespaces, ...shell, process.execPath, program, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
  const pid = await until('the first process of the namespaces', async () => {
    if (child.exitCode !== null) throw new Error(`unshare ended with exit code ${child.exitCode}`);
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    return Number(children.trim());
  });
  const lifeline = child.stdio[3] as Socket;
  lifeline.on('error', () => {});
  return { process: child, pid, stop: () => lifeline.end() };
}

/** The command line that runs a command in a folder within the namespaces of the process. */
export function commandWithin(pid: number, folder: string, command: string[]): string[] {
  const namespaces = ['--net', '--mount', '--pid'];
  return ['nsenter', `--target=${pid}`, ...namespaces, '--', 'env', `--chdir=${folder}`, ...command];
}

/** Makes the bare namespaces a place where a node can run, and where a test finds Services by their names. */
export async function furnishNamespaces(runFolder: string): Promise<void> {
  await coverFolders(runFolder);
  await coverSysctls(runFolder);
  await makeNetwork();
  await useClusterDns(runFolder);
}

/** Containers, CNI and kubelet write to fixed places too: here they get their own. */
async function coverFolders(runFolder: string): Promise<void> {
  if (!(await canHoldOverlay(runFolder))) {
    // Containers need a file system that can be the upper side of an overlay.
    const plan = await readFile(join(runFolder, 'plan.json'));
    await mount('-t', 'tmpfs', 'tmpfs', runFolder);
    await writeFile(join(runFolder, 'plan.json'), plan);
  }
  await mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run');
  await mkdir('/run/lock');
  for (const folder of ['/var/lib', '/var/log']) {
    const layer = join(runFolder, 'covers', folder);
    for (const name of ['upper', 'work']) await mkdir(join(layer, name), { recursive: true });
    await mount(
      '-t',
      'overlay',
      '-o',
      `lowerdir=${folder},upperdir=${layer}/upper,workdir=${layer}/work`,
      'overlay',
      folder,
    );
  }
}

/**
 * The kubelet sets these for the whole machine, unless they have the values that it wants: so it is shown files that do.
 */
async function coverSysctls(runFolder: string): Promise<void> {
  const wanted = {
    'vm/overcommit_memory': 1,
    'vm/panic_on_oom': 0,
    'kernel/panic': 10,
    'kernel/panic_on_oops': 1,
    'kernel/keys/root_maxkeys': 1_000_000,
    'kernel/keys/root_maxbytes': 25_000_000,
  };
  for (const [name, value] of Object.entries(wanted)) {
    const shown = join(runFolder, 'covers', 'sysctl', name);
    await mkdir(dirname(shown), { recursive: true });
    await writeFile(shown, `${value}\n`);
    await mount('--bind', shown, join('/proc/sys', name));
  }
}

/** A pair of interfaces with the node's address, and a default route: without one no Service's address can be reached. */
async function makeNetwork(): Promise<void> {
  const ip = (...args: string[]) => run('ip', args);
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'add', 'node0', 'type', 'veth', 'peer', 'name', 'node0p');
  await ip('address', 'add', `${network.node}/24`, 'dev', 'node0');
  await ip('link', 'set', 'node0', 'up');
  await ip('link', 'set', 'node0p', 'up');
  await ip('route', 'add', 'default', 'dev', 'node0');
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
}

async function useClusterDns(runFolder: string): Promise<void> {
  const file = join(runFolder, 'resolv.conf');
  await writeFile(file, `nameserver ${network.node}\nsearch svc.cluster.local cluster.local\noptions ndots:5\n`);
  const used = await realpath('/etc/resolv.conf').catch(() => undefined);
  if (used) return mount('--bind', file, used);
  // It leads into /run, which is empty here.
  const target = await run('readlink', ['--canonicalize-missing', '/etc/resolv.conf']);
  await mkdir(dirname(target.trim()), { recursive: true });
  await appendFile(target.trim(), await readFile(file));
}

async function mount(...args: string[]): Promise<void> {
  await run('mount', args);
}
