import type { Principal } from '../access/principal.ts';
import { McpError } from '../mcp/errors.ts';
import type { LimitError, RoomName } from './limit-error.ts';
import { Tally } from './tally.ts';

export interface RoomOptions {
  /** What the refusals of callers count as that have their part. */
  readonly limit: RoomName;
  /** How much there is for all callers together. */
  readonly total: number;
  /** What a caller is told that cannot have more, a sentence without its end. @param most what it may have */
  readonly says: (held: number, most: number) => string;
  /** What any caller is told when there is no more for anyone. */
  readonly full: string;
  /** When either is told to try again, in milliseconds. */
  readonly retryMs: number;
}

/**
 * Something that the gateway has only so much of, and that callers hold for longer than a request takes, or in any amount:
 * where they are told apart, one of them leaves some to the others.
 */
export class Room {
  readonly #options: RoomOptions;
  readonly #refuse: (says: string) => LimitError;
  readonly #held = new Tally();
  #taken = 0;
  #most = Infinity;

  /** @param refuse makes, and counts, the refusal of a caller that has its part */
  constructor(options: RoomOptions, refuse: (says: string) => LimitError) {
    this.#options = options;
    this.#refuse = refuse;
  }

  /** How much all callers hold. */
  get taken(): number {
    return this.#taken;
  }

  /** How much a caller holds. */
  of({ id }: Principal): number {
    return this.#held.of(id);
  }

  /** What one caller may hold from now on; it keeps what it holds. @param part of all; undefined: callers are not told apart */
  divide(part: number | undefined): void {
    this.#most = part === undefined ? Infinity : Math.max(1, Math.floor(this.#options.total * part));
  }

  /** Whether a caller could not have one more. */
  isFullFor(principal: Principal): boolean {
    return this.of(principal) + 1 > this.#most || this.#taken + 1 > this.#options.total;
  }

  /** A caller takes so much, to be given back. @returns why it may not, nothing is taken then; undefined: it may */
  take(principal: Principal, amount = 1): McpError | undefined {
    const { total, says } = this.#options;
    const held = this.of(principal);
    if (held + amount > this.#most) return this.#refuse(says(held, this.#most));
    if (this.#taken + amount > total) return this.#full();
    this.#taken += amount;
    this.#held.add(principal.id, amount);
    return undefined;
  }

  /** A caller gives back so much of what it took. */
  give({ id }: Principal, amount = 1): void {
    this.#taken -= amount;
    this.#held.remove(id, amount);
  }

  #full(): McpError {
    const { full, retryMs } = this.#options;
    return new McpError('overloaded', full, { headers: { 'retry-after': String(Math.ceil(retryMs / 1000)) } });
  }
}

/** What one thing of a caller's holds of a room: more or less of it, as it goes on. */
export class RoomShare {
  readonly #room: Room;
  readonly #principal: Principal;
  #amount = 0;

  constructor(room: Room, principal: Principal) {
    this.#room = room;
    this.#principal = principal;
  }

  /** Holds `amount` in all from now on. @returns why it may not have more than before; undefined: it may */
  hold(amount: number): McpError | undefined {
    const more = amount - this.#amount;
    const refusal = more > 0 ? this.#room.take(this.#principal, more) : undefined;
    if (refusal !== undefined) return refusal;
    if (more < 0) this.#room.give(this.#principal, -more);
    this.#amount = amount;
    return undefined;
  }
}
