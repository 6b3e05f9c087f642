/** What the gateway shows to servers: each its own credential, on every request, and nothing of it anywhere else. */
import t, { type Test } from 'tap';
import { agentClient, send as sendToAgent } from '../support/a2a-client.ts';
import { clientOf } from '../support/clients.ts';
import { openDoor, type Door } from '../support/door.ts';
import { LegacySession, modernCall, textOf } from '../support/mcp-http.ts';
import { oneOfEach } from '../support/one-of-each.ts';
import { entryFor } from '../support/registry-folder.ts';
import { available, messageOf } from '../support/reported.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const { servers, agent } = await oneOfEach(t);

const names = Object.keys(servers) as (keyof typeof servers)[];
const secretOf = (name: string): string => `s3cr3t-of-${name}`;
const a2a = { type: 'agent', protocol: 'a2a', path: '/' } as const;

function mounted(t: Test, files: Readonly<Record<string, string>>): SecretFolder {
  const folder = new SecretFolder();
  folder.write(files);
  t.teardown(() => folder.remove());
  return folder;
}

/** A door that lets in who shows a token. */
function guarded(t: Test, target: string, token: string): Promise<Door> {
  return openDoor(t, target, { admit: ({ authorization }) => authorization === `Bearer ${token}` });
}

/** Everything that the gateway says of itself. */
async function saidBy(gateway: RunningGateway): Promise<string> {
  const paths = ['/metrics', '/services', '/readyz', '/healthz'];
  const admin = await Promise.all(paths.map(async (path) => (await fetch(new URL(path, gateway.adminUrl))).text()));
  const pages = await Promise.all(
    ['/', '/api/services'].map(async (path) => (await fetch(new URL(path, gateway.origin))).text()),
  );
  return [...admin, ...pages, gateway.log()].join('\n');
}

/** Nothing of a credential is in these, as it is or in Base64. */
function isSilent(t: Test, ...texts: readonly string[]): void {
  const encoded = Buffer.from('s3cr3t').toString('base64').slice(0, 7);
  const leaks = texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => /s3cr3t|x-evil/i.test(line) || line.includes(encoded));
  t.strictSame(leaks, []);
}

t.test('every request to a server has its credential, and no other server’s', async (t) => {
  const doors = Object.fromEntries(
    await Promise.all([
      ...names.map(async (name) => [name, await guarded(t, servers[name].target, secretOf(name))] as const),
      guarded(t, agent.target, secretOf('agent')).then((door) => ['agent', door] as const),
    ]),
  );
  const folder = mounted(
    t,
    Object.fromEntries([...names, 'agent'].map((name) => [`default.${name}`, `bearer: ${secretOf(name)}`])),
  );
  const entries = names.map((name) =>
    entryFor(`http://${doors[name]?.target}${name === 'http-sse' ? '/sse' : '/mcp'}`, { name }),
  );
  const gateway = await startGateway(
    [...entries, entryFor(`http://${doors['agent']?.target}/`, { name: 'agent', ...a2a })],
    {
      env: { FETCHFY_CREDENTIALS_DIR: folder.path, FETCHFY_LOG_LEVEL: 'debug' },
    },
  );
  t.teardown(() => gateway.stop());
  await available(gateway, ...names, 'agent');

  for (const era of ['legacy', 'modern'] as const) {
    const client = await clientOf[era](gateway.url);
    for (const name of names) {
      await client.callTool({ name: `${name}_echo`, arguments: { text: 'x' } });
      await client.callTool({ name: `${name}_progress`, arguments: {} }).catch(() => undefined);
      await client.readResource({ uri: 'test://note' }).catch(() => undefined);
    }
    await client.callTool({ name: 'agent_ask', arguments: { message: 'echo x' } });
    await client.close();
  }
  const direct = await agentClient(`${gateway.origin}/agents/default/agent/`);
  await sendToAgent(direct, 'echo x');
  await gateway.stop();

  for (const [name, door] of Object.entries(doors)) {
    t.ok(door.seen.length > 3, `${name} had ${door.seen.length} requests`);
    for (const { method, path, headers } of door.seen) {
      t.equal(headers.authorization, `Bearer ${secretOf(name)}`, `${name}: ${method} ${path}`);
    }
  }
  const methods = new Set(Object.values(doors).flatMap(({ seen }) => seen.map(({ method }) => method)));
  t.strictSame([...methods].sort(), ['DELETE', 'GET', 'POST'], 'streams and the ends of sessions among them');
  isSilent(t, gateway.log());
});

