import { createHmac, sign } from 'node:crypto';
import { exportJWK, SignJWT, type JWTPayload } from 'jose';
import t from 'tap';
import type { RegistryPolicy } from '../../gateway/contract/registry-document.ts';
import { clientOf } from '../support/clients.ts';
import { initialize, modern, send, type HttpAnswer } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { issuerKey, publicJwk, TestIssuer } from '../support/test-issuer.ts';

const says: Script = ({ response, message }) => json(response, textResult(message, 'said'));
const PUBLIC = 'https://mcp.example.com';
const eras = ['legacy', 'modern'] as const;
const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });
const seconds = (): number => Math.floor(Date.now() / 1000);

const issuer = await TestIssuer.start(t);
const other = await TestIssuer.start(t, { path: '/tenant', metadataPath: '/tenant/.well-known/openid-configuration' });
issuer.caFolder.write({
  'one.crt': issuer.caPem,
  'other.pem': other.caPem,
});
const shop = await scriptedUpstream(t, { tools: { get_price: says } });
const vault = await scriptedUpstream(t, { tools: { open: says } });
const services = [
  entryFor(shop.url, { name: 'shop', alias: '/mcp/tools/shop' }),
  entryFor(vault.url, { name: 'vault' }),
];
const policy: RegistryPolicy = {
  hosts: ['gateway.example.org', 'localhost', '127.0.0.1'],
  publicUrl: `${PUBLIC}/`,
  auth: {
    methods: [issuer.method(), other.method({ audiences: ['the-gateway'], userClaim: 'email', scopesClaim: 'scp' })],
  },
};
const gateway = await startGateway(services, {
  registry: { policy, rules: [{ name: 'all', effect: 'Allow', from: [{ users: ['ada', 'bob@example.com'] }] }] },
  env: issuer.env,
});
t.teardown(() => gateway.stop());

