/** What a client shows to the gateway is for the gateway: no server gets any of it, whoever it is that calls, and how. */
import t, { type Test } from 'tap';
import { apiKeyHash } from '../support/api-key-hash.ts';
import { agentClient, send as sendToAgent } from '../support/a2a-client.ts';
import { openDoor, type Door, type SeenRequest } from '../support/door.ts';
import { LegacySession, modern, modernCall, modernListen, textOf } from '../support/mcp-http.ts';
import { oneOfEach } from '../support/one-of-each.ts';
import { entryFor } from '../support/registry-folder.ts';
import { available } from '../support/reported.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { TestIssuer } from '../support/test-issuer.ts';

type Headers = Readonly<Record<string, string>>;

const GATEWAY = 'the-gateway';
const KEY = 'key of the robot';
const { servers, agent } = await oneOfEach(t);
const issuer = await TestIssuer.start(t);
const folders = { credentials: new SecretFolder(), apiKeys: new SecretFolder() };
t.teardown(() => Object.values(folders).forEach((folder) => folder.remove()));

/** In front of each server, once without a credential, once with one. */
const doors = new Map<string, Door>();
const credentials: Record<string, string> = {};
for (const [kind, { target }] of [...Object.entries(servers), ['agent', agent] as const]) {
  doors.set(`${kind}-open`, await openDoor(t, target));
  doors.set(`${kind}-guarded`, await openDoor(t, target));
  credentials[`default.${kind}-guarded`] = `bearer: of-${kind}`;
}
folders.credentials.write(credentials);
folders.apiKeys.write({ robot: apiKeyHash(KEY) });

/** What a server at a door is shown. */
const shownTo = (name: string): string | undefined =>
  name.endsWith('-guarded') ? `Bearer of-${name.slice(0, -'-guarded'.length)}` : undefined;

const gateway = await startGateway(
  [...doors].map(([name, { target }]) =>
    name.startsWith('agent')
      ? entryFor(`http://${target}/`, { name, type: 'agent', protocol: 'a2a', path: '/' })
      : entryFor(`http://${target}/mcp`, { name, path: name.startsWith('http-sse') ? '/sse' : '/mcp' }),
  ),
  {
    registry: {
      policy: {
        hosts: [],
        auth: { methods: [issuer.method({ audiences: [GATEWAY] }), { apiKey: { header: 'x-api-key' } }] },
      },
    },
    env: {
      ...issuer.env,
      FETCHFY_CREDENTIALS_DIR: folders.credentials.path,
      FETCHFY_API_KEYS_DIR: folders.apiKeys.path,
    },
  },
);
t.teardown(() => gateway.stop());
await available(gateway, ...doors.keys());

const rest = { cookie: 'session=the-clients-own', 'proxy-authorization': 'Basic the-clients-own' };
const callers: Readonly<Record<string, Headers>> = {
  'a token, and a key beside it': {
    ...rest,
    authorization: `Bearer ${await issuer.token(GATEWAY)}`,
    'x-api-key': 'the-clients-own',
  },
  'a key': { ...rest, 'x-api-key': KEY },
  'a key as a bearer token': { ...rest, authorization: `Bearer ${KEY}` },
};
const mcp = [...doors.keys()].filter((name) => !name.startsWith('agent'));
const agents = [...doors.keys()].filter((name) => name.startsWith('agent'));

/** What a client of each kind does, with these headers on all that it sends. */
const uses: Readonly<Record<string, (t: Test, headers: Headers) => Promise<void>>> = {
  async 'a legacy session'(t, headers) {
    const session = await LegacySession.begin(gateway.url, '2025-11-25', { headers });
    const stream = await session.listen();
    for (const name of mcp) t.equal(textOf(await session.call(`${name}_echo`, { text: name })), name);
    for (const name of agents) t.match(textOf(await session.call(`${name}_ask`, { message: 'echo x' })), 'x');
    for (const method of ['resources/read', 'resources/subscribe', 'resources/unsubscribe']) {
      await session.request(method, { uri: 'test://note' });
    }
    stream.close();
    await session.end();
  },
  async 'a modern client'(t, headers) {
    const stream = await modernListen(gateway.url, { toolsListChanged: true }, { headers });
    const call = async (name: string, args: object): Promise<string> =>
      textOf(await modernCall(gateway.url, name, args, { headers }));
    for (const name of mcp) t.equal(await call(`${name}_echo`, { text: name }), name);
    for (const name of agents) t.match(await call(`${name}_ask`, { message: 'echo x' }), 'x');
    await modern(gateway.url, 'resources/read', { uri: 'test://note' }, { headers });
    stream.close();
  },
  async 'an A2A client'(t, headers) {
    for (const name of agents) {
      const client = await agentClient(`${gateway.origin}/agents/default/${name}/`, headers);
      t.ok((await sendToAgent(client, 'echo x')).task);
    }
  },
};

/** The requests at a server that have anything of what clients show, or not what the server is to be shown. */
function wrong(name: string, seen: readonly SeenRequest[]): SeenRequest[] {
  const own = Object.values(callers).flatMap((headers) => Object.values(headers));
  const texts = own.map((value) => value.replace(/^Bearer /, ''));
  const isOwn = (value: unknown): boolean => texts.some((text) => String(value).includes(text));
  return seen.filter(({ headers }) => headers.authorization !== shownTo(name) || Object.values(headers).some(isOwn));
}

for (const [shown, headers] of Object.entries(callers)) {
  for (const [kind, use] of Object.entries(uses)) {
    t.test(`no server gets anything of what ${kind} shows that is let in by ${shown}`, async (t) => {
      const before = new Map([...doors].map(([name, { seen }]) => [name, seen.length]));
      await use(t, headers);
      for (const [name, { seen }] of doors) {
        const since = seen.slice(before.get(name));
        if (kind !== 'an A2A client' || agents.includes(name)) t.ok(since.length > 0, `${name} was asked`);
        t.strictSame(wrong(name, since), [], name);
      }
    });
  }
}

t.test('nor with the streams and the ends of sessions', async (t) => {
  await gateway.stop();
  for (const [name, { seen }] of doors) t.strictSame(wrong(name, seen), [], name);
  const methods = new Set([...doors.values()].flatMap(({ seen }) => seen.map(({ method }) => method)));
  t.strictSame([...methods].sort(), ['DELETE', 'GET', 'POST']);
});
