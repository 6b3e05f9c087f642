/**
 * How many calls of agents a core of the gateway carries, next to those of a server's tool in the same run, in turns. The
 * gateway has one core; the load and what is called share another.
 */
import { agentEntry } from '../support/agent-kinds.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { callsPerCoreSecond, inTurns, printRates } from './in-turns.ts';
import { LoadProgram, pinToMeasuredCore } from './load-program.ts';

const ROUNDS = 5;
const SECONDS = 3;
/** Bytes of what an agent is told: it has to be something. */
const PADDING = 20;

const callees = [
  { name: 'a tool of a server', tool: 'server_echo' },
  { name: 'an agent, by a message', tool: 'messages_delegate' },
  { name: 'an agent, by a task', tool: 'tasks_delegate' },
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
    const options = { url, seconds: SECONDS, argument: 'message', padding: PADDING };
    const rows = await inTurns(callees, ROUNDS, ({ tool }) =>
      callsPerCoreSecond(pid, () => load.run({ ...options, tool })),
    );
    printRates('a tool', rows);
  } finally {
    await gateway?.stop();
    load.remove();
  }
}
