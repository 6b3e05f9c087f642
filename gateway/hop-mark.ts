import { hash, randomUUID } from 'node:crypto';

/** Hexadecimal digits of a mark: no two Gateways that can reach each other are to have the same. */
const DIGITS = 16;

/**
 * The mark on all that a Gateway sends to servers and agents, by which a request that comes back is known whatever way it took:
 * an entry of `Via` under a pseudonym (RFC 9110, section 7.6.3). All replicas of a Gateway have the same one.
 */
export class HopMark {
  /** The entry. */
  readonly via: string;
  readonly #name: string;

  /** @param uid the Gateway's; it cannot be told from the mark. Undefined: the mark is this process's own */
  constructor(uid: string = randomUUID()) {
    const digest = hash('sha256', `fetchfy hop mark ${uid}`, 'hex');
    this.#name = `fetchfy-${digest.slice(0, DIGITS)}`;
    this.via = `1.1 ${this.#name}`;
  }

  /**
   * Whether a request was sent by this Gateway.
   * @param via its header `Via`, several of them joined by commas; no longer than headers may be
   */
  isIn(via: string): boolean {
    // What stands in a comment is looked at as well: nobody but the Gateway has a reason to write its mark.
    return via.split(',').some(
      (entry) =>
        entry
          .trim()
          .split(/[ \t]+/, 2)[1]
          ?.toLowerCase() === this.#name,
    );
  }
}
