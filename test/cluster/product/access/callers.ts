import { certificateAuthority, type Certificate } from '../../../support/certificates.ts';
import { oauthClientOf } from '../../../support/oauth-clients.ts';
import { TestOAuthProvider } from '../../../support/oauth-provider.ts';
import { tokenFor } from '../../../support/oauth-token.ts';
import { deployIssuer } from '../oidc-workload.ts';
import type { AccessScene } from './scene.ts';

/** What a caller brings, and to which gateway if not to the main one. */
export interface Caller {
  readonly headers?: Readonly<Record<string, string>>;
  readonly certificate?: Certificate;
  readonly origin?: string;
}

export const bearer = (token: string): Caller => ({ headers: { authorization: `Bearer ${token}` } });

const ALL_SCOPES = 'tools:read tools:write';

/** All callers, by what the table calls them, but for the one whose token has expired. */
export async function accessCallers(scene: AccessScene): Promise<Record<string, Caller>> {
  const { clients, apiKey, guestsOrigin } = scene;
  const others = certificateAuthority('another CA');
  const guest = { origin: guestsOrigin };
  const key: Caller = { headers: { 'x-api-key': apiKey } };
  const wrongKey: Caller = { headers: { 'x-api-key': 'guessed' } };
  return {
    nobody: {},
    'nobody, as a guest': guest,
    ...(await withTokens(scene)),
    ...(await withAccounts(scene)),
    'the key': key,
    'the key, among guests': { ...key, ...guest },
    'the key as a bearer token': bearer(apiKey),
    'a wrong key': wrongKey,
    'a wrong key, among guests': { ...wrongKey, ...guest },
    'a certificate of friends': { certificate: clients.issue('spiffe://cluster.local/ns/friends/sa/agent') },
    'a certificate of strangers': { certificate: clients.issue('spiffe://cluster.local/ns/strangers/sa/agent') },
    'a certificate of another CA': { certificate: others.issue('spiffe://cluster.local/ns/friends/sa/agent') },
    'an expired certificate': { certificate: clients.issueExpired('spiffe://cluster.local/ns/friends/sa/agent') },
    'a certificate of friends, with a wrong token': {
      ...bearer('wrong'),
      certificate: clients.issue('spiffe://cluster.local/ns/friends/sa/agent'),
    },
    'no token': bearer('a.b.c'),
  };
}

async function withTokens(scene: AccessScene): Promise<Record<string, Caller>> {
  const { product, issuer, servers, shop, office, origin } = scene;
  const token = async (user: string, path = '/mcp', firstScope?: string): Promise<Caller> => {
    const options = firstScope === undefined ? {} : { firstScope };
    const provider = new TestOAuthProvider(issuer.browser(servers.cert), user, options);
    const client = await oauthClientOf.modern(`${origin}${path}`, provider);
    await client.close();
    return bearer(provider.tokens()?.access_token ?? '');
  };
  const planner = new URL(`${origin}/agents/${office}/planner`);
  const forPlanner = async (user: string) => bearer(await tokenFor(issuer.browser(), user, planner, ALL_SCOPES));
  const foreign = await deployIssuer(product.cluster, await product.namespace('elsewhere'));
  return {
    'ada, for all': await token('ada'),
    'ada, to read': await token('ada', '/mcp', 'tools:read'),
    'ada, for the server': await token('ada', `/mcp/${shop}/dice`),
    'ada, for planner': await forPlanner('ada'),
    'ada, of a foreign issuer': bearer(await tokenFor(foreign.browser(), 'ada', new URL(`${origin}/mcp`), ALL_SCOPES)),
    'bob, for all': await token('bob'),
    'carol, of auditors': await token('carol'),
    'carol, for planner': await forPlanner('carol'),
    'dave, of acme': await token('dave'),
    'erin, of neither': await token('erin'),
  };
}

async function withAccounts({ product, gateway, friends, strangers }: AccessScene): Promise<Record<string, Caller>> {
  const account = async (namespace: string, ...options: string[]): Promise<Caller> =>
    bearer((await product.cluster.kubectl('create', 'token', 'default', '-n', namespace, ...options)).trim());
  const audience = ['--audience', `${gateway.name}-mcp.${gateway.namespace}.svc`];
  return {
    'a ServiceAccount of friends': await account(friends, ...audience),
    'a ServiceAccount of strangers': await account(strangers, ...audience),
    'a ServiceAccount of friends, for the API server': await account(friends),
    'a ServiceAccount of friends, for another gateway': await account(friends, '--audience', 'other-mcp.tools.svc'),
  };
}
