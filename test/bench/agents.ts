/**
 * How many calls of agents a core of the gateway carries, next to those of a server's tool in the same run, in turns. The
 * gateway has one core; the load and what is called share another.
 */
import { agentEntry } from '../support/agent-kinds.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { cpuSeconds } from './cpu-time.ts';
import { LoadProgram, median, pinToMeasuredCore } from './load-program.ts';

const ROUNDS = 5;
const SECONDS = 3;
/** Bytes of what an agent is told: it has to be something. */
const PADDING = 20;

const callees = [
  { title: 'a tool of a server', tool: 'server_echo' },
  { title: 'an agent, by a message', tool: 'messages_delegate' },
  { title: 'an agent, by a task', tool: 'tasks_delegate' },
] as const;

/** Prints the calls per core-second of each. */
export async function agents(): Promise<void> {
  const load = new LoadProgram();
  let gateway: RunningGateway | undefined;
  try {
    gateway = await startGateway([
      entryFor(await load.serve(), { name: 'server' }),
      agentEntry('messages', await load.serveAgent({ streams: false })),
      agentEntry('tasks', await load.serveAgent({ streams: true })),
    ]);
    const { pid, url } = gateway;
    pinToMeasuredCore(pid);
    const measured = callees.map((callee) => ({ ...callee, rates: [] as number[] }));
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const { tool, rates } of measured) {
        const before = cpuSeconds(pid);
        const { calls } = await load.run({ url, tool, seconds: SECONDS, argument: 'message', padding: PADDING });
        if (round > 0) rates.push(calls / (cpuSeconds(pid) - before));
      }
    }
    const [base] = measured;
    process.stdout.write('  calls/core-second, against those of a tool in the same round\n');
    for (const { title, rates } of measured) {
      const ratio = median(rates.map((rate, round) => rate / (base?.rates[round] ?? Number.NaN)));
      const rate = Math.round(median(rates)).toLocaleString('en').padStart(8);
      process.stdout.write(`    ${title.padEnd(26)}${rate}  × ${ratio.toFixed(2)}\n`);
    }
  } finally {
    await gateway?.stop();
    load.remove();
  }
}
