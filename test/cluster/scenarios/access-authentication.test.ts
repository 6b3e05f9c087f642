/** Who is let in, by each of the ways to say who one is, with real parts: an issuer, ServiceAccounts, certificates. */
import { createHash, randomBytes } from 'node:crypto';
import { Agent } from 'node:https';
import type { Test } from 'tap';
import { certificateAuthority, type Certificate } from '../../support/certificates.ts';
import { answerOf, initialize, LegacySession, modern, type HttpAnswer } from '../../support/mcp-http.ts';
import { oauthClientOf } from '../../support/oauth-clients.ts';
import { TestOAuthProvider } from '../../support/oauth-provider.ts';
import { until } from '../../support/until.ts';
import { waitUntilReachable } from '../harness/reachable.ts';
import type { TestGateway } from '../product/gateway.ts';
import { deployIssuer, type DeployedIssuer } from '../product/oidc-workload.ts';
import { productScenario } from '../product/product-scenario.ts';
import { toolNames, type Product } from '../product/product.ts';

const GATEWAY = 'main';
const eras = ['legacy', 'modern'] as const;
type Era = (typeof eras)[number];

/** What a caller brings. */
interface Caller {
  readonly headers?: Readonly<Record<string, string>>;
  readonly certificate?: Certificate;
}

/** What a request comes to: it sees the tools, it sees none of them, a status, or no connection. */
type Expected = 'tools' | 'nothing' | 401 | 404 | 'no connection';

type Row = readonly [caller: string, path: string, expected: Expected];

interface Scene {
  readonly product: Product;
  readonly gateway: TestGateway;
  readonly issuer: DeployedIssuer;
  /** Of the gateway's own certificate, and of clients' certificates. */
  readonly servers: ReturnType<typeof certificateAuthority>;
  readonly clients: ReturnType<typeof certificateAuthority>;
  readonly shop: string;
  /** A namespace of callers that rules mean, and one that they do not. */
  readonly friends: string;
  readonly strangers: string;
  readonly apiKey: string;
  /** The origin of the gateway's Service. */
  readonly origin: string;
}

/** The Secret of the gateway's certificate, and that of the clients' CA, as cert-manager writes them. */
async function writeSecret(
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

function tlsData({ cert, key }: Certificate, ca: string): Record<string, string> {
  return { 'tls.crt': cert, 'tls.key': key, 'ca.crt': ca };
}

async function scene(product: Product): Promise<Scene> {
  const [namespace, shop, friends, strangers, login] = (await Promise.all(
    ['gateway', 'shop', 'friends', 'strangers', 'login'].map((prefix) => product.namespace(prefix)),
  )) as [string, string, string, string, string];
  const servers = certificateAuthority('CA of servers');
  const clients = certificateAuthority('CA of clients');
  const apiKey = randomBytes(32).toString('hex');
  const host = `${GATEWAY}-mcp.${namespace}.svc.cluster.local`;
  const hash = createHash('sha256').update(apiKey).digest('hex');
  const [issuer] = await Promise.all([
    deployIssuer(product.cluster, login),
    product.server({ namespace: shop, program: 'modern', name: 'dice' }),
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
  const from = [
    // The issuer gives out no token without a scope, and clients ask for those that rules name.
    { users: ['ada'], scopes: ['tools:read'] },
    { serviceAccounts: [`${friends}/*`] },
    { apiKeys: ['robot'] },
    { certificates: ['spiffe://cluster.local/ns/friends/*'] },
  ];
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
        rules: [{ name: 'friends', effect: 'Allow', from }],
      },
    },
  });
  await gateway.service(shop, 'dice', 'Available');
  const origin = `https://${host}:8080`;
  return { product, gateway, issuer, servers, clients, shop, friends, strangers, apiKey, origin };
}

/** What a request of a caller comes to. */
async function outcome(t: Test, { origin, servers }: Scene, caller: Caller, path: string, era: Era): Promise<Expected> {
  const { headers = {}, certificate } = caller;
  const agent = new Agent({ ca: servers.cert, ...certificate });
  t.teardown(() => agent.destroy());
  const url = `${origin}${path}`;
  let answer: HttpAnswer;
  try {
    answer = await list(url, era, { headers, agent });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return 'no connection';
  }
  if (answer.status !== 200) return answer.status as Expected;
  const { tools } = answerOf(answer).result as { tools: unknown[] };
  return tools.length > 0 ? 'tools' : 'nothing';
}

async function list(
  url: string,
  era: Era,
  options: { headers: Record<string, string>; agent: Agent },
): Promise<HttpAnswer> {
  if (era === 'modern') return modern(url, 'tools/list', {}, options);
  const answer = await initialize(url, '2025-11-25', options);
  if (answer.status !== 200) return answer;
  const session = await LegacySession.begin(url, '2025-11-25', options);
  return session.request('tools/list', {}, { headers: { ...session.headers, ...options.headers } });
}

