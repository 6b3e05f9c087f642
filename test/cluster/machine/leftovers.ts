import { readdir, readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { cgroupsOf } from './cgroup.ts';
import { exists } from '../build/cache.ts';
import { run } from './command.ts';

/** What of the machine a cluster could change. */
export interface Snapshot {
  mounts: string[];
  interfaces: string[];
  tables: string[];
  sysctls: string[];
}

// The kubelet is known to set these for the whole machine.
const sysctls = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'net/ipv4/ip_forward',
];

/** What there is now, to compare with what there is afterwards. */
export async function snapshot(): Promise<Snapshot> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const values = sysctls.map(async (name) => `${name}=${(await readFile(`/proc/sys/${name}`, 'utf8')).trim()}`);
  return {
    // The mount point: field 5 of mountinfo, see proc(5).
    mounts: mounts
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[4] ?? ''),
    interfaces: [...new Set([...Object.keys(networkInterfaces()), ...(await readdir('/sys/class/net'))])],
    tables: (await run('nft', ['list', 'tables'])).trimEnd().split('\n'),
    sysctls: await Promise.all(values),
  };
}

/**
 * Looks whether the run is gone without a trace.
 *
 * @throws Error that names what is left: a fault of the harness, which would spoil the machine run by run
 */
export async function checkNothingIsLeft(folder: string, before: Snapshot): Promise<void> {
  const after = await snapshot();
  const left = Object.entries(after).flatMap(([what, values]: [string, string[]]) =>
    values.filter((value) => !before[what as keyof Snapshot].includes(value)).map((value) => `${what}: ${value}`),
  );
  left.push(...(await cgroupsOf(folder)).map((group) => `cgroup: ${group}`));
  left.push(...(await processesThatName(folder)).map((line) => `process: ${line}`));
  if (await exists(folder)) left.push(`folder: ${folder}`);
  if (left.length > 0) throw new Error(`the cluster left behind:\n  ${left.join('\n  ')}`);
}

async function processesThatName(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return `${pid} ${text.replaceAll('\0', ' ').trim()}`;
    }),
  );
  return lines.filter((line) => line.includes(`${folder}/`));
}
