import type { Principal } from './principal.ts';

/** A token that was found good. */
export interface VerifiedToken {
  /** The method whose it is. */
  readonly owner: object;
  readonly principal: Principal;
  /** Until when that counts, in milliseconds since 1970. */
  readonly until: number;
  /** The paths of the resources that it is meant for; undefined: all of this gateway. */
  readonly paths: ReadonlySet<string> | undefined;
}

/** How long a token at most counts as verified, in milliseconds: a key that its issuer takes back counts then. */
export const MAX_VERIFIED_MS = 5 * 60_000;

export interface VerifiedTokensOptions {
  readonly count: number;
  /** Of all tokens together. */
  readonly characters: number;
}

/**
 * The tokens that were verified lately, by the whole text of the header that brought them: one that is known costs a look
 * here.
 */
export class VerifiedTokens {
  readonly #options: VerifiedTokensOptions;
  readonly #tokens = new Map<string, VerifiedToken>();
  #characters = 0;

  constructor(options: VerifiedTokensOptions = { count: 10_000, characters: 16 * 1024 * 1024 }) {
    this.#options = options;
  }

  get size(): number {
    return this.#tokens.size;
  }

  /** What is known of a token; undefined: nothing, or not any more. */
  find(token: string, now: number): VerifiedToken | undefined {
    const found = this.#tokens.get(token);
    if (found === undefined || now < found.until) return found;
    this.#delete(token);
    return undefined;
  }

  add(token: string, verified: VerifiedToken): void {
    this.#delete(token);
    this.#tokens.set(token, verified);
    this.#characters += token.length;
    const { count, characters } = this.#options;
    for (const [eldest] of this.#tokens) {
      if (this.#tokens.size <= count && this.#characters <= characters) break;
      this.#delete(eldest);
    }
  }

  /** Forgets the tokens of a method. */
  forget(owner: object): void {
    for (const [token, verified] of this.#tokens) if (verified.owner === owner) this.#delete(token);
  }

  #delete(token: string): void {
    if (this.#tokens.delete(token)) this.#characters -= token.length;
  }
}