const bearer = (token: string): Caller => ({ headers: { authorization: `Bearer ${token}` } });

/** All callers, by what the table calls them. */
async function callersOf(scene: Scene): Promise<Record<string, Caller>> {
  const { product, gateway, issuer, servers, clients, shop, friends, strangers, apiKey, origin } = scene;
  const token = async (user: string, path: string): Promise<Caller> => {
    const provider = new TestOAuthProvider(issuer.browser(servers.cert), user);
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

const ALL = '/mcp';
const SERVER = '/mcp/SHOP/dice';
const UNKNOWN = '/mcp/SHOP/none';

const table: readonly Row[] = [
  ['nobody', ALL, 401],
  ['nobody', SERVER, 401],
  ['nobody', UNKNOWN, 401],
  ['ada, for all', ALL, 'tools'],
  ['ada, for all', SERVER, 401],
  ['ada, for the server', SERVER, 'tools'],
  ['ada, for the server', ALL, 401],
  ['bob, for all', ALL, 'nothing'],
  ['bob, for all', SERVER, 401],
  ['a ServiceAccount of friends', ALL, 'tools'],
  ['a ServiceAccount of friends', SERVER, 'tools'],
  ['a ServiceAccount of friends', UNKNOWN, 404],
  ['a ServiceAccount of strangers', ALL, 'nothing'],
  ['a ServiceAccount of strangers', SERVER, 404],
  ['a ServiceAccount of friends, for the API server', ALL, 401],
  ['a ServiceAccount of friends, for another gateway', ALL, 401],
  ['the key', ALL, 'tools'],
  ['the key', SERVER, 'tools'],
  ['the key as a bearer token', ALL, 'tools'],
  ['a wrong key', ALL, 401],
  ['a certificate of friends', ALL, 'tools'],
  ['a certificate of friends', SERVER, 'tools'],
  ['a certificate of strangers', ALL, 'nothing'],
  ['a certificate of strangers', SERVER, 404],
  ['a certificate of another CA', ALL, 'no connection'],
  ['an expired certificate', ALL, 'no connection'],
  ['a certificate of friends, with a wrong token', ALL, 401],
  ['no token', ALL, 401],
];

async function letsInWhoBelongs(t: Test, product: Product): Promise<void> {
  const here = await scene(product);
  const { gateway, issuer, servers, origin, shop } = here;
  await gateway.condition('Ready', 'True', /ready with \d+ services$/, { deadlineMs: 60_000 });
  const client = await oauthClientOf.legacy(
    `${origin}/mcp`,
    new TestOAuthProvider(issuer.browser(servers.cert), 'ada'),
  );
  t.ok((await toolNames(client)).length > 0, 'an SDK client logs in by itself');
  await client.close();
  const callers = await callersOf(here);
  for (const era of eras) {
    for (const [name, path, expected] of table) {
      const found = await outcome(t, here, callers[name] as Caller, path.replace('SHOP', shop), era);
      t.equal(found, expected, `${name}, at ${path}, in the ${era} era`);
    }
  }
  await followsSecrets(t, here);
}

/** The Secrets are written anew, as cert-manager does when it renews. */
async function followsSecrets(t: Test, here: Scene): Promise<void> {
  const { product, gateway, servers } = here;
  const next = certificateAuthority('next CA of clients');
  const identity = 'spiffe://cluster.local/ns/friends/sa/agent';
  const host = new URL(here.origin).hostname;
  const renewed = servers.issue(host);
  await Promise.all([
    writeSecret(product, gateway.namespace, 'gateway-tls', tlsData(renewed, servers.cert)),
    writeSecret(product, gateway.namespace, 'clients-ca', tlsData(next.issue('ca.example.com'), next.cert)),
    writeSecret(product, gateway.namespace, 'keys', { other: `sha256:${'0'.repeat(64)}` }),
  ]);
  const is = (caller: Caller, expected: Expected) => async () =>
    (await outcome(t, here, caller, ALL, 'modern')) === expected;
  // A kubelet looks at a pod's Secrets once a minute or two.
  const options = { deadlineMs: 240_000, everyMs: 500 };
  await until('the new CA of clients', is({ certificate: next.issue(identity) }, 'tools'), options);
  t.equal(await outcome(t, here, { certificate: here.clients.issue(identity) }, ALL, 'modern'), 'no connection');
  await until('the key to be gone', is({ headers: { 'x-api-key': here.apiKey } }, 401), options);
  await waitUntilReachable(product.cluster, gateway.namespace, host, 8080);
  await product.cluster.client.delete({ apiVersion: 'v1', kind: 'Secret', namespace: gateway.namespace, name: 'keys' });
  await gateway.condition('Ready', 'True', /There are no API keys/, options);
}

productScenario(
  'who belongs is let in, by a token, a ServiceAccount, a key or a certificate, and nobody else',
  { timeoutMs: 900_000 },
  letsInWhoBelongs,
);
