/** `WWW-Authenticate`: what a client learns that is refused, so that it comes back with what was missing (RFC 6750, RFC 9728). */
import t, { type Test } from 'tap';
import type { AccessRule, AuthMethod } from '../../gateway/contract/access-policy.ts';
import { initialize, LegacySession, modern } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { TestIssuer } from '../support/test-issuer.ts';

const PUBLIC = 'https://mcp.example.com';
const issuer = await TestIssuer.start(t);
const says: Script = ({ response, message }) => json(response, textResult(message, 'said'));
const upstream = await scriptedUpstream(t, { tools: { get: says, set: says } });
const services = [entryFor(upstream.url, { name: 'shop' })];
const scoped: readonly AccessRule[] = [
  { name: 'write', effect: 'Allow', from: [{ scopes: ['write', 'read'] }], to: [{ tools: ['set'] }] },
  { name: 'read', effect: 'Allow', from: [{ scopes: ['read'] }], to: [{ tools: ['get'] }] },
  { name: 'root', effect: 'Deny', from: [{ scopes: ['root'] }] },
];
const policyOf = (...methods: AuthMethod[]) => ({ hosts: [], publicUrl: PUBLIC, auth: { methods } });
const gateway = await startGateway(services, { env: issuer.env });
t.teardown(() => gateway.stop());

const paths = ['/mcp', '/mcp/default/shop'] as const;
const metadata = (path: string): string => `resource_metadata="${PUBLIC}/.well-known/oauth-protected-resource${path}"`;
const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

/** What both eras' first requests are told, which is the same. */
async function told(t: Test, path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const url = `${gateway.origin}${path}`;
  const [legacy, now] = [
    await initialize(url, '2025-11-25', { headers }),
    await modern(url, 'tools/list', {}, { headers }),
  ];
  t.strictSame([legacy.status, now.status], [401, 401], path);
  t.equal(legacy.headers['www-authenticate'], now.headers['www-authenticate']);
  return String(now.headers['www-authenticate']);
}

t.test('who brings no token is told where to get one, and with which scopes', async (t) => {
  await gateway.publish(services, { policy: policyOf(issuer.method()), rules: scoped });
  for (const path of paths) t.equal(await told(t, path), `Bearer scope="read write", ${metadata(path)}`);
});

t.test('whose token is refused is told that, too', async (t) => {
  await gateway.publish(services, { policy: policyOf(issuer.method()), rules: scoped });
  const expired = bearer(await issuer.token(`${PUBLIC}/mcp`, { exp: 1 }));
  for (const [headers, why] of [
    [expired, 'The token has expired.'],
    [bearer('opaque'), 'The credential in Authorization is none that this gateway takes.'],
  ] as const) {
    const problem = `error="invalid_token", error_description="${why}"`;
    t.equal(await told(t, '/mcp', headers), `Bearer ${problem}, scope="read write", ${metadata('/mcp')}`);
  }
});

t.test('no scopes are named where no rule asks for any', async (t) => {
  const rules: AccessRule[] = [{ name: 'users', effect: 'Allow', from: [{ users: ['ada'] }] }];
  await gateway.publish(services, { policy: policyOf(issuer.method()), rules });
  t.equal(await told(t, '/mcp'), `Bearer ${metadata('/mcp')}`);
});

t.test('neither scopes nor metadata are named where no issuer is', async (t) => {
  await gateway.publish(services, { policy: policyOf({ apiKey: { header: 'x-api-key' } }), rules: scoped });
  t.equal(await told(t, '/mcp'), 'Bearer');
});

t.test('whose token lacks scopes is told all that the operation needs, and where to get them', async (t) => {
  await gateway.publish(services, { policy: policyOf(issuer.method()), rules: scoped });
  for (const [path, tool] of [
    ['/mcp', 'shop_set'],
    ['/mcp/default/shop', 'set'],
  ] as const) {
    const expected = `Bearer error="insufficient_scope", scope="write read", ${metadata(path)}`;
    const url = `${gateway.origin}${path}`;
    const params = { name: tool, arguments: {} };
    for (const scope of ['read', 'other', '']) {
      const headers = bearer(await issuer.token(`${PUBLIC}${path}`, { scope }));
      const session = await LegacySession.begin(url, '2025-11-25', { headers });
      for (const answer of [
        await modern(url, 'tools/call', params, { headers }),
        await session.request('tools/call', params),
      ]) {
        t.equal(answer.status, 403, scope);
        t.equal(answer.headers['www-authenticate'], expected, scope);
      }
    }
    const headers = bearer(await issuer.token(`${PUBLIC}${path}`, { scope: 'read write' }));
    t.equal((await modern(url, 'tools/call', params, { headers })).status, 200, 'with them it is called');
  }
});
