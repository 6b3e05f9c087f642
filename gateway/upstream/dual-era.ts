import { canonicalJson } from '../contract/canonical-json.ts';
import type { ConnectionOptions } from './control-connection.ts';
import { probeLegacy, type LegacyAbility } from './legacy-ability.ts';
import type { Endpoint } from './rpc-client.ts';
import { SharedWait } from './shared-wait.ts';

/** Where and how a server is asked beside its connection. */
export interface Reach {
  readonly endpoint: Endpoint;
  readonly options: ConnectionOptions;
}

/** How long calls wait for the first answer, in milliseconds: until then they are made in the era that is known. */
const WAIT_MS = 1000;

/**
 * Whether a modern server speaks the legacy era too. It is asked when a client of that era first wants to use it, and now
 * and then from then on: a server that has only clients of its own era hears nothing of the other.
 */
export class DualEra {
  readonly #verdictMs: number;
  readonly #onChange: () => void;
  readonly #waiting = new SharedWait(WAIT_MS);
  #ability: LegacyAbility | undefined;
  #isWanted = false;
  /** It was asked, with whatever outcome: nobody waits again. */
  #wasAsked = false;
  #askedAt = -Infinity;
  #asking: AbortController | undefined;

  /**
   * @param verdictMs how long what was found counts, in milliseconds
   * @param onChange something else was found
   */
  constructor(verdictMs: number, onChange: () => void) {
    this.#verdictMs = verdictMs;
    this.#onChange = onChange;
  }

  /** What was found; undefined: nothing yet, or that it does not. */
  get ability(): LegacyAbility | undefined {
    return this.#ability;
  }

  /** A client of the legacy era wants to use the server. @returns undefined: there is nothing to wait for (any more) */
  want(reach: () => Reach | undefined): Promise<void> | undefined {
    if (this.#wasAsked) return undefined;
    this.#isWanted = true;
    return this.#waiting.join(async () => {
      const now = reach();
      if (now !== undefined) await this.#ask(now);
    });
  }

  /** Asks the server again, if anyone wants to know and it is time. @param anew in any case, not only if it is time */
  check(reach: Reach, anew: boolean): void {
    if (!this.#isWanted || (!anew && performance.now() - this.#askedAt < this.#verdictMs)) return;
    void this.#ask(reach);
  }

  /** The server is another by now. */
  forget(): void {
    this.#asking?.abort();
    this.#ability = undefined;
    this.#wasAsked = false;
    this.#askedAt = -Infinity;
  }

  async #ask({ endpoint, options }: Reach): Promise<void> {
    this.#askedAt = performance.now();
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const found = await probeLegacy(endpoint, options, asking.signal);
      if (asking.signal.aborted) return;
      this.#wasAsked = true;
      const isNews = canonicalJson(found ?? null) !== canonicalJson(this.#ability ?? null);
      this.#ability = found;
      if (isNews) this.#onChange();
    } catch {
      if (asking.signal.aborted) return;
      // No answer that says so: what was found before stands, and the next check asks again.
      this.#wasAsked = true;
      this.#askedAt = -Infinity;
    }
  }
}
