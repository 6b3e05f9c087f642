import t from 'tap';
import { readCredential } from '../../../gateway/upstream/credential.ts';

const SECRET = 's3cr3t';

t.test('a bearer token, basic credentials and headers become headers', async (t) => {
  t.strictSame(readCredential('bearer: abc.DEF-1_2~3+4/5=='), {
    headers: ['authorization', 'Bearer abc.DEF-1_2~3+4/5=='],
  });
  const basic = 'basic:\n  username: ann\n  password: "p:ä s"\n';
  const encoded = Buffer.from('ann:p:ä s').toString('base64');
  t.strictSame(readCredential(basic), { headers: ['authorization', `Basic ${encoded}`] });
  t.strictSame(readCredential('headers:\n  X-API-Key: k1\n  Authorization: Token t 2\n'), {
    headers: ['x-api-key', 'k1', 'authorization', 'Token t 2'],
  });
  t.strictSame(readCredential('{"bearer": "json"}'), { headers: ['authorization', 'Bearer json'] }, 'JSON is YAML');
});

t.test('a token exchange stands alone or beside one of them', async (t) => {
  const exchange = { tokenUrl: 'https://issuer.example/token', clientId: 'gateway', clientSecret: 's' };
  const text = `tokenExchange: ${JSON.stringify(exchange)}\n`;
  t.strictSame(readCredential(text), { headers: [], exchange });
  t.strictSame(readCredential(`bearer: own\n${text}`), { headers: ['authorization', 'Bearer own'], exchange });
  const whole = { ...exchange, audience: 'shop', resource: 'https://shop.example/', scope: 'read write' };
  t.strictSame(readCredential(`tokenExchange: ${JSON.stringify(whole)}`), { headers: [], exchange: whole });
});

const faults: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
  'what is no YAML': [`bearer: "${SECRET}`, /is not YAML/],
  'a bare token': [SECRET, /is no mapping; expected one of bearer/],
  nothing: ['{}', /has nothing to show/],
  'an empty text': ['', /is not YAML|is no mapping/],
  'two of them': [
    `bearer: ${SECRET}\nbasic: {username: a, password: ${SECRET}}`,
    /has bearer and basic; expected one of them/,
  ],
  'an unknown member': [`bearer: a\n${SECRET}: b`, /has an unknown member; known are bearer/],
  'a bearer with a line break': [`bearer: "${SECRET}\\r\\nX-Other: 1"`, /bearer has another form/],
  'a bearer with a space': [`bearer: "Bearer ${SECRET}"`, /bearer has another form/],
  'a bearer that is a number': ['bearer: 12345', /bearer is no text: put it in quotes/],
  'a user name with a colon': [`basic: {username: "a:b", password: ${SECRET}}`, /basic\.username has another form/],
  'a password with a line break': [
    `basic: {username: a, password: "${SECRET}\\n"}`,
    /basic\.password has another form/,
  ],
  'no password': ['basic: {username: a}', /basic\.password is missing/],
  'a header value with a line break': [`headers: {X-Key: "${SECRET}\\nHost: x"}`, /headers\.x-key has another form/],
  'a header value beyond ASCII': [`headers: {X-Key: "ä${SECRET}"}`, /headers\.x-key has another form/],
  'a header name with a line break': [`headers: {"X-${SECRET}\\n": a}`, /whose name is no token/],
  'a header twice': [`headers: {X-Key: ${SECRET}, x-key: b}`, /x-key twice/],
  'no headers': ['headers: {}', /has 0 headers; expected 1 to 16/],
  'too many headers': [
    `headers: ${JSON.stringify(Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`x-${i}`, SECRET])))}`,
    /17 headers/,
  ],
  'a URL without TLS': [
    `tokenExchange: {tokenUrl: "http://a/t", clientId: a, clientSecret: ${SECRET}}`,
    /no https URL/,
  ],
  'a URL with a user': [
    `tokenExchange: {tokenUrl: "https://a:${SECRET}@b/t", clientId: a, clientSecret: b}`,
    /no https URL/,
  ],
  'no client secret': [
    'tokenExchange: {tokenUrl: "https://a/t", clientId: a}',
    /tokenExchange\.clientSecret is missing/,
  ],
  'too much': [`bearer: ${SECRET.repeat(20_000)}`, /more than 65536 bytes/],
  __proto__: [`__proto__: {bearer: ${SECRET}}`, /unknown member|nothing to show/],
};

for (const [name, [text, says]] of Object.entries(faults)) {
  t.test(`${name} is refused, without a word of what it holds`, async (t) => {
    t.throws(() => readCredential(text), { code: 'ERR_CREDENTIAL_INVALID', message: says });
    try {
      readCredential(text);
    } catch (error) {
      t.notMatch((error as Error).message, SECRET);
      t.equal((error as Error).cause, undefined);
    }
  });
}

t.test('headers that belong to the request or the protocol are no credentials', async (t) => {
  for (const name of [
    'Host',
    'Content-Length',
    'Content-Type',
    'Accept',
    'Connection',
    'Transfer-Encoding',
    'Expect',
    'Mcp-Session-Id',
    'MCP-Protocol-Version',
    'Mcp-Param-X',
    'A2A-Version',
    'Last-Event-ID',
    'Proxy-Authorization',
    'X-Forwarded-For',
    'Via',
    'fetchfy-owner',
  ]) {
    const text = `headers: {"${name}": a}`;
    t.throws(
      () => readCredential(text),
      { message: new RegExp(`${name.toLowerCase()}, which is no credential`) },
      name,
    );
  }
});
