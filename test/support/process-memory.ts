import { readFileSync, writeFileSync } from 'node:fs';

/** Memory of a process as Linux tells it, in bytes (proc(5): VmRSS, VmHWM). */
export interface ProcessMemory {
  readonly resident: number;
  /** The most that was resident since `forgetPeak`. */
  readonly peak: number;
}

export function memoryOf(pid: number): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  return { resident: kilobytes('VmRSS') * 1024, peak: kilobytes('VmHWM') * 1024 };
}

/** Sets the peak back to what is resident now (proc(5), clear_refs). */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
