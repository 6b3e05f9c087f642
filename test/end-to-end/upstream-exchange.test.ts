/** Servers that are called in the callers' own names: the token that let each in becomes one for the server (RFC 8693). */
import { decodeJwt, jwtVerify, SignJWT } from 'jose';
import t from 'tap';
import { apiKeyHash } from '../support/api-key-hash.ts';
import { agentClient, send as sendToAgent } from '../support/a2a-client.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { clientOf, type ClientHeaders } from '../support/clients.ts';
import { openDoor, type Door } from '../support/door.ts';
import { oneOfEach } from '../support/one-of-each.ts';
import { entryFor } from '../support/registry-folder.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { issuerKey, TestIssuer } from '../support/test-issuer.ts';
import { tokenEndpoint, type TokenAnswer, type TokenRequest } from '../support/token-endpoint.ts';
import { until } from '../support/until.ts';

const GATEWAY = 'the-gateway';
const SHARED = 'Bearer of-the-gateway';
const KEY = 'key of the robot';
const eras = ['legacy', 'modern'] as const;

const { servers, agent } = await oneOfEach(t);
const names = Object.keys(servers) as (keyof typeof servers)[];

const issuer = await TestIssuer.start(t);
const authority = certificateAuthority();
issuer.caFolder.write({ 'issuer.crt': issuer.caPem, 'endpoint.crt': authority.cert });

/** What the endpoint signs with: no caller's token is signed so. */
const { privateKey, publicKey } = issuerKey();
const seconds = (): number => Math.floor(Date.now() / 1000);

/** Verifies the caller's token as the issuer's, and gives out one for the server. */
async function exchanged({ form }: TokenRequest): Promise<TokenAnswer> {
  const { subject_token: token = '', audience: aud = '' } = form;
  try {
    const { payload } = await jwtVerify(token, issuer.key.publicKey, { issuer: issuer.url, audience: GATEWAY });
    const claims = { sub: payload.sub ?? '', aud, act: { sub: GATEWAY }, exp: seconds() + 600 };
    const access_token = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
    return { body: { access_token, expires_in: 600 } };
  } catch (error) {
    return { status: 400, body: { error: 'invalid_request', error_description: (error as Error).message } };
  }
}

const endpoint = await tokenEndpoint(t, authority.issue('localhost'), exchanged);
const folders = { credentials: new SecretFolder(), apiKeys: new SecretFolder() };
t.teardown(() => Object.values(folders).forEach((folder) => folder.remove()));

/** In front of each server, once with the exchange alone, once with a credential beside it. */
const doors = new Map<string, Door>();
const credentials: Record<string, string> = {};
for (const [name, { target }] of [...Object.entries(servers), ['agent', agent] as const]) {
  for (const [shown, beside] of [
    [name, ''],
    [`${name}-shared`, `bearer: ${SHARED.slice(7)}\n`],
  ] as const) {
    doors.set(shown, await openDoor(t, target));
    const exchange = { tokenUrl: endpoint.url, clientId: 'gateway', clientSecret: 's3cr3t', audience: shown };
    credentials[`default.${shown}`] = `${beside}tokenExchange: ${JSON.stringify(exchange)}\n`;
  }
}
folders.credentials.write(credentials);
folders.apiKeys.write({ robot: apiKeyHash(KEY) });

const entries = [...doors].map(([name, { target }]) =>
  name.startsWith('agent')
    ? entryFor(`http://${target}/`, { name, type: 'agent', protocol: 'a2a', path: '/' })
    : entryFor(`http://${target}/mcp`, { name, path: name.startsWith('http-sse') ? '/sse' : '/mcp' }),
);
const methods = [issuer.method({ audiences: [GATEWAY] }), { apiKey: { header: 'x-api-key' } }];
const gateway = await startGateway(entries, {
  registry: { policy: { hosts: [], auth: { methods } } },
  env: {
    ...issuer.env,
    FETCHFY_CREDENTIALS_DIR: folders.credentials.path,
    FETCHFY_API_KEYS_DIR: folders.apiKeys.path,
  },
});
t.teardown(() => gateway.stop());
await until(
  'the servers to be Available',
  async () => (await gateway.report()).services.every(({ state }) => state === 'Available'),
  { deadlineMs: 20_000, state: () => gateway.log().slice(-2000) },
);

const connect = (era: (typeof eras)[number], headers: ClientHeaders) =>
  clientOf[era](gateway.url, {}, () => undefined, headers);
const bearer = async (sub: string): Promise<ClientHeaders> => ({
  authorization: `Bearer ${await issuer.token(GATEWAY, { sub, exp: seconds() + 600 })}`,
});

/** What a server is shown while something is done, each value once. */
async function shownDuring(work: () => Promise<void>): Promise<(name: string) => (string | undefined)[]> {
  const marks = new Map([...doors].map(([name, { seen }]) => [name, seen.length]));
  await work();
  return (name) => [
    ...new Set(
      doors
        .get(name)
        ?.seen.slice(marks.get(name))
        .map(({ headers }) => headers.authorization),
    ),
  ];
}

/** Whom a shown token names, once it has been found to be the endpoint's own, for this server. */
async function userIn(shown: string, server: string): Promise<string | undefined> {
  const { payload } = await jwtVerify(shown.replace(/^Bearer /, ''), publicKey, { audience: server });
  return payload.sub;
}