t.test('two Services at one address show each its own', async (t) => {
  const door = await openDoor(t, servers.legacy.target);
  const folder = mounted(t, {
    'default.one': `bearer: ${secretOf('one')}`,
    'default.two': `headers: {X-API-Key: ${secretOf('two')}}`,
    'other.one': `basic: {username: ann, password: ${secretOf('other')}}`,
  });
  const url = `http://${door.target}/mcp`;
  const entries = [
    entryFor(url, { name: 'one', path: '/mcp' }),
    entryFor(url, { name: 'two', path: '/mcp' }),
    entryFor(url, { name: 'three', path: '/mcp' }),
    entryFor(url, { name: 'one', namespace: 'other', prefix: 'other-one' }),
  ];
  const gateway = await startGateway(entries, { env: { FETCHFY_CREDENTIALS_DIR: folder.path } });
  t.teardown(() => gateway.stop());
  await available(gateway, 'one', 'two', 'three');
  const basic = `Basic ${Buffer.from(`ann:${secretOf('other')}`).toString('base64')}`;
  const expected = {
    one: [`Bearer ${secretOf('one')}`, undefined],
    two: [undefined, secretOf('two')],
    three: [undefined, undefined],
    'other-one': [basic, undefined],
  };
  const session = await LegacySession.begin(gateway.url);
  for (const [prefix, shown] of Object.entries(expected)) {
    const before = door.seen.length;
    await Promise.all([
      session.call(`${prefix}_echo`, { text: 'x' }),
      modernCall(gateway.url, `${prefix}_echo`, { text: 'x' }),
    ]);
    const since = door.seen.slice(before).filter(({ method }) => method === 'POST');
    t.ok(since.length > 1, prefix);
    for (const { headers } of since) t.strictSame([headers.authorization, headers['x-api-key']], shown, prefix);
  }
});

t.test('a credential is taken up without a restart, and so is another', async (t) => {
  const token = { now: secretOf('first') };
  const door = await openDoor(t, servers.modern.target, {
    admit: ({ authorization }) => authorization === `Bearer ${token.now}`,
  });
  const folder = mounted(t, {});
  const gateway = await startGateway([entryFor(`http://${door.target}/mcp`, { name: 'shop' })], {
    env: { FETCHFY_CREDENTIALS_DIR: folder.path },
  });
  t.teardown(() => gateway.stop());
  await messageOf(
    gateway,
    'shop',
    /HTTP status 401.*It wants a credential: put one under the key default\.shop into the Secret/,
  );
  t.match((await gateway.report()).credentials, { error: /There are no credentials for servers/ });
  folder.write({ 'default.shop': `bearer: ${secretOf('first')}` });
  await available(gateway, 'shop');
  t.equal((await gateway.report()).credentials, undefined);
  token.now = secretOf('second');
  folder.write({ 'default.shop': `bearer: ${secretOf('second')}` });
  await until(
    'the other one',
    async () => textOf(await modernCall(gateway.url, 'shop_echo', { text: 'yes' })) === 'yes',
  );
  folder.write({ 'default.shop': `bearer: ${secretOf('third')}` });
  await messageOf(gateway, 'shop', /It refused the credential default\.shop in the Secret of credentialsSecretRef/);
  isSilent(t, await saidBy(gateway));
});

