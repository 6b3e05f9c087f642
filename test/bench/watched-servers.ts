/** What servers cost the gateway that it watches for changes, when nothing happens. */
import { setTimeout as delay } from 'node:timers/promises';
import { memoryOf } from '../support/process-memory.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';
import { cpuSeconds } from './cpu-time.ts';

const SERVERS = 1000;
const IDLE_SECONDS = 30;
const DEADLINE_MS = 60_000;

/** Prints memory by server and idle CPU, for servers of each era: each has a stream open to the gateway. */
export async function watchedServers(): Promise<void> {
  for (const era of ['legacy', 'modern'] as const) {
    await using server = await startServer('raw', { args: ['--era', era] });
    await using gateway = await startGateway([]);
    const before = memoryOf(gateway.pid).resident;
    await gateway.publish(
      Array.from({ length: SERVERS }, (_, number) => entryFor(server.url, { name: `server-${number}` })),
    );
    const streams = async (): Promise<number> => {
      const seen = (await (await fetch(new URL('/seen', server.url))).json()) as { streams: number };
      return seen.streams;
    };
    await until('a stream from each server', async () => (await streams()) === SERVERS, {
      deadlineMs: DEADLINE_MS,
      everyMs: 200,
      state: streams,
    });
    const cpuBefore = cpuSeconds(gateway.pid);
    await delay(IDLE_SECONDS * 1000);
    const cpu = (cpuSeconds(gateway.pid) - cpuBefore) / IDLE_SECONDS;
    const kibibytes = (memoryOf(gateway.pid).resident - before) / 1024 / SERVERS;
    process.stdout.write(
      `  ${SERVERS.toLocaleString('en')} ${era} servers: ${kibibytes.toFixed(0)} KiB each, idle ${(100 * cpu).toFixed(1)} % of a core\n`,
    );
  }
}
