import type { HeldCredential } from './credentials.ts';

/**
 * What a person is to do about a status by which a server refused a request, beside what was refused: a sentence, or undefined
 * where the status does not say.
 * @param server `<namespace>/<name>`
 */
export function refusalHint(
  status: number | undefined,
  server: string,
  held: HeldCredential | undefined,
): string | undefined {
  const key = server.replace('/', '.');
  if (status === 401 || status === 403) {
    const hasShown = held?.credential !== undefined && held.credential.headers.length > 0;
    if (hasShown)
      return `It refused the credential ${key} in the Secret of credentialsSecretRef: put a valid one there.`;
    const beside =
      held?.credential === undefined ? '' : ' beside its tokenExchange, with which the gateway asks for its lists';
    return `It wants a credential: put one under the key ${key} into the Secret of credentialsSecretRef${beside}.`;
  }
  if (status === 301 || status === 302 || status === 303 || status === 307 || status === 308) {
    return 'It redirects to another place, and redirects are not followed: let the Service lead to the server itself.';
  }
  // Loop Detected: what this gateway refuses its own requests with, should they come back (screening.ts).
  if (status === 508) {
    return 'The server is this gateway itself: what it sent there came back to it. Let the Service lead to another server.';
  }
  return undefined;
}
