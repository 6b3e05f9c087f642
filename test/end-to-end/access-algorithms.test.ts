/** Algorithms and keys of tokens: the Gateway says which algorithms count, the issuer which keys, the token neither. */
import { createHmac, type KeyObject } from 'node:crypto';
import { exportJWK } from 'jose';
import t, { type Test } from 'tap';
import { modern, type HttpAnswer } from '../support/mcp-http.ts';
import { startGateway } from '../support/start-gateway.ts';
import { issuerKey, publicJwk, TestIssuer, type IssuerKey } from '../support/test-issuer.ts';

const GATEWAY = 'the-gateway';
const REFUSED = /error="invalid_token", error_description="The algorithm of the token is none that is taken here/;
const kinds = ['RS256', 'ES256'] as const;

interface Setup {
  readonly issuer: TestIssuer;
  readonly ask: (token: string) => Promise<HttpAnswer>;
}

/** A gateway that takes some algorithms of an issuer with a key of a kind, which says what its key is for, or does not. */
async function setup(
  t: Test,
  kind: (typeof kinds)[number],
  algorithms: readonly string[],
  says = true,
): Promise<Setup> {
  const issuer = await TestIssuer.start(t);
  issuer.keys = [issuerKey(kind)];
  if (!says) issuer.answers.set(issuer.jwksPath, { body: { keys: [await silentJwk(issuer.key)] } });
  const methods = [issuer.method({ algorithms, audiences: [GATEWAY] })];
  const gateway = await startGateway([], { registry: { policy: { hosts: [], auth: { methods } } }, env: issuer.env });
  t.teardown(() => gateway.stop());
  const ask = (token: string): Promise<HttpAnswer> =>
    modern(gateway.url, 'tools/list', {}, { headers: { authorization: `Bearer ${token}` } });
  return { issuer, ask };
}

/** A public key that does not say which algorithm it is for. */
async function silentJwk(key: IssuerKey): Promise<object> {
  const { alg: _, use: __, ...jwk } = await publicJwk(key);
  return jwk;
}

for (const [index, kind] of kinds.entries()) {
  const other = kinds[1 - index] as string;
  t.test(`an issuer’s good token is refused whose algorithm, ${kind}, the Gateway does not name`, async (t) => {
    for (const says of [true, false]) {
      const { issuer, ask } = await setup(t, kind, [other, 'PS256'], says);
      const { status, headers } = await ask(await issuer.token(GATEWAY));
      t.equal(status, 401);
      t.match(headers['www-authenticate'], REFUSED);
    }
  });
}

/** The forms of a public key that somebody could take for the secret of a MAC. */
async function forms(key: KeyObject): Promise<Readonly<Record<string, string | Buffer>>> {
  const jwk = await exportJWK(key);
  const base64url = (value = ''): Buffer => Buffer.from(value, 'base64url');
  const pem = key.export({ type: 'spki', format: 'pem' });
  return {
    'PEM (SPKI)': pem,
    'PEM (SPKI) without its last line end': pem.toString().trimEnd(),
    'DER (SPKI)': key.export({ type: 'spki', format: 'der' }),
    JWK: JSON.stringify(jwk),
    'its numbers': Buffer.concat([base64url(jwk.n), base64url(jwk.e), base64url(jwk.x), base64url(jwk.y)]),
    ...(key.asymmetricKeyType === 'rsa' && {
      'PEM (PKCS #1)': key.export({ type: 'pkcs1', format: 'pem' }),
      'DER (PKCS #1)': key.export({ type: 'pkcs1', format: 'der' }),
      'its modulus': base64url(jwk.n),
    }),
  };
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

for (const kind of kinds) {
  for (const says of [true, false]) {
    t.test(
      `no form of a public key of ${kind} is the secret of a MAC, ${says ? 'with' : 'without'} its algorithm`,
      async (t) => {
        const { issuer, ask } = await setup(t, kind, kinds, says);
        const { kid, publicKey } = issuer.key;
        const own = await issuer.token(GATEWAY);
        t.equal((await ask(own)).status, 200, 'its own token is taken');
        const payload = own.split('.')[1];
        for (const [form, secret] of Object.entries(await forms(publicKey))) {
          for (const bits of ['256', '384', '512']) {
            for (const named of [{ kid }, {}]) {
              const signed = `${encoded({ alg: `HS${bits}`, ...named })}.${payload}`;
              const mac = createHmac(`sha${bits}`, secret).update(signed).digest('base64url');
              const { status, headers } = await ask(`${signed}.${mac}`);
              t.equal(status, 401, `${form}, HS${bits}`);
              t.match(headers['www-authenticate'], REFUSED);
            }
          }
        }
      },
    );
  }
}
