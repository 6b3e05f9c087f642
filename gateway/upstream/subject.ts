/** On whose behalf a request is sent, as far as a server may learn of it: a principal, by the parts that this needs. */
export interface Subject {
  /** A text that no two callers share. */
  readonly id: string;
  /** The token that the caller brought; absent: it brought none. */
  readonly token?: string;
  /** When it ends, in milliseconds since 1970; absent: it does not say. */
  readonly expiresAt?: number;
}
