/** Who is let in, by each of the ways to say who one is, and what each may do, with real parts: an issuer, ServiceAccounts, certificates. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { Test } from 'tap';
import { certificateAuthority } from '../../support/certificates.ts';
import { oauthClientOf } from '../../support/oauth-clients.ts';
import { TestOAuthProvider } from '../../support/oauth-provider.ts';
import { until } from '../../support/until.ts';
import { waitUntilReachable } from '../harness/reachable.ts';
import { accessCallers, bearer, type Caller } from '../product/access/callers.ts';
import { accessScene, tlsData, writeSecret, type AccessScene } from '../product/access/scene.ts';
import { outcomeOf, type Outcome } from '../product/access/requests.ts';
import { EXPIRED, rows } from '../product/access/table.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText, type Product } from '../product/product.ts';

async function letsInWhoBelongs(t: Test, product: Product): Promise<void> {
  const here = await accessScene(product);
  const { gateway } = here;
  await gateway.condition('Ready', 'True', /ready with \d+ services$/, { deadlineMs: 60_000 });
  const expired = await staysLoggedIn(t, here);
  const callers: Readonly<Record<string, Caller>> = { ...(await accessCallers(here)), [EXPIRED]: expired };
  t.ok(rows.length >= 60, `${rows.length} rows, each in both eras`);
  for (const era of ['legacy', 'modern'] as const) {
    for (const { caller, request, expected } of rows) {
      const found = await outcomeOf(here, callers[caller] as Caller, request, era);
      t.equal(found, expected, `${caller}: ${request}, in the ${era} era`);
    }
  }
  await followsSecrets(t, here);
}

/**
 * The SDKs' own clients log in by themselves, and stay so when their token expires.
 * @returns who brings one that did
 */
async function staysLoggedIn(t: Test, here: AccessScene): Promise<Caller> {
  const { issuer, servers, origin } = here;
  let expired: Caller = {};
  for (const era of ['legacy', 'modern'] as const) {
    const provider = new TestOAuthProvider(issuer.browser(servers.cert), 'ada', { tokenSeconds: 5 });
    const client = await oauthClientOf[era](`${origin}/mcp`, provider);
    const said = () => callText(client, 'dice_echo', { text: 'hi' });
    t.equal(await said(), 'hi', `a ${era} client logs in by itself`);
    const first = provider.tokens()?.access_token ?? '';
    expired = bearer(first);
    const refused = async () => (await outcomeOf(here, expired, 'list all tools', 'modern')) === 401;
    await until('the token to expire', refused, { everyMs: 200 });
    t.equal(await said(), 'hi', `the ${era} client goes on when its token has expired`);
    t.not(provider.tokens()?.access_token, first, 'with another');
    t.equal(provider.visits, 1, 'and nobody was asked again');
    await client.close();
  }
  return expired;
}

/** The Secrets are written anew, as cert-manager does when it renews. */
async function followsSecrets(t: Test, here: AccessScene): Promise<void> {
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
  const outcome = (caller: Caller) => outcomeOf(here, caller, 'list all tools', 'modern');
  const is = (caller: Caller, expected: Outcome) => async () => (await outcome(caller)) === expected;
  const served = async () => (await servedCertificate(host, servers.cert)) === fingerprintOf(renewed.cert);
  // A kubelet looks at a pod's Secrets once a minute or two.
  const options = { deadlineMs: 240_000, everyMs: 500 };
  await until('the new CA of clients', is({ certificate: next.issue(identity) }, 'yes'), options);
  t.equal(await outcome({ certificate: here.clients.issue(identity) }), 'no connection');
  await until('the renewed certificate to be served', served, options);
  await until('the key to be gone', is({ headers: { 'x-api-key': here.apiKey } }, 401), options);
  await waitUntilReachable(product.cluster, gateway.namespace, host, 8080);
  await product.cluster.client.delete({ apiVersion: 'v1', kind: 'Secret', namespace: gateway.namespace, name: 'keys' });
  await gateway.condition('Ready', 'True', /There are no API keys/, options);
}

const fingerprintOf = (cert: string): string => new X509Certificate(cert).fingerprint256;

/** The fingerprint of the certificate that a new connection is shown. */
async function servedCertificate(host: string, ca: string): Promise<string> {
  const socket = connect({ host, port: 8080, servername: host, ca });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.destroy();
  }
}

productScenario(
  'who belongs is let in, by a token, a ServiceAccount, a key or a certificate, and uses what it may; nobody else is',
  { timeoutMs: 900_000 },
  letsInWhoBelongs,
);
