import t from 'tap';
import { checkQuery } from '../../../gateway/http/query.ts';
import { McpError } from '../../../gateway/mcp/errors.ts';

/** The message of the refusal; undefined: there is none. */
function refusal(target: string): string | undefined {
  try {
    checkQuery(target, ['x-team-key']);
    return undefined;
  } catch (error) {
    if (!(error instanceof McpError) || error.status !== 400) throw error;
    return error.message;
  }
}

t.test('a credential in a query is refused, however it is written, and is not said again', async (t) => {
  for (const name of [
    'access_token',
    'Access-Token',
    'ACCESSTOKEN',
    'access%5Ftoken',
    'token',
    'token[]',
    'api_key',
    'apikey',
    'apiKey',
    'authorization',
    'Authorization',
    'x-api-key',
    'id_token',
    'refresh_token',
    'client_secret',
    'password',
    'x-team-key',
    'X_Team_Key',
  ]) {
    for (const target of [
      `/mcp?${name}=s3cret`,
      `/mcp?a=1&${name}=s3cret`,
      `/mcp?a=1;${name}=s3cret`,
      `/mcp?${name}`,
    ]) {
      const message = refusal(target);
      t.match(message, /a credential is never taken from a URL/, target);
      t.notMatch(message, /s3cret/);
    }
  }
});

t.test('other queries pass', async (t) => {
  for (const target of [
    '/mcp',
    '/mcp?',
    '/?a=b',
    '/agents/a/b/?A2A-Version=1.0',
    '/mcp?tokens=1&q=token',
    '/token/access_token',
  ]) {
    t.equal(refusal(target), undefined, target);
  }
});
