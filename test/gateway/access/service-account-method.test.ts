import type { IncomingMessage } from 'node:http';
import { SignJWT } from 'jose';
import t, { type Test } from 'tap';
import { AuthenticationCounts } from '../../../gateway/access/authentication-counts.ts';
import { CredentialError } from '../../../gateway/access/credential-error.ts';
import type { Principal } from '../../../gateway/access/principal.ts';
import { ResourceUrls } from '../../../gateway/access/resource-urls.ts';
import { serviceAccountMethod } from '../../../gateway/access/service-account-method.ts';
import { VerifiedTokens } from '../../../gateway/access/verified-tokens.ts';
import { createLogger } from '../../../gateway/log.ts';
import { scriptedKubeApi, type ScriptedKubeApi } from '../../support/scripted-kube-api.ts';
import { issuerKey, publicJwk, type IssuerKey } from '../../support/test-issuer.ts';
import { until } from '../../support/until.ts';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const AUDIENCE = 'main-mcp.tools.svc';
const gateway = { namespace: 'tools', name: 'main' };
const resources = new ResourceUrls({ gateway, clusterDomains: [], policy: undefined });

/** The method of a gateway whose API server is this one. */
function methodAt({ url }: ScriptedKubeApi, times: { readonly retryMs: number; readonly cooldownMs?: number }) {
  return serviceAccountMethod(
    { audiences: [AUDIENCE] },
    {
      kubeApi: { url },
      tokens: new VerifiedTokens(),
      resources: () => resources,
      counts: new AuthenticationCounts(),
      log: createLogger({ level: 'error', format: 'json' }),
      times,
    },
  );
}

interface Setup {
  readonly api: ScriptedKubeApi;
  readonly key: IssuerKey;
  readonly method: ReturnType<typeof serviceAccountMethod>;
  /** Who a token is of, or why it is refused. */
  readonly ask: (token: string) => Promise<Principal | string | undefined>;
}

async function setup(t: Test): Promise<Setup> {
  const api = await scriptedKubeApi();
  const key = issuerKey('RS256');
  const jwk = await publicJwk(key);
  api.script = ({ path, accept }) => {
    if (path === '/.well-known/openid-configuration') {
      return { status: 200, body: { issuer: ISSUER, jwks_uri: 'https://192.0.2.1:6443/openid/v1/jwks' } };
    }
    if (path !== '/openid/v1/jwks') return undefined;
    // As a real one has it.
    return accept === 'application/jwk-set+json' ? { status: 200, body: { keys: [jwk] } } : { status: 406 };
  };
  const method = methodAt(api, { retryMs: 20, cooldownMs: 20 });
  t.teardown(async () => {
    method.close();
    await api.stop();
  });
  const ask = async (token: string): Promise<Principal | string | undefined> => {
    try {
      return await method.authenticate({ headers: { authorization: `Bearer ${token}` } } as IncomingMessage, '/mcp');
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      return error.reason;
    }
  };
  return { api, key, method, ask };
}

/** A token as the API server makes it. */
function token({ kid, privateKey }: IssuerKey, aud: string, claims: Record<string, unknown> = {}): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000);
  const bound = {
    namespace: 'shop',
    serviceaccount: { name: 'agent', uid: 'b4c8' },
    pod: { name: 'agent-0', uid: '1' },
  };
  const sub = 'system:serviceaccount:shop:agent';
  return new SignJWT({
    iss: ISSUER,
    sub,
    aud: [aud],
    exp: seconds + 600,
    nbf: seconds,
    'kubernetes.io': bound,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid })
    .sign(privateKey);
}

t.test("a ServiceAccount's token for the gateway says whose it is", async (t) => {
  const { key, ask } = await setup(t);
  t.match(await ask(await token(key, AUDIENCE)), {
    id: '["serviceAccount","shop","agent","b4c8"]',
    method: 'serviceAccount',
    name: 'shop/agent',
    issuer: ISSUER,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    claims: { 'kubernetes.io': { pod: { name: 'agent-0' } } },
  });
});

t.test('a token for the API server, or for another, is refused', async (t) => {
  const { key, ask } = await setup(t);
  for (const audience of [ISSUER, 'main-mcp.other.svc', '']) t.equal(await ask(await token(key, audience)), 'audience');
});

t.test('a token of no ServiceAccount, and one that the cluster has not signed, are refused', async (t) => {
  const { key, ask } = await setup(t);
  t.equal(await ask(await token(key, AUDIENCE, { sub: 'system:node:a' })), 'claims');
  t.equal(await ask(await token({ ...issuerKey('RS256'), kid: key.kid }, AUDIENCE)), 'signature');
});

t.test('a token of another issuer is for other methods', async (t) => {
  const { key, ask } = await setup(t);
  await ask(await token(key, AUDIENCE));
  t.equal(await ask(await token(key, AUDIENCE, { iss: 'https://issuer.example.com' })), undefined);
});

t.test('while the API server does not answer, only what looks like a ServiceAccount waits for it', async (t) => {
  const { api, key, method, ask } = await setup(t);
  const { script } = api;
  api.script = () => ({ status: 503 });
  const later = methodAt(api, { retryMs: 20 });
  t.teardown(() => later.close());
  const asking = async (text: string) =>
    later.authenticate({ headers: { authorization: `Bearer ${text}` } } as IncomingMessage, '/mcp');
  await t.rejects(asking(await token(key, AUDIENCE)), { message: /cannot be told now/ });
  t.match(later.error, /keys of the cluster's ServiceAccounts cannot be had: The API server answered 503/);
  t.equal(await asking(await token(key, AUDIENCE, { 'kubernetes.io': undefined })), undefined);
  api.script = script;
  await until('it to answer again', () => later.error === undefined);
  t.match(await asking(await token(key, AUDIENCE)), { name: 'shop/agent' });
  t.match(await ask(await token(key, AUDIENCE)), { name: 'shop/agent' });
  t.equal(method.error, undefined);
});
