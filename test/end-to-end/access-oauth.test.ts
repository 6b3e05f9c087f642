import { decodeJwt } from 'jose';
import t, { type Test } from 'tap';
import type { AccessRule, AuthPolicy } from '../../gateway/contract/access-policy.ts';
import type { RegistryPolicy } from '../../gateway/contract/registry-document.ts';
import { send } from '../support/mcp-http.ts';
import { finishOAuth, oauthClientOf } from '../support/oauth-clients.ts';
import { TestOAuthProvider } from '../support/oauth-provider.ts';
import { startOidcIssuer, type OidcIssuer } from '../support/oidc-issuer.ts';
import type { OidcOptions } from '../support/servers/oidc-configuration.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const says: Script = ({ response, message }) => json(response, textResult(message, 'said'));
const upstream = await scriptedUpstream(t, { tools: { get: says, set: says } });
const services = [entryFor(upstream.url, { name: 'shop' }), entryFor(upstream.url, { name: 'other' })];
const eras = ['legacy', 'modern'] as const;

const rules: readonly AccessRule[] = [
  { name: 'readers', effect: 'Allow', from: [{ scopes: ['tools:read'] }], to: [{ tools: ['get'] }] },
  { name: 'writers', effect: 'Allow', from: [{ scopes: ['tools:write'] }] },
];

async function setup(t: Test, options?: OidcOptions): Promise<{ issuer: OidcIssuer; gateway: RunningGateway }> {
  const issuer = await startOidcIssuer(t, options);
  const gateway = await startGateway(services, { env: { FETCHFY_CA_DIR: issuer.caFolder.path } });
  t.teardown(() => gateway.stop());
  const policy: RegistryPolicy = { hosts: [], publicUrl: gateway.origin, auth: methodsFor(issuer) };
  await gateway.publish(services, { policy, rules });
  return { issuer, gateway };
}

t.test("an SDK client finds its way to a token by the gateway's metadata", async (t) => {
  const { issuer, gateway } = await setup(t);
  for (const era of eras) {
    for (const [path, tool] of [
      ['/mcp', 'shop_get'],
      ['/mcp/default/shop', 'get'],
    ] as const) {
      const provider = new TestOAuthProvider(issuer.browser, 'ada');
      const url = `${gateway.origin}${path}`;
      const client = await oauthClientOf[era](url, provider);
      t.match(await client.callTool({ name: tool }), { content: [{ text: 'said' }] }, `${era} ${path}`);
      const { access_token: token = '', refresh_token: refresh } = provider.tokens() ?? {};
      const { aud, scope, iss } = decodeJwt(token);
      t.strictSame({ aud, scope, iss }, { aud: url, scope: 'tools:read tools:write', iss: issuer.url });
      t.type(refresh, 'string');
      await client.close();
    }
  }
  t.equal(issuer.asked.filter((asked) => asked === 'POST /reg').length, 4, 'each registered itself');
});

t.test('a client whose token has expired gets another without a person', async (t) => {
  const { issuer, gateway } = await setup(t);
  for (const era of eras) {
    const provider = new TestOAuthProvider(issuer.browser, 'ada', { tokenSeconds: 3 });
    const client = await oauthClientOf[era](gateway.url, provider);
    const first = provider.tokens()?.access_token ?? '';
    const authorization = `Bearer ${first}`;
    const ask = () => send(gateway.url, { method: 'POST', headers: { authorization }, body: '{}' });
    await until('the token to expire', async () => (await ask()).status === 401);
    t.match(await client.callTool({ name: 'shop_get' }), { content: [{ text: 'said' }] }, era);
    t.not(provider.tokens()?.access_token, first);
    t.equal(provider.visits, 1);
    await client.close();
  }
});

