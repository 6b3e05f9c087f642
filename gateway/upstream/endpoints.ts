/** How long an address is put aside after it refused a connection, in milliseconds. */
const ASIDE_MS = 1000;

export interface EndpointsOptions {
  readonly asideMs?: number;
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
  /** Which target comes first, from 0 to below 1: gateways that start together must not all begin with the same. */
  readonly start?: number;
}

/**
 * The addresses of one server, in turn. A replica that refuses a connection is passed over for a moment; where all
 * refuse, they are offered all the same: trying is the only way to learn that one is back.
 */
export class Endpoints {
  #targets: readonly string[];
  #next: number;
  /** target → when it may be tried again; empty in good times, so that a pick costs one lookup less. */
  readonly #aside = new Map<string, number>();
  readonly #asideMs: number;
  readonly #now: () => number;

  constructor(targets: readonly string[], options: EndpointsOptions = {}) {
    this.#targets = targets;
    this.#next = Math.floor((options.start ?? Math.random()) * targets.length);
    this.#asideMs = options.asideMs ?? ASIDE_MS;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The addresses, `host:port`. */
  get targets(): readonly string[] {
    return this.#targets;
  }

  /** The next address to dial, `host:port`; undefined if there is none. */
  pick(): string | undefined {
    const count = this.#targets.length;
    if (count === 0) return undefined;
    for (let tried = 0; tried < count; tried++) {
      const target = this.#take();
      if (this.#aside.size === 0 || this.#isUsable(target)) return target;
    }
    return this.#take();
  }

  /** Tells that no connection to `target` came about. */
  refused(target: string): void {
    if (this.#targets.includes(target)) this.#aside.set(target, this.#now() + this.#asideMs);
  }

  /** Takes the addresses of a newer registry; those that stay keep their standing. */
  update(targets: readonly string[]): void {
    this.#targets = targets;
    if (this.#next >= targets.length) this.#next = 0;
    for (const target of this.#aside.keys()) if (!targets.includes(target)) this.#aside.delete(target);
  }

  #take(): string {
    const target = this.#targets[this.#next] as string;
    this.#next = this.#next + 1 === this.#targets.length ? 0 : this.#next + 1;
    return target;
  }

  #isUsable(target: string): boolean {
    const until = this.#aside.get(target);
    if (until === undefined) return true;
    if (this.#now() < until) return false;
    this.#aside.delete(target);
    return true;
  }
}
