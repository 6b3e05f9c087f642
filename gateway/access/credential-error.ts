/** Why a credential is not good here, as RFC 6750 has it. */
export type CredentialFault =
  /** The request is not well-formed: two credentials, a token in the query. */
  | 'invalid_request'
  /** Unknown, expired, revoked, for another audience, or badly signed. */
  | 'invalid_token'
  /** Whether it is good cannot be told now: its issuer's keys cannot be had. */
  | 'unavailable';

/** A request brought a credential that is not good here. The message never holds it. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
  readonly fault: CredentialFault;

  constructor(fault: CredentialFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
