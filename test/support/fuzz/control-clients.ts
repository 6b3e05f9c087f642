import { setTimeout as delay } from 'node:timers/promises';
import { LegacySession, modernCall, textOf } from '../mcp-http.ts';
import type { RunningGateway } from '../start-gateway.ts';

/** Clients of both eras that do nothing wrong while others do, and look after the gateway. */
export interface ControlClients {
  /** How often they asked so far. */
  readonly rounds: () => number;
  /** Ends them. @returns all that was wrong, in sentences */
  stop(): Promise<readonly string[]>;
}

/** How long a round may take on a machine that is busy, in milliseconds. */
const ROUND_MS = 8000;
const PAUSE_MS = 30;
/** Of those that are told. */
const MOST = 5;

/**
 * Starts them.
 * @param tools that answer with the text of their argument `text`
 * @param isSeen more that has to be true of the gateway, asked in each round; gives what is wrong
 */
export async function controlClients(
  gateway: RunningGateway,
  tools: readonly string[],
  isSeen: () => Promise<string | undefined> = () => Promise.resolve(undefined),
): Promise<ControlClients> {
  const wrong: string[] = [];
  const session = await LegacySession.begin(gateway.url);
  const health = new URL('/healthz', gateway.adminUrl);
  const stopped = new AbortController();
  let rounds = 0;

  async function round(number: number): Promise<void> {
    const began = performance.now();
    const text = `control ${number}`;
    const id = `c${number}`;
    const called = tools.flatMap((tool) => [
      { tool, era: 'legacy', answer: session.call(tool, { text }, { id }) },
      { tool, era: 'modern', answer: modernCall(gateway.url, tool, { text }, { id }) },
    ]);
    for (const { tool, era, answer } of called) {
      const got = await answer.then(
        (one) => (one.id === id && one.error === undefined ? textOf(one) : JSON.stringify(one)),
        (error: unknown) => String(error),
      );
      if (got !== text) wrong.push(`A ${era} control client called ${tool} with "${text}" and got ${got}`);
    }
    const { status } = await fetch(health);
    if (status !== 200) wrong.push(`/healthz answered HTTP ${status}`);
    const seen = await isSeen();
    if (seen !== undefined) wrong.push(seen);
    const took = performance.now() - began;
    if (took > ROUND_MS) wrong.push(`Round ${number} of the control clients took ${Math.round(took)} ms`);
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted && wrong.length < MOST) {
      try {
        await round(rounds++);
      } catch (error) {
        wrong.push(`Round ${rounds} of the control clients failed: ${String(error)}`);
      }
      wrong.push(...faultsIn(gateway.log()).filter((line) => !wrong.includes(line)));
      await delay(PAUSE_MS);
    }
  }

  const ran = run();
  return {
    rounds: () => rounds,
    async stop() {
      stopped.abort();
      await ran;
      try {
        // Throws if there is no such process any more.
        process.kill(gateway.pid, 0);
      } catch {
        wrong.push(`The gateway's process ${gateway.pid} is gone: ${gateway.log().slice(-4000)}`);
      }
      return wrong;
    },
  };
}

/** Lines of a gateway's log that no message of anyone else may cause. */
export function faultsIn(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => /fault of the gateway|"level":"error"|Unhandled|Uncaught|Warning:/.test(line));
}
