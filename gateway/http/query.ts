import { McpError } from '../mcp/errors.ts';

/** Names of credentials, as they stand in queries, without what is between their words. */
const CREDENTIALS = new Set([
  'accesstoken',
  'apikey',
  'apitoken',
  'auth',
  'authorization',
  'authtoken',
  'bearer',
  'bearertoken',
  'clientassertion',
  'clientsecret',
  'idtoken',
  'jwt',
  'key',
  'password',
  'refreshtoken',
  'secret',
  'token',
  'xaccesstoken',
  'xapikey',
  'xauthtoken',
]);

/**
 * Refuses a credential in a query: what stands in a URL is written down on its way (2025-11-25 and 2026-07-28,
 * Authorization, Access Token Usage).
 * @param target the request's, as it came
 * @param keyHeaders headers that keys come in, in lower case
 * @throws McpError that does not say the query itself
 */
export function checkQuery(target: string, keyHeaders: Iterable<string>): void {
  const start = target.indexOf('?');
  if (start < 0) return;
  const own = [...keyHeaders].map(plain);
  // Some servers take `;` for `&`.
  for (const name of new URLSearchParams(target.slice(start + 1).replaceAll(';', '&')).keys()) {
    if (!CREDENTIALS.has(plain(name)) && !own.includes(plain(name))) continue;
    throw new McpError(
      'invalid_request',
      `The query has ${plain(name)}: a credential is never taken from a URL, where logs keep it. Send it in a header, and replace the one that was sent.`,
      { denied: 'query' },
    );
  }
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
