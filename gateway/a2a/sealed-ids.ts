import type { Sealer } from '../sealing/sealer.ts';

/** What is sealed: the id of a task or of a context, or the token of a page of tasks. */
export type SealedKind = 'task' | 'context' | 'page';

/** An id as the agent has it. */
export interface OwnId {
  readonly id: string;
  /** The address that it was first told from: a replica may know its own tasks alone. */
  readonly home: string;
}

/**
 * The ids that A2A clients hold instead of an agent's own: nobody can read one, make one, or use it as someone else or with
 * another agent. One id is always the same sealed one (for the same home, and as long as the key is), since clients tell
 * tasks apart by them.
 *
 * They do not expire: how long a task or a context can be come back to is the agent's to say.
 */
export class SealedIds {
  readonly #sealer: Sealer;
  readonly #agent: string;
  readonly #owner: string;

  /**
   * @param agent `<namespace>/<name>`
   * @param owner whose they are: the principal
   */
  constructor(sealer: Sealer, agent: string, owner: string) {
    this.#sealer = sealer;
    this.#agent = agent;
    this.#owner = owner;
  }

  seal(kind: SealedKind, { id, home }: OwnId): string {
    return this.#sealer.seal('a2a', this.#owner, JSON.stringify([kind, this.#agent, id, home]));
  }

  /** @returns undefined for anything but what `seal` gave this owner, of this kind and agent */
  open(kind: SealedKind, sealed: string): OwnId | undefined {
    const text = this.#sealer.open('a2a', this.#owner, sealed);
    if (text === undefined) return undefined;
    const [of, agent, id = '', home = ''] = JSON.parse(text) as string[];
    return of === kind && agent === this.#agent ? { id, home } : undefined;
  }
}