t.test('a broken credential harms its own Service alone, and is told without its content', async (t) => {
  const [one, two] = [await openDoor(t, servers.modern.target), await openDoor(t, servers.modern.target)];
  const folder = mounted(t, {
    'default.broken': 'bearer: "s3cr3t\\nX-Evil: 1"',
    'default.whole': `bearer: ${secretOf('whole')}`,
  });
  const gateway = await startGateway(
    [entryFor(`http://${one.target}/mcp`, { name: 'broken' }), entryFor(`http://${two.target}/mcp`, { name: 'whole' })],
    { env: { FETCHFY_CREDENTIALS_DIR: folder.path, FETCHFY_LOG_LEVEL: 'debug' } },
  );
  t.teardown(() => gateway.stop());
  await available(gateway, 'whole');
  const message = await messageOf(
    gateway,
    'broken',
    /The credential default\.broken .* cannot be used, so nothing is sent/,
  );
  t.match(message, /bearer has another form; expected a token of RFC 6750/);
  t.strictSame(one.seen, [], 'nothing was sent without it');
  t.match(await modernCall(gateway.url, 'broken_echo', { text: 'x' }), { error: {} });
  isSilent(t, await saidBy(gateway));
  folder.write({ 'default.broken': 'bearer: good', 'default.whole': 'bearer: "s3cr3t\\nX-Evil: 1"' });
  await available(gateway, 'broken');
  await messageOf(gateway, 'whole', /the last good one stays in use/);
  t.equal(textOf(await modernCall(gateway.url, 'whole_echo', { text: 'still' })), 'still');
  t.equal(two.seen.at(-1)?.headers.authorization, `Bearer ${secretOf('whole')}`);
  isSilent(t, await saidBy(gateway));
});

t.test('a credential of which there is no such Service is told until there is one, served or not', async (t) => {
  const folder = mounted(t, { 'default.server': `bearer: ${secretOf('server')}`, 'default.late': 'bearer: later' });
  const [server, late] = [
    entryFor(servers.modern.url, { name: 'server' }),
    entryFor(servers.legacy.url, { name: 'late' }),
  ];
  const gateway = await startGateway([server], { env: { FETCHFY_CREDENTIALS_DIR: folder.path } });
  t.teardown(() => gateway.stop());
  const told = { error: /^A credential is for no Service of this Gateway, such as "default\.late"\./ };
  t.match((await gateway.report()).credentials, told);
  await gateway.publish([server, late]);
  t.equal((await gateway.report()).credentials, undefined);
  await gateway.publish([server]);
  t.match((await gateway.report()).credentials, told, 'and again when it is gone');
  const { namespace, name } = late;
  const rejected = [{ namespace, name, type: 'tool' as const, reason: 'NoPort', message: 'It has no port.' }];
  await gateway.publish([server], { rejected });
  t.equal((await gateway.report()).credentials, undefined, 'its own entry says what is wrong with it');
  t.notMatch(gateway.log(), 'no Service of this Gateway');
});

t.test('no credential follows a redirect, or stands in what is said of it', async (t) => {
  const stranger = await openDoor(t, servers.modern.target);
  const folder = mounted(
    t,
    Object.fromEntries(['mcp', 'sse', 'card', 'rpc'].map((name) => [`default.${name}`, `bearer: ${secretOf(name)}`])),
  );
  const away = (name: string) =>
    openDoor(t, agent.target, {
      answer: ({ method }, response) => {
        if (name === 'rpc' && method === 'GET') return false;
        response.writeHead(307, { location: `http://${stranger.target}/mcp` }).end();
        return true;
      },
    });
  const [mcp, sse, card, rpc] = [await away('mcp'), await away('sse'), await away('card'), await away('rpc')];
  const gateway = await startGateway(
    [
      entryFor(`http://${mcp.target}/mcp`, { name: 'mcp' }),
      entryFor(`http://${sse.target}/sse`, { name: 'sse' }),
      entryFor(`http://${card.target}/`, { name: 'card', ...a2a }),
      entryFor(`http://${rpc.target}/`, { name: 'rpc', ...a2a }),
    ],
    { env: { FETCHFY_CREDENTIALS_DIR: folder.path, FETCHFY_LOG_LEVEL: 'debug' } },
  );
  t.teardown(() => gateway.stop());
  for (const name of ['mcp', 'sse', 'card']) {
    await messageOf(gateway, name, /HTTP status 307.*It redirects to another place, and redirects are not followed/);
  }
  const client = await clientOf.modern(gateway.url);
  t.teardown(() => client.close());
  const asked = await client.callTool({ name: 'rpc_ask', arguments: { message: 'echo x' } }).catch(String);
  t.match(JSON.stringify(asked), /rpc|307|broke|refused/i);
  const direct = await agentClient(`${gateway.origin}/agents/default/rpc/`);
  await t.rejects(sendToAgent(direct, 'echo x'));
  t.strictSame(stranger.seen, []);
  t.equal(rpc.seen.at(-1)?.headers.authorization, `Bearer ${secretOf('rpc')}`);
  isSilent(t, await saidBy(gateway), JSON.stringify(asked));
});
