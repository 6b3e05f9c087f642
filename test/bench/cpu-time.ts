import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of /proc/PID/stat a second (sysconf CLK_TCK), the same on every Linux that Node runs on. */
const TICKS = 100;

/** User and system time of a process and its children, in seconds (proc(5), fields 14 and 15 of stat). */
export function cpuSeconds(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' '))
    .filter((child) => child !== '');
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS;
  return children.reduce((sum, child) => sum + cpuSeconds(Number(child)), own);
}
