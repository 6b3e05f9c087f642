import t, { type Test } from 'tap';
import type { ExchangeSettings } from '../../../gateway/upstream/credential.ts';
import { openOutlets } from '../../../gateway/upstream/outlets.ts';
import { TokenExchange } from '../../../gateway/upstream/token-exchange.ts';
import { createLogger } from '../../../gateway/log.ts';
import { certificateAuthority } from '../../support/certificates.ts';
import { SecretFolder } from '../../support/secret-folder.ts';
import { tokenEndpoint, type TokenAnswer, type TokenRequest } from '../../support/token-endpoint.ts';

const authority = certificateAuthority();
const ann = { id: 'ann', token: 's3cr3t.of.ann' };
const refused = { code: 'ERR_OUTBOUND_EXCHANGE' };
const log = createLogger({ level: 'error', format: 'text', write: () => undefined });

async function exchanging(t: Test, answer?: (request: TokenRequest) => TokenAnswer | Promise<TokenAnswer>) {
  const folder = new SecretFolder();
  folder.write({ 'ca.crt': authority.cert });
  const endpoint = await tokenEndpoint(t, authority.issue('localhost'), answer);
  const outlets = openOutlets({ allowLoopback: true, caDir: folder.path, log });
  t.teardown(async () => {
    await outlets.close();
    folder.remove();
  });
  const clock = { now: 1_000_000 };
  const exchange = new TokenExchange({ fetch: outlets.fetch, now: () => clock.now });
  const settings: ExchangeSettings = {
    tokenUrl: endpoint.url,
    clientId: 'gate way',
    clientSecret: 'c:s',
    audience: 'shop',
  };
  return { endpoint, exchange, settings, clock };
}

t.test('the caller’s token is exchanged as RFC 8693 has it', async (t) => {
  const { endpoint, exchange, settings } = await exchanging(t);
  const whole = { ...settings, resource: 'https://shop.example/', scope: 'read write' };
  t.equal(await exchange.token('default/shop', whole, ann), 'for.shop.s3cr3t.of.ann');
  const [request] = endpoint.requests;
  t.strictSame(request?.form, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: 's3cr3t.of.ann',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: 'shop',
    resource: 'https://shop.example/',
    scope: 'read write',
  });
  // RFC 6749, section 2.3.1: both are form-encoded first.
  t.equal(request?.headers.authorization, `Basic ${Buffer.from('gate+way:c%3As').toString('base64')}`);
});

t.test('a token is kept for its caller and server, and asked for once by all who want it meanwhile', async (t) => {
  const { endpoint, exchange, settings } = await exchanging(t);
  const ask = async (): Promise<string> => exchange.token('default/shop', settings, ann);
  const first = await Promise.all([ask(), ask(), ask()]);
  t.equal(new Set(first).size, 1);
  t.equal(exchange.token('default/shop', settings, ann), first[0], 'at once from then on');
  t.equal(endpoint.requests.length, 1);
  t.equal(await exchange.token('default/shop', settings, { id: 'bob', token: 'of.bob' }), 'for.shop.of.bob');
  await exchange.token('default/other', settings, ann);
  await exchange.token('default/shop', settings, { id: 'ann', token: 'narrower' });
  t.equal(endpoint.requests.length, 4, 'another caller, server, or token of the caller is another');
  exchange.forget(new Set(['default/shop']));
  t.equal(exchange.size, 1);
  await exchange.token('default/shop', { ...settings }, ann);
  t.equal(endpoint.requests.length, 5);
});

t.test('another token is asked for shortly before one ends', async (t) => {
  const { endpoint, exchange, settings, clock } = await exchanging(t, ({ form }) => ({
    body: { access_token: `t${form['subject_token']}`, expires_in: 300 },
  }));
  await exchange.token('default/shop', settings, ann);
  clock.now += 269_000;
  await exchange.token('default/shop', settings, ann);
  t.equal(endpoint.requests.length, 1);
  clock.now += 2000;
  await exchange.token('default/shop', settings, ann);
  t.equal(endpoint.requests.length, 2);
});

t.test('a caller’s token that has expired is exchanged no more', async (t) => {
  const { endpoint, exchange, settings, clock } = await exchanging(t);
  const expired = { ...ann, expiresAt: clock.now };
  t.throws(() => exchange.token('default/shop', settings, expired), {
    ...refused,
    message: /has expired.*bring a new one/,
  });
  t.strictSame(endpoint.requests, []);
});

const faults: Readonly<Record<string, readonly [TokenAnswer, RegExp]>> = {
  'a refusal': [
    { status: 400, body: { error: 'invalid_grant', error_description: 's3cr3t.of.ann is no good' } },
    /could not be exchanged at https:\/\/localhost:\d+: it refused with invalid_grant \(HTTP status 400\)$/,
  ],
  'an error that is none': [
    { status: 401, body: { error: 's3cr3t.of.ann' } },
    /refused with another error \(HTTP status 401\)$/,
  ],
  'a redirect': [
    { status: 307, headers: { location: 'http://169.254.169.254/' } },
    /its answer is none of a token endpoint/,
  ],
  'an answer without a token': [{ body: { access_token: undefined } }, /its answer is none of a token endpoint/],
  'a token of another type': [
    { body: { access_token: 'x', token_type: 'mac' } },
    /its answer is none of a token endpoint/,
  ],
  'a server error': [
    { status: 500, headers: { 'content-type': 'text/plain' } },
    /its answer is none of a token endpoint/,
  ],
};

for (const [name, [answer, message]] of Object.entries(faults)) {
  t.test(`${name} is told without a word of a token, and counts for a moment`, async (t) => {
    const { endpoint, exchange, settings, clock } = await exchanging(t, () => answer);
    const ask = async (): Promise<string> => exchange.token('default/shop', settings, ann);
    await t.rejects(ask(), { ...refused, message, cause: undefined });
    await ask().catch((error: Error) => t.notMatch(error.stack, 's3cr3t'));
    t.equal(endpoint.requests.length, 1);
    clock.now += 2001;
    await t.rejects(ask(), refused);
    t.equal(endpoint.requests.length, 2);
  });
}

t.test('the endpoint is reached over verified TLS at allowed addresses alone', async (t) => {
  const { exchange, settings } = await exchanging(t);
  const at = async (tokenUrl: string): Promise<string> =>
    exchange.token('default/shop', { ...settings, tokenUrl }, ann);
  await t.rejects(at('https://169.254.169.254/token'), {
    ...refused,
    message: /169\.254\.169\.254 is a link-local address/,
  });
  await t.rejects(at('https://[64:ff9b::a9fe:a9fe]/token'), { ...refused, message: /a link-local address/ });
  await t.rejects(at(settings.tokenUrl.replace('https', 'http')), refused);
  const stranger = await tokenEndpoint(t, certificateAuthority('Stranger').issue('localhost'));
  await t.rejects(at(stranger.url), { ...refused, message: /certificate of localhost:\d+ is not trusted/ });
  t.strictSame(stranger.requests, []);
});

t.test('no more tokens are kept than ten thousand', async (t) => {
  const fetch = async (): Promise<Response> =>
    Response.json({ access_token: 't', token_type: 'bearer', expires_in: 3600 });
  const exchange = new TokenExchange({ fetch });
  const settings = { tokenUrl: 'https://a.example/t', clientId: 'a', clientSecret: 'b' };
  for (let i = 0; i < 10_050; i++) await exchange.token('default/shop', settings, { id: `caller-${i}`, token: 't' });
  t.equal(exchange.size, 10_000);
});
