import type { AccessRule } from '../contract/access-policy.ts';
import { unmatchedRules, type NamedServer } from './unmatched-rules.ts';

/** Changes that come together are looked at together, and no more often than this, in milliseconds. */
const GATHER_MS = 1000;

/** Finds out, shortly after something changed, which rules name nothing that is there. */
export class UnmatchedReport {
  readonly #gatherMs: number;
  #found: { readonly rules: readonly AccessRule[]; readonly unmatched: readonly string[] } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(gatherMs = GATHER_MS) {
    this.#gatherMs = gatherMs;
  }

  /** @returns undefined while that is not known of these rules */
  of(rules: readonly AccessRule[]): readonly string[] | undefined {
    return this.#found?.rules === rules ? this.#found.unmatched : undefined;
  }

  /** @param now the rules and servers by then */
  lookSoon(now: () => { readonly rules: readonly AccessRule[]; readonly servers: readonly NamedServer[] }): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const { rules, servers } = now();
      void unmatchedRules(rules, servers).then((unmatched) => (this.#found = { rules, unmatched }));
    }, this.#gatherMs).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
