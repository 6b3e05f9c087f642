import { canonicalJson } from '../contract/canonical-json.ts';
import type { ConnectionOptions } from './control-connection.ts';
import { probeLegacy, type LegacyAbility } from './legacy-ability.ts';
import type { Endpoint } from './rpc-client.ts';

/** Whether a modern server speaks the legacy era too, asked now and then, beside all that is waited for. */
export class DualEra {
  readonly #verdictMs: number;
  readonly #onChange: () => void;
  #ability: LegacyAbility | undefined;
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

  /** Asks the server, if it is time. @param anew in any case */
  ask(endpoint: Endpoint, options: ConnectionOptions, anew: boolean): void {
    if (!anew && performance.now() - this.#askedAt < this.#verdictMs) return;
    this.#askedAt = performance.now();
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    void this.#ask(endpoint, options, asking.signal);
  }

  /** The server is another by now. */
  forget(): void {
    this.#asking?.abort();
    this.#ability = undefined;
    this.#askedAt = -Infinity;
  }

  async #ask(endpoint: Endpoint, options: ConnectionOptions, signal: AbortSignal): Promise<void> {
    try {
      const found = await probeLegacy(endpoint, options, signal);
      if (signal.aborted) return;
      const isNews = canonicalJson(found ?? null) !== canonicalJson(this.#ability ?? null);
      this.#ability = found;
      if (isNews) this.#onChange();
    } catch {
      // No answer that says so: what was found before stands, and the next check asks again.
      if (!signal.aborted) this.#askedAt = -Infinity;
    }
  }
}
