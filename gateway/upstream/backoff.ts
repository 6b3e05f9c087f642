export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

/** Delays that double from one failure to the next, each between half and the whole of its bound: clients of one server that fails must not come back as one. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** The delay after one more failure, in milliseconds. */
  next(): number {
    const { minMs, maxMs, random = Math.random } = this.#options;
    const bound = Math.min(maxMs, minMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return bound * (0.5 + random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** `ms`, a tenth more or less: what runs on one period must not run at one moment. */
export function jittered(ms: number, random: () => number = Math.random): number {
  return ms * (0.9 + random() * 0.2);
}