/** What a request with a token comes to. */
function ask(token: string, path = '/mcp', headers: Record<string, string> = {}): Promise<HttpAnswer> {
  return modern(`${gateway.origin}${path}`, 'tools/list', {}, { headers: { ...bearer(token), ...headers } });
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const good: JWTPayload = { iss: issuer.url, sub: 'ada', aud: `${PUBLIC}/mcp`, exp: seconds() + 600 };

t.test('a token of the issuer for the endpoint is taken', async (t) => {
  for (const era of eras) {
    const client = await clientOf[era](gateway.url, {}, () => undefined, bearer(await issuer.token(`${PUBLIC}/mcp`)));
    t.match(await client.callTool({ name: 'shop_get_price' }), { content: [{ text: 'said' }] }, era);
    await client.close();
  }
  const server = bearer(await issuer.token(`${PUBLIC}/mcp/default/shop`));
  const client = await clientOf.modern(`${gateway.origin}/mcp/default/shop`, {}, () => undefined, server);
  t.match(await client.callTool({ name: 'get_price' }), { content: [{ text: 'said' }] });
  await client.close();
});

t.test('a token is for one endpoint alone', async (t) => {
  const paths = ['/mcp', '/mcp/default/shop', '/mcp/default/vault', '/mcp/tools/shop'];
  for (const meant of paths) {
    const token = await issuer.token(`${PUBLIC}${meant}`);
    for (const path of paths) {
      const { status } = await ask(token, path);
      t.equal(status, path === meant ? 200 : 401, `for ${meant}, at ${path}`);
    }
  }
  const both = await issuer.token(undefined, { aud: [`${PUBLIC}/mcp`, `${PUBLIC}/mcp/default/shop`] });
  t.equal((await ask(both)).status, 200);
  t.equal((await ask(both, '/mcp/default/shop/')).status, 200);
  t.equal((await ask(both, '/mcp/default/vault')).status, 401);
});

t.test('the gateway knows its own names, and takes no Host for one', async (t) => {
  const { port } = new URL(gateway.url);
  const own = [
    'https://MCP.example.com/mcp',
    'https://mcp.example.com:443/mcp/',
    'https://gateway.example.org/mcp',
    'http://gateway.example.org:8080/mcp',
    'http://test-mcp.default.svc:8080/mcp',
    'http://test-mcp.default.svc.cluster.local/mcp',
  ];
  for (const aud of own) t.equal((await ask(await issuer.token(aud))).status, 200, aud);
  const foreign = [
    'http://mcp.example.com/mcp',
    'https://mcp.example.com:8443/mcp',
    'https://mcp.example.com',
    'https://mcp.example.com/mcp?x=1',
    'https://mcp.example.com/mcp#x',
    'https://ada@mcp.example.com/mcp',
    'https://mcp.example.com.evil.example/mcp',
    'http://test-mcp:8080/mcp',
    `http://127.0.0.1:${port}/mcp`,
    `http://localhost:${port}/mcp`,
    'mcp',
    '/mcp',
    '',
  ];
  for (const aud of foreign) t.equal((await ask(await issuer.token(aud))).status, 401, aud);
  const local = await issuer.token(`http://localhost:${port}/mcp`);
  t.equal((await ask(local, '/mcp', { host: `localhost:${port}` })).status, 401);
});

t.test('configured audiences are what counts then, at all endpoints', async (t) => {
  const token = await other.token('the-gateway', { email: 'bob@example.com', scp: ['a', 'b'] });
  for (const path of ['/mcp', '/mcp/default/shop']) t.equal((await ask(token, path)).status, 200, path);
  t.equal((await ask(await other.token(`${PUBLIC}/mcp`, { email: 'bob@example.com' }))).status, 401);
  const { status, headers } = await ask(await other.token('the-gateway'));
  t.equal(status, 401, 'without the claim that names the user');
  t.match(headers['www-authenticate'], /no claim email/);
});

/** A token with headers that no library writes. */
function signed(header: Record<string, unknown>): string {
  const { kid, privateKey } = issuer.key;
  const text = `${encoded({ alg: 'ES256', kid, ...header })}.${encoded(good)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const stranger = issuerKey();
const attacks: Readonly<Record<string, () => string | Promise<string>>> = {
  'algorithm none': () => `${encoded({ alg: 'none' })}.${encoded(good)}.`,
  'algorithm None': () => `${encoded({ alg: 'None', kid: issuer.key.kid })}.${encoded(good)}.`,
  'no algorithm': () => `${encoded({ kid: issuer.key.kid })}.${encoded(good)}.AAAA`,
  'the public key as the secret of a MAC': () => {
    const signed = `${encoded({ alg: 'HS256', kid: issuer.key.kid })}.${encoded(good)}`;
    const secret = issuer.key.publicKey.export({ type: 'spki', format: 'pem' });
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  },
  'wrong audience': () => issuer.token('https://other.example.com/mcp'),
  'no audience': () => issuer.token(undefined),
  expired: () => issuer.token(`${PUBLIC}/mcp`, { exp: seconds() - 10 }),
  'without an end': () => issuer.token(`${PUBLIC}/mcp`, { exp: undefined }),
  'not valid yet': () => issuer.token(`${PUBLIC}/mcp`, { nbf: seconds() + 60 }),
  'without a subject': () => issuer.token(`${PUBLIC}/mcp`, { sub: undefined }),
  'of another issuer': () => issuer.token(`${PUBLIC}/mcp`, { iss: 'https://evil.example.com' }),
  'of another issuer that is taken, signed by this': () => issuer.token('the-gateway', { iss: other.url }),
  'of an issuer that is no text': () => issuer.token(`${PUBLIC}/mcp`, { iss: [issuer.url] }),
  'signed by a stranger under a known key id': () =>
    new SignJWT(good).setProtectedHeader({ alg: 'ES256', kid: issuer.key.kid }).sign(stranger.privateKey),
  'signed by a key that it brings': async () => {
    const jwk = await exportJWK(stranger.publicKey);
    return new SignJWT(good).setProtectedHeader({ alg: 'ES256', jwk }).sign(stranger.privateKey);
  },
  'signed by a key that it says where to fetch': async () => {
    other.answers.set('/evil', { body: { keys: [await publicJwk(stranger)] } });
    const header = { alg: 'ES256', kid: stranger.kid, jku: `${other.origin}/evil`, x5u: `${other.origin}/evil` };
    return new SignJWT(good).setProtectedHeader(header).sign(stranger.privateKey);
  },
  'with a critical header that is unknown': () => signed({ crit: ['x'], x: 1 }),
  'with an unencoded payload': () => signed({ crit: ['b64'], b64: false }),
  'a logout token': () => issuer.token(`${PUBLIC}/mcp`, {}, { typ: 'logout+jwt' }),
  'changed claims': async () => {
    const [head, , signature] = (await issuer.token(`${PUBLIC}/mcp`)).split('.');
    return `${head}.${encoded({ ...good, sub: 'root' })}.${signature}`;
  },
  'no JSON': () => 'YWJj.YWJj.YWJj',
  'no JWT': () => 'opaque',
};
t.test('a token that a test signs itself is taken', async (t) => t.equal((await ask(signed({}))).status, 200));

for (const [name, token] of Object.entries(attacks)) {
  t.test(`refused is a token: ${name}`, async (t) => {
    const { status, headers, text } = await ask(await token());
    t.equal(status, 401, text);
    t.match(
      headers['www-authenticate'],
      /^Bearer error="invalid_token", error_description="[^"]+", resource_metadata="https:/,
    );
  });
}

t.test('nothing that a token names was fetched', async (t) => t.notOk(other.asked.includes('/evil')));

t.test('a token that is too large is refused', async (t) => {
  const { status } = await ask(await issuer.token(`${PUBLIC}/mcp`, { padding: 'x'.repeat(20_000) }));
  t.equal(status, 431);
});

t.test('who brings none is told where to get one', async (t) => {
  for (const path of ['/mcp', '/mcp/default/shop', '/agents/default/none', '/mcp/default/none']) {
    const { status, headers } = await initialize(`${gateway.origin}${path}`);
    t.equal(status, 401);
    const url = `${PUBLIC}/.well-known/oauth-protected-resource${path}`;
    t.equal(headers['www-authenticate'], `Bearer resource_metadata="${url}"`);
  }
});

t.test('the metrics tell what was refused, and why', async (t) => {
  const { text } = await send(`${gateway.adminUrl}/metrics`, { method: 'GET' });
  for (const reason of ['missing', 'audience', 'expired', 'signature', 'algorithm', 'key', 'unknown']) {
    t.match(text, new RegExp(`fetchfy_authentication_refusal_count\\{reason="${reason}"\\} [1-9]`), reason);
  }
  t.match(text, /fetchfy_token_count\{how="known"\} [1-9]/);
});
