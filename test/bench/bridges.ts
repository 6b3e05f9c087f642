/**
 * What a call costs the gateway between clients and servers of either era, against one that stays in the legacy era, in turns
 * in the same run. The gateway has one core; the load and the upstreams share another.
 */
import { entryFor } from '../support/registry-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { callsPerCoreSecond, inTurns } from './in-turns.ts';
import { LoadProgram, pinToMeasuredCore } from './load-program.ts';

const ROUNDS = 5;
const SECONDS = 3;
const eras = ['legacy', 'modern'] as const;

/** Prints the CPU time of a call in each pair of eras. */
export async function bridges(): Promise<void> {
  const load = new LoadProgram();
  let gateway: RunningGateway | undefined;
  try {
    const entries = [];
    for (const era of eras) entries.push(entryFor(await load.serve(era), { name: era }));
    gateway = await startGateway(entries);
    const { pid, url } = gateway;
    pinToMeasuredCore(pid);
    const pairs = eras.flatMap((client) => eras.map((server) => ({ client, server })));
    const rows = await inTurns(pairs, ROUNDS, async ({ client, server }) => {
      const run = () => load.run({ url, tool: `${server}_echo`, seconds: SECONDS, era: client });
      return 1e6 / (await callsPerCoreSecond(pid, run));
    });
    process.stdout.write('  client/server: CPU of a call, against legacy/legacy in the same round\n');
    for (const { variant, figure, ratio } of rows) {
      const pair = `${variant.client}/${variant.server}`.padEnd(16);
      process.stdout.write(`    ${pair}${figure.toFixed(1).padStart(6)} µs  × ${ratio.toFixed(2)}\n`);
    }
  } finally {
    await gateway?.stop();
    load.remove();
  }
}
