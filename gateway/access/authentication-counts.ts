import { refusalReasons, type RefusalReason } from './credential-error.ts';

/** How authentication went, for metrics. */
export class AuthenticationCounts {
  readonly #refusals = new Float64Array(refusalReasons.length);
  #known = 0;
  #verified = 0;

  /** A token was taken that was verified before. */
  known(): void {
    this.#known++;
  }

  /** A token was verified. */
  verified(): void {
    this.#verified++;
  }

  /** A request was refused for its credential, or for want of one. */
  refused(reason: RefusalReason): void {
    const number = refusalReasons.indexOf(reason);
    this.#refusals[number] = (this.#refusals[number] ?? 0) + 1;
  }

  /** Tokens that were taken, by how. */
  get tokens(): Readonly<Record<'known' | 'verified', number>> {
    return { known: this.#known, verified: this.#verified };
  }

  /** Requests that were refused, by why. */
  get refusals(): readonly (readonly [reason: RefusalReason, count: number])[] {
    return refusalReasons.map((reason, number) => [reason, this.#refusals[number] ?? 0]);
  }
}
