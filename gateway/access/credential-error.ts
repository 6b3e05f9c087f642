/** Why a credential is not good here, as RFC 6750 has it. */
export type CredentialFault =
  /** Unknown, expired, revoked, for another audience, or badly signed. */
  | 'invalid_token'
  /** Whether it is good cannot be told now: its issuer's keys cannot be had. */
  | 'unavailable';

/** What exactly is not good: a bounded word, for metrics. */
export const refusalReasons = [
  /** There is none, and one is needed. */
  'missing',
  /** It is of no method that the gateway has. */
  'unknown',
  'unavailable',
  'malformed',
  'algorithm',
  'key',
  'signature',
  'expired',
  'not_yet_valid',
  'audience',
  /** A claim lacks that is needed. */
  'claims',
  'api_key',
  'certificate',
  'other',
] as const;

export type RefusalReason = (typeof refusalReasons)[number];

export interface CredentialErrorOptions extends ErrorOptions {
  readonly reason?: RefusalReason;
}

/** A request brought a credential that is not good here. The message never holds it. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
  readonly fault: CredentialFault;
  readonly reason: RefusalReason;

  constructor(fault: CredentialFault, message: string, options: CredentialErrorOptions = {}) {
    super(message, options);
    this.fault = fault;
    this.reason = options.reason ?? (fault === 'invalid_token' ? 'other' : fault);
  }
}
