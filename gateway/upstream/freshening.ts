import { listKinds, type ChangeKind, type ListKind } from './catalogue.ts';
import type { CheckWork } from './check-work.ts';
import { isExpired, type CacheHint } from './freshness.ts';
import { SharedWait } from './shared-wait.ts';

/** How long clients wait for what is no longer fresh to be read again, in milliseconds. */
const FRESHEN_MS = 1000;

export interface FresheningOptions {
  /** How long what was read may be kept, by the server's own word. */
  readonly hint: (kind: ChangeKind) => CacheHint;
  /** Whether a change of a list would be heard at once. */
  readonly hears: (kind: ListKind) => boolean;
  /** Has the server asked; must not reject. */
  readonly ask: (work: CheckWork) => Promise<void>;
}

/** Has a server asked again for what has run out by its own word, when someone wants to have it. */
export class Freshening {
  readonly #options: FresheningOptions;
  readonly #wait = new SharedWait(FRESHEN_MS);

  constructor(options: FresheningOptions) {
    this.#options = options;
  }

  /** Whether it is to be asked for again: by the server's word, unless a change of it would have been heard. */
  isStale(kind: ChangeKind): boolean {
    const { hint, hears } = this.#options;
    return isExpired(hint(kind), performance.now()) && (kind === 'server' || !hears(kind));
  }

  /** Asks for whatever is stale, once for all who ask for any of it meanwhile. @returns as SharedWait.join */
  freshen(): Promise<void> | undefined {
    return this.#wait.join(() => {
      const kinds = new Set(listKinds.filter((kind) => this.isStale(kind)));
      return this.#options.ask({ kinds, probe: this.isStale('server') ? 'expired' : 'no', urgent: true });
    });
  }
}
