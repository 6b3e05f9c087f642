import t, { type Test } from 'tap';
import type { JwtMethod } from '../../gateway/contract/access-policy.ts';
import { modern, send } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult } from '../support/scripted-upstream.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { issuerKey, TestIssuer, type IssuerAnswer, type TestIssuerOptions } from '../support/test-issuer.ts';
import { until } from '../support/until.ts';

const PUBLIC = 'https://mcp.example.com';
const AUDIENCE = `${PUBLIC}/mcp`;
const upstream = await scriptedUpstream(t, {
  tools: { ask: ({ response, message }) => json(response, textResult(message, 'said')) },
});
const services = [entryFor(upstream.url, { name: 'server' })];

interface Setup {
  readonly issuer: TestIssuer;
  readonly gateway: RunningGateway;
  readonly ask: (token: string) => Promise<{ status: number; retryAfter: string | undefined; text: string }>;
  readonly problem: () => Promise<string | undefined>;
}

interface SetupOptions extends TestIssuerOptions {
  readonly method?: Partial<JwtMethod>;
  readonly env?: Record<string, string>;
  readonly prepare?: (issuer: TestIssuer) => void;
}

async function setup(t: Test, { method, env, prepare, ...options }: SetupOptions = {}): Promise<Setup> {
  const issuer = await TestIssuer.start(t, options);
  prepare?.(issuer);
  const policy = { hosts: [], publicUrl: PUBLIC, auth: { methods: [issuer.method(method)] } };
  const gateway = await startGateway(services, { registry: { policy }, env: env ?? issuer.env });
  t.teardown(() => gateway.stop());
  return {
    issuer,
    gateway,
    async ask(token) {
      const headers = { authorization: `Bearer ${token}` };
      const { status, headers: answered, text } = await modern(gateway.url, 'tools/list', {}, { headers });
      return { status, retryAfter: answered['retry-after'], text };
    },
    problem: async () => (await gateway.report()).access?.error,
  };
}

t.test('the keys are there before the first caller', async (t) => {
  const { issuer, ask } = await setup(t);
  await until('the keys to be asked for', () => issuer.asked.includes('/keys'));
  t.equal((await ask(await issuer.token(AUDIENCE))).status, 200);
  t.equal(issuer.asked.filter((path) => path === '/keys').length, 1);
});

t.test('an issuer is found by each of the forms of metadata', async (t) => {
  const forms: readonly TestIssuerOptions[] = [
    { metadataPath: '/.well-known/openid-configuration' },
    { path: '/a/b' },
    { path: '/a', metadataPath: '/.well-known/openid-configuration/a' },
    { path: '/a', metadataPath: '/a/.well-known/openid-configuration' },
  ];
  for (const form of forms) {
    const { issuer, gateway, ask } = await setup(t, form);
    t.equal((await ask(await issuer.token(AUDIENCE))).status, 200, JSON.stringify(form));
    await gateway.stop();
  }
});

t.test('with jwksUri no metadata is asked for', async (t) => {
  const issuer = await TestIssuer.start(t);
  const jwksUri = `${issuer.origin}/keys`;
  const policy = { hosts: [], publicUrl: PUBLIC, auth: { methods: [issuer.method({ jwksUri })] } };
  await using gateway = await startGateway(services, { registry: { policy }, env: issuer.env });
  const headers = { authorization: `Bearer ${await issuer.token(AUDIENCE)}` };
  t.equal((await modern(gateway.url, 'tools/list', {}, { headers })).status, 200);
  t.strictSame(issuer.asked, ['/keys']);
});

const metadata = '/.well-known/oauth-authorization-server';
const bad: Readonly<Record<string, { setup: SetupOptions; says: RegExp }>> = {
  'that is down': { setup: { prepare: (issuer) => (issuer.isDown = true) }, says: /cannot be read/ },
  'whose metadata is of another': {
    setup: {
      prepare: answering(metadata, {
        body: { issuer: 'https://evil.example.com', jwks_uri: 'https://127.0.0.1/keys' },
      }),
    },
    says: /is of the issuer "https:\/\/evil\.example\.com", expected/,
  },
  'whose keys are not at https': {
    setup: {
      prepare: (issuer) =>
        issuer.answers.set(metadata, { body: { issuer: issuer.url, jwks_uri: 'http://127.0.0.1/keys' } }),
    },
    says: /is no https URL/,
  },
  'that leads elsewhere': {
    setup: { prepare: answering('/keys', { status: 302, headers: { location: '/evil' } }) },
    says: /answers 302, expected 200/,
  },
  'without keys': { setup: { prepare: answering('/keys', { body: { keys: [] } }) }, says: /there are none/ },
  'that answers no JSON': { setup: { prepare: answering('/keys', { body: 'no' }) }, says: /does not answer JSON/ },
  'that answers without end': {
    setup: { prepare: answering('/keys', { body: { keys: [], padding: 'x'.repeat(300_000) } }) },
    says: /more than 262144 bytes/,
  },
  'whose certificate is of a CA that is not trusted': { setup: { env: {} }, says: /cannot be read/ },
  'at an address of this machine, where that is not allowed': {
    setup: { method: { allowPrivateAddresses: false } },
    says: /127\.0\.0\.1 is a loopback address.*needs allowPrivateAddresses/,
  },
};
for (const [name, { setup: options, says }] of Object.entries(bad)) {
  t.test(`with an issuer ${name} tokens are to be tried again later, and the report says why`, async (t) => {
    const { issuer, ask, problem } = await setup(t, options);
    const { status, retryAfter, text } = await ask(await issuer.token(AUDIENCE));
    t.equal(status, 503);
    t.match(retryAfter, /^\d+$/);
    t.notMatch(text, /evil/, 'a caller is told no more than it needs');
    t.match(await problem(), says);
    t.notOk(issuer.asked.includes('/evil'));
  });
}

