/**
 * What limits, and the audit's line of each call, cost the gateway, against itself without them, in turns in the same run.
 * The gateway has one core; the load, the upstream and the reader of the lines share another.
 */
import type { RegistryPolicy } from '../../gateway/contract/registry-document.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { callsPerCoreSecond, inTurns, printRates } from './in-turns.ts';
import { LoadProgram, pinToLoadCore, pinToMeasuredCore } from './load-program.ts';

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
const variants: readonly { readonly name: string; readonly policy: Partial<RegistryPolicy> }[] = [
  { name: 'neither', policy: {} },
  { name: 'all limits', policy: { limits } },
  { name: 'audit, denied only', policy: { audit: { mode: 'Denied', arguments: false } } },
  { name: 'audit of all', policy: { audit: { mode: 'All', arguments: false } } },
  { name: 'with arguments', policy: { audit: { mode: 'All', arguments: true } } },
  // What two measurements of the same differ by.
  { name: 'neither, again', policy: {} },
];

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
    const running = gateway;
    const rows = await inTurns(variants, ROUNDS, async ({ policy }) => {
      await running.publish(entries, { policy: { hosts: [], ...policy } });
      return callsPerCoreSecond(pid, () => load.run({ url, tool: 'load_echo', seconds: SECONDS }));
    });
    printRates('neither', rows);
  } finally {
    await gateway?.stop();
    load.remove();
  }
}
