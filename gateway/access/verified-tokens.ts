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

interface LastToken {
  readonly token: string;
  readonly verified: VerifiedToken;
  readonly forgotten: number;
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
  /** What each connection brought last: to compare a text costs less than to look it up. */
  readonly #last = new WeakMap<object, LastToken>();
  #characters = 0;
  /** How often something was forgotten. */
  #forgotten = 0;

  constructor(options: VerifiedTokensOptions = { count: 10_000, characters: 16 * 1024 * 1024 }) {
    this.#options = options;
  }

  get size(): number {
    return this.#tokens.size;
  }

  /**
   * What is known of a token; undefined: nothing, or not any more.
   * @param connection that brought it
   */
  find(token: string, now: number, connection?: object): VerifiedToken | undefined {
    const last = connection === undefined ? undefined : this.#last.get(connection);
    if (last?.token === token && last.forgotten === this.#forgotten && now < last.verified.until) return last.verified;
    const found = this.#tokens.get(token);
    if (found === undefined) return undefined;
    if (now >= found.until) {
      this.#delete(token);
      return undefined;
    }
    if (connection !== undefined) {
      this.#last.set(connection, { token, verified: found, forgotten: this.#forgotten });
    }
    return found;
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
    this.#forgotten++;
    for (const [token, verified] of this.#tokens) if (verified.owner === owner) this.#delete(token);
  }

  #delete(token: string): void {
    if (this.#tokens.delete(token)) this.#characters -= token.length;
  }
}
