/**
 * What calls feel of a reload: they come at a fixed rate to a gateway with 1,000 registered servers, while its registry is
 * replaced again and again, and without that, in turns. A call counts from when it was due, so that a stop of the gateway
 * shows on every call that it held up. The gateway has one core; the load and the one upstream behind all servers another.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceEntry } from '../../gateway/contract/registry-document.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';
import { LoadProgram, median, pinToMeasuredCore, type LoadOutcome } from './load-program.ts';

const SERVERS = 1000;
const CALLS_PER_SECOND = 1000;
const SECONDS = 8;
const ROUNDS = 3;
/** The least between two reloads: a stop of a hundredth of that shows in the 99th percentile. */
const RELOAD_MS = 2000;
const DEADLINE_MS = 60_000;

/** What differs between a registry and the one before. */
type Change = 'nothing' | 'one server' | 'all names of tools' | 'all servers';
const changes: readonly Change[] = ['nothing', 'one server', 'all names of tools', 'all servers'];

/** In milliseconds, from a registry's writing. */
interface Reload {
  /** Until it is in use. */
  readonly taken: number;
  /** Until all its servers have been asked for their tools, to half a second. */
  readonly known: number;
}

interface Phase {
  readonly outcome: LoadOutcome;
  readonly reloads: readonly Reload[];
}

/** Prints the times of calls without and with reloads. */
export async function reload(): Promise<void> {
  const load = new LoadProgram();
  let gateway: RunningGateway | undefined;
  try {
    const url = await load.serve();
    const base = registry(url, 'nothing', 0);
    gateway = await startGateway(base, { deadlineMs: DEADLINE_MS });
    pinToMeasuredCore(gateway.pid);
    await allKnown(gateway);
    const phases = new Map<Change, Phase[]>(changes.map((change) => [change, []]));
    let version = 0;
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const change of changes) {
        const next = change === 'nothing' ? undefined : () => registry(url, change, ++version);
        const phase = await measure(load, gateway, next);
        if (round > 0) phases.get(change)?.push(phase);
        // Each begins with the same servers, all known.
        if (next !== undefined) await replace(gateway, base);
      }
    }
    const [servers, rate] = [SERVERS.toLocaleString('en'), CALLS_PER_SECOND.toLocaleString('en')];
    process.stdout.write(
      `  ${servers} servers, ${rate} calls a second; what each reload changes, and the calls meanwhile:\n`,
    );
    for (const [change, of] of phases) process.stdout.write(`    ${change.padEnd(20)}${line(of)}\n`);
  } finally {
    await gateway?.stop();
    load.remove();
  }
}

/** Calls at the rate, while registries are written: each when all servers of the one before are known. */
async function measure(
  load: LoadProgram,
  gateway: RunningGateway,
  next: (() => readonly ServiceEntry[]) | undefined,
): Promise<Phase> {
  const over = new AbortController();
  const calls = load
    .run({ url: gateway.url, tool: 'kept_echo', seconds: SECONDS, rate: CALLS_PER_SECOND })
    .finally(() => over.abort());
  const reloads: Reload[] = [];
  const reloading = async (registryOf: () => readonly ServiceEntry[]): Promise<void> => {
    while (!over.signal.aborted) {
      const pause = delay(RELOAD_MS);
      reloads.push(await replace(gateway, registryOf()));
      await pause;
    }
  };
  const [outcome] = await Promise.all([calls, next && reloading(next)]);
  return { outcome, reloads };
}

async function replace(gateway: RunningGateway, services: readonly ServiceEntry[]): Promise<Reload> {
  const began = performance.now();
  const revision = gateway.write(services);
  // Its log says so without a request that would take the gateway's time from the calls.
  await until('the registry to be taken', () => takenLast(gateway.log()) === revision, {
    deadlineMs: DEADLINE_MS,
    state: () => takenLast(gateway.log()),
  });
  const taken = performance.now() - began;
  await allKnown(gateway);
  return { taken, known: performance.now() - began };
}

/** The revision in the last line that tells of a registry. */
function takenLast(log: string): string | undefined {
  const at = log.lastIndexOf('A registry was taken.');
  const line = log.slice(log.lastIndexOf('\n', at) + 1, log.indexOf('\n', at));
  return at < 0 ? undefined : (JSON.parse(line) as { revision?: string }).revision;
}

async function allKnown(gateway: RunningGateway): Promise<void> {
  const known = async (): Promise<number> =>
    (await gateway.report()).services.filter(({ state }) => state === 'Available').length;
  await until('all servers to be known', async () => (await known()) === SERVERS, {
    deadlineMs: DEADLINE_MS,
    everyMs: 500,
    state: known,
  });
}

/** A registry of servers that all stand at the same URL, one of them the same in all registries. */
function registry(url: string, change: Change, version: number): ServiceEntry[] {
  const others = Array.from({ length: SERVERS - 1 }, (_, number) => {
    const isNew = change === 'all servers' || (change === 'one server' && number === 0);
    const name = isNew ? `server-${number}-v${version}` : `server-${number}`;
    const prefix = change === 'all names of tools' ? `${name}-v${version}` : name;
    return entryFor(url, { name, prefix, namespace: `team-${number % 10}` });
  });
  return [...others, entryFor(url, { name: 'kept' })];
}

/** The middle of the rounds. */
function line(phases: readonly Phase[]): string {
  const reloads = phases.flatMap((phase) => phase.reloads);
  const calls = (name: 'p50Micros' | 'p99Micros' | 'maxMicros'): string =>
    `${(median(phases.map(({ outcome }) => outcome[name])) / 1000).toFixed(1)} ms`.padStart(9);
  const took = (name: keyof Reload): string => `${Math.round(median(reloads.map((one) => one[name])))} ms`;
  const times = `p50 ${calls('p50Micros')}  p99 ${calls('p99Micros')}  longest ${calls('maxMicros')}`;
  if (reloads.length === 0) return times;
  return `${times}  ${reloads.length} reloads, each in use after ${took('taken')}, its servers known after ${took('known')}`;
}
