import { randomBytes } from 'node:crypto';
import { apiKeyHash } from '../../../support/api-key-hash.ts';
import { certificateAuthority, type Certificate } from '../../../support/certificates.ts';
import type { TestGateway } from '../gateway.ts';
import { deployIssuer, type DeployedIssuer } from '../oidc-workload.ts';
import type { Product } from '../product.ts';

const GATEWAY = 'main';
const GUESTS = 'guests';

/** What the issuer says of users: the rules mean one by a group, one by a claim, and one who has nearly either by none. */
const claims = {
  carol: { groups: ['staff', 'auditors'] },
  dave: { tenant: 'acme' },
  erin: { groups: ['auditors-of-old'], tenant: 'acme-labs' },
};

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
  /** The namespace of an agent. */
  readonly office: string;
  /** A namespace of callers that rules mean, and one that they do not. */
  readonly friends: string;
  readonly strangers: string;
  readonly apiKey: string;
  /** The origin of the gateway's Service. */
  readonly origin: string;
  /** That of a gateway that lets in who brings nothing, too. */
  readonly guestsOrigin: string;
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

/** Makes the scene: an issuer, two servers, an agent, a Gateway that asks who one is, and one that does not insist. */
export async function accessScene(product: Product): Promise<AccessScene> {
  const [namespace, shop, bank, office, friends, strangers, login] = (await Promise.all(
    ['gateway', 'shop', 'bank', 'office', 'friends', 'strangers', 'login'].map((prefix) => product.namespace(prefix)),
  )) as [string, string, string, string, string, string, string];
  const servers = certificateAuthority('CA of servers');
  const clients = certificateAuthority('CA of clients');
  const apiKey = randomBytes(32).toString('hex');
  const hosts = [GATEWAY, GUESTS].map((name) => `${name}-mcp.${namespace}.svc.cluster.local`);
  const [issuer] = await Promise.all([
    deployIssuer(product.cluster, login, claims),
    product.server({ namespace: shop, program: 'modern', name: 'dice' }),
    product.server({ namespace: bank, program: 'legacy', name: 'safe' }),
    product.server({
      namespace: office,
      program: 'a2a',
      name: 'planner',
      folder: 'agents',
      annotations: { 'mcp.fetchfy.ai/type': 'agent' },
    }),
    writeSecret(product, namespace, 'gateway-tls', tlsData(servers.issue(...hosts), servers.cert)),
    writeSecret(product, namespace, 'clients-ca', tlsData(clients.issue('ca.example.com'), clients.cert)),
    writeSecret(product, namespace, 'keys', { robot: apiKeyHash(apiKey) }),
  ]);
  await product.cluster.client.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name: 'cas' },
    data: { 'issuer.crt': issuer.ca },
  });
  const tls = { enableTls: true, tlsSecretRef: 'gateway-tls' };
  const apiKeys = { apiKey: { secretRef: 'keys' } };
  const [gateway, guests] = await Promise.all([
    product.gateway({
      namespace,
      name: GATEWAY,
      spec: {
        ...tls,
        clientCaSecretRef: 'clients-ca',
        caConfigMapRef: 'cas',
        auth: {
          methods: [
            // All run on one machine, with one clock.
            { jwt: { issuer: issuer.url, allowPrivateAddresses: true, clockSkewSeconds: 0 } },
            { serviceAccount: {} },
            apiKeys,
            { clientCertificate: {} },
          ],
          rules: rulesFor({ shop, bank, office, friends }),
        },
      },
    }),
    product.gateway({
      namespace,
      name: GUESTS,
      spec: { ...tls, auth: { methods: [apiKeys, { anonymous: {} }], rules: guestRulesFor(shop) } },
    }),
  ]);
  for (const each of [gateway, guests]) {
    await each.service(shop, 'dice', 'Available');
    await each.service(bank, 'safe', 'Available');
    await each.service(office, 'planner', 'Available');
  }
  const [origin = '', guestsOrigin = ''] = hosts.map((host) => `https://${host}:8080`);
  const namespaces = { shop, bank, office, friends, strangers };
  return { product, gateway, issuer, servers, clients, ...namespaces, apiKey, origin, guestsOrigin };
}

type Namespaces = Pick<AccessScene, 'shop' | 'bank' | 'office' | 'friends'>;

/** Friends may use the shop, the agent, and little of the bank; one of them more, with a scope. */
function rulesFor({ shop, bank, office, friends }: Namespaces): object[] {
  const from = [
    // The issuer gives out no token without a scope, and clients ask for those that rules name.
    { users: ['ada'], scopes: ['tools:read'] },
    { serviceAccounts: [`${friends}/*`] },
    { apiKeys: ['robot'] },
    { certificates: ['spiffe://cluster.local/ns/friends/*'] },
  ];
  const few = { services: [`${bank}/*`], tools: ['echo'], prompts: ['greet'], resources: ['test://about'] };
  return [
    {
      name: 'friends',
      effect: 'Allow',
      from,
      to: [{ services: [`${shop}/*`] }, { agents: [`${office}/planner`] }, few],
    },
    {
      name: 'adders',
      effect: 'Allow',
      from: [{ users: ['ada'], scopes: ['tools:read', 'tools:write'] }],
      to: [{ services: [`${bank}/*`], tools: ['add'] }],
    },
    {
      name: 'auditors',
      effect: 'Allow',
      from: [{ groups: ['auditors'] }],
      to: [{ services: [`${bank}/*`, `${office}/*`], tools: ['add', 'delegate'] }],
    },
    {
      name: 'acme',
      effect: 'Allow',
      from: [{ claims: [{ name: 'tenant', values: ['acme'] }] }],
      to: [{ services: [`${shop}/*`] }],
    },
    { name: 'nobody-toggles', effect: 'Deny', to: [{ tools: ['toggle'] }] },
  ];
}

/** Guests may do one thing; who shows the key may do all. */
function guestRulesFor(shop: string): object[] {
  return [
    {
      name: 'guests',
      effect: 'Allow',
      from: [{ anonymous: true }],
      to: [{ services: [`${shop}/*`], tools: ['echo'] }],
    },
    { name: 'known', effect: 'Allow', from: [{ anonymous: false }] },
  ];
}
