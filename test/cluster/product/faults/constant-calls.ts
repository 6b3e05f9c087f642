import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { until } from '../../../support/until.ts';

/** How long a client tries to begin a new session, in milliseconds. */
const RENEW_MS = 20_000;

/** One client that calls a tool. */
export interface Caller {
  /** Calls once. @throws if the call fails or its answer is wrong */
  call(number: number): Promise<void>;
  close(): Promise<void>;
}

export interface CallersOptions {
  /** For the output, e.g. `legacy`. */
  readonly name: string;
  /** Connects one client. */
  readonly connect: () => Promise<Caller>;
  /** How many of them; 3 if absent. */
  readonly clients?: number;
  /** How long each pauses between two calls, in milliseconds; 40 if absent. */
  readonly pauseMs?: number;
}

/**
 * Clients that call without a pause worth the name, for as long as something goes wrong around them. A client whose session
 * is gone connects anew and calls again, as the protocol asks of it (2025-11-25, Session Management: HTTP 404); everything
 * else that does not end in the right answer counts as failed.
 */
export class ConstantCalls {
  /** What went wrong, and when. */
  readonly failures: string[] = [];
  made = 0;
  /** How often a client had to begin a new session. */
  renewed = 0;
  longestMs = 0;
  readonly #began = performance.now();
  readonly #loops: Promise<void>[] = [];
  readonly #first: Promise<void>[] = [];
  #lastFailure: number | undefined;
  #isEnding = false;

  /** Connects all clients and returns when each has had its first answer. They end with the test, at the latest. */
  static async begin(t: Test, ...all: readonly CallersOptions[]): Promise<ConstantCalls> {
    const calls = new ConstantCalls();
    t.teardown(() => calls.stop());
    for (const options of all) {
      for (let number = 1; number <= (options.clients ?? 3); number++) calls.#add(options, number);
    }
    await Promise.all(calls.#first);
    return calls;
  }

  /** Lets the running calls end and closes all clients. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#loops);
  }

  get summary(): string {
    const { made, renewed, longestMs, failures } = this;
    const sessions = renewed > 0 ? `, ${renewed} sessions begun anew` : '';
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(0);
    return `${made} calls in ${seconds} s, ${failures.length} failed, the longest ${longestMs.toFixed(0)} ms${sessions}`;
  }

  /** How long after a moment (by performance.now()) the last call failed, in milliseconds; undefined if none did. */
  failedUntil(moment: number): number | undefined {
    return this.#lastFailure === undefined ? undefined : this.#lastFailure - moment;
  }

  /** Waits until so many more calls have been made. */
  async more(count: number): Promise<void> {
    const enough = this.made + count;
    const options = { deadlineMs: 60_000, everyMs: 20, state: () => this.summary };
    await until(`${count} more calls`, () => this.made >= enough, options);
  }

  /** Ends the calls and asserts that none has failed. */
  async noneFailed(t: Test, what: string): Promise<void> {
    await this.stop();
    t.comment(`${what}: ${this.summary}`);
    t.ok(this.made > 20, `calls went on: ${what}`);
    t.strictSame(this.failures.slice(0, 10), [], `no call fails: ${what}`);
  }

  #add(options: CallersOptions, number: number): void {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#first.push(promise);
    this.#loops.push(this.#loop(options, number, resolve).catch(reject));
  }

  async #loop({ name, connect, pauseMs = 40 }: CallersOptions, client: number, started: () => void): Promise<void> {
    let caller: Caller | undefined = await connect();
    for (let number = 1; !this.#isEnding; number++) {
      const begun = performance.now();
      try {
        try {
          caller ??= await connect();
          await caller.call(number);
        } catch (error) {
          if (!isSessionGone(error)) throw error;
          await caller?.close().catch(() => {});
          caller = undefined;
          caller = await this.#renew(connect, number);
        }
      } catch (error) {
        const at = ((begun - this.#began) / 1000).toFixed(1);
        const took = (performance.now() - begun).toFixed(0);
        this.#lastFailure = performance.now();
        this.failures.push(`after ${at} s, ${name} client ${client}, call ${number}, ${took} ms: ${describe(error)}`);
      }
      this.made++;
      this.longestMs = Math.max(this.longestMs, performance.now() - begun);
      started();
      await delay(pauseMs);
    }
    await caller?.close().catch(() => {});
  }

  /**
   * Begins a new session and makes the call in it. While one pod takes another's place a client may have connections to
   * both, and be told more than once that its session is not known.
   */
  async #renew(connect: () => Promise<Caller>, number: number): Promise<Caller> {
    const end = performance.now() + RENEW_MS;
    for (;;) {
      this.renewed++;
      let caller: Caller | undefined;
      try {
        caller = await connect();
        await caller.call(number);
        return caller;
      } catch (error) {
        await caller?.close().catch(() => {});
        if (!isSessionGone(error) || performance.now() > end) throw error;
      }
    }
  }
}

/** Both SDKs' and our own clients' errors carry the HTTP status as their code. */
function isSessionGone(error: unknown): boolean {
  return (error as { code?: unknown }).code === 404;
}

function describe(error: unknown): string {
  const { message, cause } = error as Error;
  const { code, message: why } = (cause ?? {}) as { code?: string; message?: string };
  return cause === undefined ? message : `${message} (${code ?? ''} ${why ?? ''})`;
}
