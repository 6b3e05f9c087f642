/**
 * What limits, and the audit's line of each call, cost the gateway, against itself without them, in turns in the same run.
 * The gateway has one core; the load, the upstream and the reader of the lines share another.
 */
import type { RegistryPolicy } from '../../gateway/contract/registry-document.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { cpuSeconds } from './cpu-time.ts';
import { LoadProgram, median, pinToLoadCore, pinToMeasuredCore } from './load-program.ts';

const ROUNDS = 24;
const SECONDS = 1;
const plenty = { requests: 1_000_000_000, periodSeconds: 1, burst: 1_000_000_000 };
const limits = {
  perPrincipal: plenty,
  perServer: plenty,
  perTool: plenty,
  concurrentPerPrincipal: 1000,
  concurrentPerServer: 1000,
};
const policies: Readonly<Record<string, Partial<RegistryPolicy>>> = {
  neither: {},
  'all limits': { limits },
  'audit, denied only': { audit: { mode: 'Denied', arguments: false } },
  'audit of all': { audit: { mode: 'All', arguments: false } },
  'with arguments': { audit: { mode: 'All', arguments: true } },
  /** What two measurements of the same differ by. */
  'neither, again': {},
};

/** Prints the calls per second of gateway CPU under each policy. */
export async function limitsAndAudit(): Promise<void> {
  const load = new LoadProgram();
  let gateway: RunningGateway | undefined;
  try {
    const entries = [entryFor(await load.serve(), { name: 'load' })];
    gateway = await startGateway(entries);
    const { pid, url } = gateway;
    pinToMeasuredCore(pid);
    // It reads the lines.
    pinToLoadCore(process.pid);
    const measured = Object.keys(policies).map((name) => ({ name, rates: [] as number[] }));
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      // None always follows the same one, or has the same part of the noise.
      const turns = [...measured.slice(round % measured.length), ...measured.slice(0, round % measured.length)];
      for (const { name, rates } of turns) {
        await gateway.publish(entries, { policy: { hosts: [], ...policies[name] } });
        const before = cpuSeconds(pid);
        const { calls } = await load.run({ url, tool: 'load_echo', seconds: SECONDS });
        if (round > 0) rates.push(calls / (cpuSeconds(pid) - before));
      }
    }
    const [base] = measured;
    process.stdout.write('  calls/core-second, against neither in the same round\n');
    for (const { name, rates } of measured) {
      const ratio = median(rates.map((each, round) => each / (base?.rates[round] ?? Number.NaN)));
      const rate = Math.round(median(rates)).toLocaleString('en');
      process.stdout.write(`    ${name.padEnd(20)}${rate.padStart(8)}  × ${ratio.toFixed(3)}\n`);
    }
  } finally {
    await gateway?.stop();
    load.remove();
  }
}