function answering(path: string, answer: IssuerAnswer): (issuer: TestIssuer) => void {
  return (issuer) => void issuer.answers.set(path, answer);
}

t.test('an issuer that comes up is found by itself', async (t) => {
  const { issuer, ask, problem } = await setup(t, { prepare: (each) => (each.isDown = true) });
  await until('the report to tell', problem);
  issuer.isDown = false;
  await until('the problem to be over', async () => (await problem()) === undefined);
  t.equal((await ask(await issuer.token(AUDIENCE))).status, 200);
});

t.test('a new key is taken up by its first token', async (t) => {
  const { issuer, ask } = await setup(t);
  const old = await issuer.token(AUDIENCE);
  t.equal((await ask(old)).status, 200);
  issuer.keys.push(issuerKey('RS256'));
  const young = await issuer.token(AUDIENCE);
  await until('the new key to be taken', async () => (await ask(young)).status === 200, { deadlineMs: 20_000 });
  t.equal((await ask(old)).status, 200);
});

t.test(
  'a key that is taken back counts no more when the others are taken up, also for tokens that are known',
  async (t) => {
    const { issuer, ask } = await setup(t);
    const old = await issuer.token(AUDIENCE);
    t.equal((await ask(old)).status, 200);
    issuer.keys = [issuerKey()];
    const young = await issuer.token(AUDIENCE);
    await until('the new key to be taken', async () => (await ask(young)).status === 200, { deadlineMs: 20_000 });
    t.equal((await ask(old)).status, 401);
  },
);

t.test('a flood of unknown keys asks the issuer once', async (t) => {
  const { issuer, ask } = await setup(t);
  t.equal((await ask(await issuer.token(AUDIENCE))).status, 200);
  const before = issuer.asked.length;
  const floods = Array.from({ length: 200 }, async (_, i) =>
    ask(await issuer.token(AUDIENCE, {}, { kid: `unknown-${i}` })),
  );
  const statuses = (await Promise.all(floods)).map(({ status }) => status);
  t.ok(
    statuses.every((status) => status === 401),
    [...new Set(statuses)].join(),
  );
  // Its metadata and its keys, at most once more.
  t.ok(issuer.asked.length - before <= 2, String(issuer.asked.length - before));
  t.equal((await ask(await issuer.token(AUDIENCE))).status, 200, 'others are not harmed');
});

t.test(
  'while an issuer is down, tokens with known keys are taken, and others are to be tried again later',
  async (t) => {
    const { issuer, ask, problem } = await setup(t);
    t.equal((await ask(await issuer.token(AUDIENCE))).status, 200);
    issuer.isDown = true;
    const unknown = await issuer.token(AUDIENCE, {}, { kid: 'unknown' });
    // Until then it is known that there is no such key.
    await until('the issuer to be missed', async () => (await ask(unknown)).status === 503, { deadlineMs: 20_000 });
    t.match((await ask(unknown)).retryAfter, /^\d+$/);
    t.equal((await ask(await issuer.token(AUDIENCE))).status, 200);
    t.match(await problem(), /cannot be had/);
  },
);

t.test('a token that expires is refused, though it is known', async (t) => {
  const { issuer, ask } = await setup(t);
  const token = await issuer.token(AUDIENCE, { exp: Math.floor(Date.now() / 1000) + 2 });
  t.equal((await ask(token)).status, 200);
  await until('the token to be refused', async () => (await ask(token)).status === 401);
});

t.test('tokens that name no key are tried with those that there are', async (t) => {
  const { issuer, ask } = await setup(t, { prepare: (each) => each.keys.unshift(issuerKey(), issuerKey()) });
  t.equal((await ask(await issuer.token(AUDIENCE, {}, { kid: undefined }))).status, 200);
});

t.test('other names of the gateway count at once for tokens that are known', async (t) => {
  const { issuer, gateway, ask } = await setup(t);
  const token = await issuer.token(AUDIENCE);
  t.equal((await ask(token)).status, 200);
  const asked = issuer.asked.length;
  const policy = { hosts: [], publicUrl: 'https://new.example.com', auth: { methods: [issuer.method()] } };
  await gateway.publish(services, { policy });
  t.equal((await ask(token)).status, 401);
  t.equal((await ask(await issuer.token('https://new.example.com/mcp'))).status, 200);
  t.equal(issuer.asked.length, asked, 'an unchanged method keeps its keys');
  await gateway.publish(services, { policy: { hosts: [] } });
  t.equal((await send(gateway.url, { body: '{}' })).status, 415);
});
