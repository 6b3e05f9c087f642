import { createHash, randomBytes } from 'node:crypto';
import { certificateAuthority, type Certificate } from '../../../support/certificates.ts';
import { oauthClientOf } from '../../../support/oauth-clients.ts';
import { TestOAuthProvider } from '../../../support/oauth-provider.ts';
import type { TestGateway } from '../gateway.ts';
import { deployIssuer, type DeployedIssuer } from '../oidc-workload.ts';
import type { Product } from '../product.ts';

const GATEWAY = 'main';

/** What a caller brings. */
export interface Caller {
  readonly headers?: Readonly<Record<string, string>>;
  readonly certificate?: Certificate;
}

/** A Gateway that lets in callers of each kind, and what they call from and for. */
export interface AccessScene {
  readonly product: Product;
  readonly gateway: TestGateway;
  readonly issuer: DeployedIssuer;
  /** Of the gateway's own certificate, and of clients' certificates. */
  readonly servers: ReturnType<typeof certificateAuthority>;
  readonly clients: ReturnType<typeof certificateAuthority>;
  /** The namespaces of a server whose tools friends may use, and of one of which they may use little. */
  readonly shop: string;
  readonly bank: string;
  /** A namespace of callers that rules mean, and one that they do not. */
  readonly friends: string;
  readonly strangers: string;
  readonly apiKey: string;
  /** The origin of the gateway's Service. */
  readonly origin: string;
}

/** The Secret of the gateway's certificate, and that of the clients' CA, as cert-manager writes them. */
export async function writeSecret(
  product: Product,
  namespace: string,
  name: string,
  data: Record<string, string>,
): Promise<void> {
  const type = 'tls.key' in data ? 'kubernetes.io/tls' : 'Opaque';
  // Not stringData: what is left out of that would stay.
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  await product.cluster.client.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name },
    type,
    data: Object.fromEntries(encoded),
  });
}

export function tlsData({ cert, key }: Certificate, ca: string): Record<string, string> {
  return { 'tls.crt': cert, 'tls.key': key, 'ca.crt': ca };
}

/** Makes the scene: an issuer, two servers, and a Gateway that asks who one is. */
export async function accessScene(product: Product): Promise<AccessScene> {
  const [namespace, shop, bank, friends, strangers, login] = (await Promise.all(
    ['gateway', 'shop', 'bank', 'friends', 'strangers', 'login'].map((prefix) => product.namespace(prefix)),
  )) as [string, string, string, string, string, string];
  const servers = certificateAuthority('CA of servers');
  const clients = certificateAuthority('CA of clients');
  const apiKey = randomBytes(32).toString('hex');
  const host = `${GATEWAY}-mcp.${namespace}.svc.cluster.local`;
  const hash = createHash('sha256').update(apiKey).digest('hex');
  const [issuer] = await Promise.all([
    deployIssuer(product.cluster, login),
    product.server({ namespace: shop, program: 'modern', name: 'dice' }),
    product.server({ namespace: bank, program: 'legacy', name: 'safe' }),
    writeSecret(product, namespace, 'gateway-tls', tlsData(servers.issue(host), servers.cert)),
    writeSecret(product, namespace, 'clients-ca', tlsData(clients.issue('ca.example.com'), clients.cert)),
    writeSecret(product, namespace, 'keys', { robot: `sha256:${hash}` }),
  ]);
  await product.cluster.client.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name: 'cas' },
    data: { 'issuer.crt': issuer.ca },
  });
  const gateway = await product.gateway({
    namespace,
    name: GATEWAY,
    spec: {
      enableTls: true,
      tlsSecretRef: 'gateway-tls',
      clientCaSecretRef: 'clients-ca',
      caConfigMapRef: 'cas',
      auth: {
        methods: [
          { jwt: { issuer: issuer.url, allowPrivateAddresses: true } },
          { serviceAccount: {} },
          { apiKey: { secretRef: 'keys' } },
          { clientCertificate: {} },
        ],
        rules: rulesFor({ shop, bank, friends }),
      },
    },
  });
  await gateway.service(shop, 'dice', 'Available');
  await gateway.service(bank, 'safe', 'Available');
  const origin = `https://${host}:8080`;
  return { product, gateway, issuer, servers, clients, shop, bank, friends, strangers, apiKey, origin };
}

/** Friends may use the shop, and little of the bank; one of them more, with a scope. */
function rulesFor({ shop, bank, friends }: Pick<AccessScene, 'shop' | 'bank' | 'friends'>): object[] {
  const from = [
    // The issuer gives out no token without a scope, and clients ask for those that rules name.
    { users: ['ada'], scopes: ['tools:read'] },
    { serviceAccounts: [`${friends}/*`] },
    { apiKeys: ['robot'] },
    { certificates: ['spiffe://cluster.local/ns/friends/*'] },
  ];
  const few = { services: [`${bank}/*`], tools: ['echo'], prompts: ['greet'], resources: ['test://about'] };
  return [
    { name: 'friends', effect: 'Allow', from, to: [{ services: [`${shop}/*`] }, few] },
    {
      name: 'adders',
      effect: 'Allow',
      from: [{ users: ['ada'], scopes: ['tools:read', 'tools:write'] }],
      to: [{ services: [`${bank}/*`], tools: ['add'] }],
    },
    { name: 'nobody-toggles', effect: 'Deny', to: [{ tools: ['toggle'] }] },
  ];
}

const bearer = (token: string): Caller => ({ headers: { authorization: `Bearer ${token}` } });

/** All callers, by what the table calls them. */
export async function accessCallers(scene: AccessScene): Promise<Record<string, Caller>> {
  const { product, gateway, issuer, servers, clients, shop, friends, strangers, apiKey, origin } = scene;
  const token = async (user: string, path: string, scope?: string): Promise<Caller> => {
    const options = scope === undefined ? {} : { firstScope: scope };
    const provider = new TestOAuthProvider(issuer.browser(servers.cert), user, options);
    const client = await oauthClientOf.modern(`${origin}${path}`, provider);
    await client.close();
    return bearer(provider.tokens()?.access_token ?? '');
  };
  const account = async (namespace: string, ...options: string[]): Promise<Caller> =>
    bearer((await product.cluster.kubectl('create', 'token', 'default', '-n', namespace, ...options)).trim());
  const audience = ['--audience', `${GATEWAY}-mcp.${gateway.namespace}.svc`];
  const others = certificateAuthority('another CA');
  return {
    nobody: {},
    'ada, for all': await token('ada', '/mcp'),
    'ada, to read': await token('ada', '/mcp', 'tools:read'),
    'ada, for the server': await token('ada', `/mcp/${shop}/dice`),
    'bob, for all': await token('bob', '/mcp'),
    'a ServiceAccount of friends': await account(friends, ...audience),
    'a ServiceAccount of strangers': await account(strangers, ...audience),
    'a ServiceAccount of friends, for the API server': await account(friends),
    'a ServiceAccount of friends, for another gateway': await account(friends, '--audience', 'other-mcp.tools.svc'),
    'the key': { headers: { 'x-api-key': apiKey } },
    'the key as a bearer token': bearer(apiKey),
    'a wrong key': { headers: { 'x-api-key': 'guessed' } },
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