t.test('a client whose token lacks scopes is told which, and comes back with them', async (t) => {
  // With a refresh token the SDKs ask for no more than they have.
  const { issuer, gateway } = await setup(t, { refreshes: false });
  for (const era of eras) {
    const provider = new TestOAuthProvider(issuer.browser, 'ada', { firstScope: 'tools:read' });
    const client = await oauthClientOf[era](gateway.url, provider);
    t.match(await client.callTool({ name: 'shop_get' }), { content: [{ text: 'said' }] });
    const called = async (): Promise<void> => void (await client.callTool({ name: 'shop_set' }));
    await t.rejects(called(), era);
    t.equal(provider.visits, 2, 'the person is asked again');
    await finishOAuth(client, provider);
    t.match(await client.callTool({ name: 'shop_set' }), { content: [{ text: 'said' }] }, era);
    await client.close();
  }
});

t.test('the metadata', async (t) => {
  const { issuer, gateway } = await setup(t);
  const metadata = (path: string, headers = {}) =>
    send(`${gateway.origin}/.well-known/oauth-protected-resource${path}`, { method: 'GET', headers });

  t.test('stands at the path of each endpoint, and is for everyone', async (t) => {
    const paths = ['/mcp', '/mcp/default/shop', '/mcp/an/alias', '/agents/default/shop', '/mcp/default/unknown'];
    for (const path of paths) {
      const { status, text, headers } = await metadata(path);
      t.equal(status, 200, path);
      t.match(headers['content-type'], 'application/json');
      t.strictSame(JSON.parse(text), {
        resource: `${gateway.origin}${path}`,
        authorization_servers: [issuer.url],
        scopes_supported: ['tools:read', 'tools:write'],
        bearer_methods_supported: ['header'],
        resource_name: 'Fetchfy',
      });
    }
    t.equal((JSON.parse((await metadata('')).text) as { resource: string }).resource, gateway.url);
  });

  t.test('stands nowhere else', async (t) => {
    for (const path of ['/api/services', '/mcpx', '/agents', '/agents/default', '/mcp//x', 'x/mcp']) {
      t.ok([401, 404].includes((await metadata(path)).status), path);
    }
    t.equal((await send(`${gateway.origin}/.well-known/oauth-protected-resource/mcp`)).status, 405);
  });

  t.test('is not given under a foreign name', async (t) => {
    t.equal((await metadata('/mcp', { host: 'evil.example.com' })).status, 403);
  });

  t.test('is not there where no issuer is', async (t) => {
    const policy: RegistryPolicy = { hosts: [], auth: { methods: [{ apiKey: { header: 'x-api-key' } }] } };
    await gateway.publish(services, { policy });
    t.equal((await metadata('/mcp')).status, 404);
    t.equal((await send(gateway.url)).headers['www-authenticate'], 'Bearer');
    await gateway.publish(services);
    t.equal((await metadata('/mcp')).status, 404);
  });

  t.test('names what the request named, where the Gateway has no public URL, and what its path is below', async (t) => {
    await gateway.publish(services, { policy: { hosts: ['mcp.example.org'], auth: methodsFor(issuer) } });
    const { text } = await metadata('/mcp', { host: 'mcp.example.org:8443' });
    t.match(JSON.parse(text), { resource: 'http://mcp.example.org:8443/mcp' });
    const publicUrl = 'https://example.com/tools/mcp';
    await gateway.publish(services, { policy: { hosts: [], publicUrl, auth: methodsFor(issuer) } });
    for (const path of ['/mcp/default/shop', '/tools/mcp/default/shop']) {
      const resource = 'https://example.com/tools/mcp/default/shop';
      t.match(JSON.parse((await metadata(path)).text), { resource }, path);
    }
    const { headers } = await send(gateway.url);
    t.match(
      headers['www-authenticate'],
      'resource_metadata="https://example.com/tools/.well-known/oauth-protected-resource/mcp"',
    );
  });
});

function methodsFor({ url }: OidcIssuer): AuthPolicy {
  const claims = { userClaim: 'sub', groupsClaim: 'groups', scopesClaim: 'scope' };
  const rest = { algorithms: ['RS256'], clockSkewSeconds: 0, allowPrivateAddresses: true };
  return { methods: [{ jwt: { issuer: url, ...claims, ...rest } }] };
}
