import type { CredentialFault } from './credential-error.ts';

/** What `WWW-Authenticate` says (RFC 6750, section 3; RFC 9728, section 5.1). */
export interface Challenge {
  readonly error?: CredentialFault | 'insufficient_scope';
  readonly description?: string;
  readonly scopes?: readonly string[];
  /** The URL of the metadata that says where tokens are to be had. */
  readonly resourceMetadata?: string | undefined;
}

/** A challenge as the header's value. */
export function challengeHeader({ error, description, scopes = [], resourceMetadata }: Challenge): string {
  const parameters = [
    ['error', error],
    ['error_description', description],
    ['scope', scopes.length === 0 ? undefined : scopes.join(' ')],
    ['resource_metadata', resourceMetadata],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${quotable(value)}"`]));
  return parameters.length === 0 ? 'Bearer' : `Bearer ${parameters.join(', ')}`;
}

/** What may stand between the quotes (RFC 6750, section 3): printable ASCII without quote and backslash. */
function quotable(text: string): string {
  return text.replaceAll(/["\\]/g, "'").replaceAll(/[^\x20-\x7e]/g, '?');
}