t.test('what the gateway asks for itself is shown by what stands beside the exchange, or by nothing', async (t) => {
  for (const [name, { seen }] of doors) {
    const expected = name.endsWith('-shared') ? SHARED : undefined;
    t.ok(seen.length > 0, name);
    t.strictSame([...new Set(seen.map(({ headers }) => headers.authorization))], [expected], name);
  }
  t.equal(endpoint.requests.length, 0);
});

t.test('each user is shown to each server by a token of its own, made of the one that let it in', async (t) => {
  for (const user of ['ann', 'bob']) {
    const headers = await bearer(user);
    const before = endpoint.requests.length;
    const shown = await shownDuring(async () => {
      for (const era of eras) {
        const client = await connect(era, headers);
        for (const name of names) {
          const { content } = await client.callTool({ name: `${name}_echo`, arguments: { text: user } });
          t.match(JSON.stringify(content), user, `${era} client at ${name}`);
        }
        await client.callTool({ name: 'agent_ask', arguments: { message: `echo ${user}` } });
        await client.close();
      }
    });
    for (const name of [...names, 'agent']) {
      const tokens = shown(name).filter((each) => each !== undefined);
      t.equal(tokens.length, 1, `${user} at ${name}: ${tokens.length} tokens`);
      t.equal(await userIn(tokens[0] ?? '', name), user, `${user} at ${name}`);
    }
    const asked = endpoint.requests.slice(before);
    t.equal(asked.length, names.length + 1, 'one exchange for each server, for both eras');
    for (const { form } of asked) {
      t.match(form, { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange' });
      t.equal(form['subject_token'], headers['authorization']?.slice(7));
    }
  }
});

t.test('an A2A client is shown to the agent in its own name, too', async (t) => {
  const headers = await bearer('cleo');
  const shown = await shownDuring(async () => {
    const client = await agentClient(`${gateway.origin}/agents/default/agent/`, headers);
    await sendToAgent(client, 'echo cleo');
  });
  const tokens = shown('agent').filter((each) => each !== undefined);
  t.equal(tokens.length, 1);
  t.equal(await userIn(tokens[0] ?? '', 'agent'), 'cleo');
});

t.test("a user's next token is exchanged anew", async (t) => {
  const sub = 'dora';
  const before = endpoint.requests.length;
  for (const claims of [{ scope: 'read' }, { scope: 'write' }]) {
    const token = await issuer.token(GATEWAY, { sub, ...claims });
    const client = await connect('modern', { authorization: `Bearer ${token}` });
    await client.callTool({ name: 'modern_echo', arguments: { text: 'x' } });
    await client.close();
  }
  const subjects = endpoint.requests.slice(before).map(({ form }) => decodeJwt(form['subject_token'] ?? ''));
  t.match(subjects, [{ scope: 'read' }, { scope: 'write' }]);
});

for (const era of eras) {
  t.test(`${era}: a caller with an API key is told that it has no token to exchange`, async (t) => {
    const before = endpoint.requests.length;
    const client = await connect(era, { 'x-api-key': KEY });
    const message = /in the caller's own name, and this caller brought no token to exchange/;
    const shown = await shownDuring(async () => {
      for (const name of names) {
        const call: Promise<unknown> = client.callTool({ name: `${name}_echo`, arguments: { text: 'x' } });
        await t.rejects(call, { message }, name);
      }
      t.match(JSON.stringify(await client.callTool({ name: 'agent_ask', arguments: { message: 'echo x' } })), message);
    });
    await client.close();
    for (const name of names) t.strictSame(shown(name).filter(Boolean), [], name);
    t.equal(endpoint.requests.length, before);
  });

  t.test(
    `${era}: a caller with an API key is shown by the credential beside the exchange, a user is not`,
    async (t) => {
      const shared = [...names, 'agent'].map((name) => `${name}-shared`);
      const callAll = async (headers: ClientHeaders): Promise<void> => {
        const client = await connect(era, headers);
        for (const name of names) await client.callTool({ name: `${name}-shared_echo`, arguments: { text: 'x' } });
        await client.callTool({ name: 'agent-shared_ask', arguments: { message: 'echo x' } });
        await client.close();
      };
      const shownForKey = await shownDuring(() => callAll({ 'x-api-key': KEY }));
      for (const name of shared) t.strictSame(shownForKey(name), [SHARED], name);

      const headers = await bearer('eve');
      const shownForUser = await shownDuring(() => callAll(headers));
      for (const name of shared) {
        // What the gateway asks for itself meanwhile is shown by the credential beside it.
        const tokens = shownForUser(name).filter((each) => each !== SHARED);
        t.equal(tokens.length, 1, `${tokens.length} tokens at ${name}`);
        t.equal(await userIn(tokens[0] ?? '', name), 'eve', name);
      }
    },
  );
}

t.test("neither the callers' tokens nor those for servers are written down", async (t) => {
  const { length } = endpoint.requests;
  t.ok(length > 0);
  const tokens = [...doors.values()]
    .flatMap(({ seen }) => seen.map(({ headers }) => headers.authorization?.slice(7)))
    .concat(endpoint.requests.map(({ form }) => form['subject_token']));
  const log = gateway.log();
  t.strictSame(
    [...new Set(tokens)].filter((token) => token !== undefined && log.includes(token)),
    [],
  );
});
