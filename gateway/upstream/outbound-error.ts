export type OutboundErrorCode =
  /** The address is one that is never dialled. */
  | 'ERR_OUTBOUND_ADDRESS'
  /** The server's certificate is not trusted, or another's. */
  | 'ERR_OUTBOUND_CERTIFICATE'
  /** There was no TLS handshake. */
  | 'ERR_OUTBOUND_TLS'
  /** What is to be shown to the server cannot be used. */
  | 'ERR_OUTBOUND_CREDENTIAL'
  /** The caller's token could not be exchanged for one that is meant for the server. */
  | 'ERR_OUTBOUND_EXCHANGE';

/**
 * Why the gateway does not speak with a server: nothing was sent to it. The message is a sentence without its full stop, says
 * what was found, expected and to be done, and never holds a credential.
 */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly code: OutboundErrorCode;

  constructor(code: OutboundErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether another address of the same server may do better. */
  get isOfAddress(): boolean {
    return this.code !== 'ERR_OUTBOUND_CREDENTIAL' && this.code !== 'ERR_OUTBOUND_EXCHANGE';
  }
}
