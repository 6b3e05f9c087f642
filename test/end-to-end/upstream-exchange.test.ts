/** Servers that are called in the callers' own names: each caller's token becomes one for the server (RFC 8693). */
import t, { type Test } from 'tap';
import { agentClient, send as sendToAgent } from '../support/a2a-client.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { clientOf } from '../support/clients.ts';
import { openDoor } from '../support/door.ts';
import { testOutlets } from '../support/outlets.ts';
import { doorsFor } from '../support/principals.ts';
import { entryFor } from '../support/registry-folder.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startAgent } from '../support/start-agent.ts';
import { startServer } from '../support/start-server.ts';
import { tokenEndpoint } from '../support/token-endpoint.ts';
import { until } from '../support/until.ts';

const authority = certificateAuthority();
const servers = {
  modern: await startServer('modern'),
  legacy: await startServer('legacy'),
  'http-sse': await startServer('http-sse'),
};
const agent = await startAgent('a2a', { args: ['--card-age', '0'] });
t.teardown(() => Promise.all([...Object.values(servers), agent].map((each) => each.stop())));

const names = Object.keys(servers) as (keyof typeof servers)[];
const callers = { ann: { token: 'token.of.ann' }, bob: { token: 'token.of.bob' }, guest: {} } as const;

function mounted(t: Test, files: Readonly<Record<string, string>>): string {
  const folder = new SecretFolder();
  folder.write(files);
  t.teardown(() => folder.remove());
  return folder.path;
}

async function served(t: Test, beside = '') {
  const endpoint = await tokenEndpoint(t, authority.issue('localhost'));
  const credentialOf = (audience: string): string =>
    `${beside}tokenExchange: ${JSON.stringify({ tokenUrl: endpoint.url, clientId: 'c', clientSecret: 's', audience })}\n`;
  const doors = Object.fromEntries(
    await Promise.all(
      [...names, 'agent' as const].map(async (name) => {
        const { target } = name === 'agent' ? agent : servers[name];
        return [name, await openDoor(t, target)] as const;
      }),
    ),
  );
  const outlets = testOutlets({
    caDir: mounted(t, { 'ca.crt': authority.cert }),
    credentialsDir: mounted(
      t,
      Object.fromEntries(Object.keys(doors).map((name) => [`default.${name}`, credentialOf(name)])),
    ),
  });
  t.teardown(() => outlets.close());
  const entries = Object.entries(doors).map(([name, { target }]) =>
    name === 'agent'
      ? entryFor(`http://${target}/`, { name, type: 'agent', protocol: 'a2a', path: '/' })
      : entryFor(`http://${target}/mcp`, { name, path: name === 'http-sse' ? '/sse' : '/mcp' }),
  );
  const urls = await doorsFor(t, ['ann', 'bob', 'guest'], entries, { outlets, changes: callers });
  return { endpoint, doors, urls };
}

t.test('each caller is shown to each server by a token of its own', async (t) => {
  const { endpoint, doors, urls } = await served(t);
  for (const { seen } of Object.values(doors)) {
    for (const { headers } of seen) t.equal(headers.authorization, undefined, 'the gateway itself has nothing to show');
  }
  for (const caller of ['ann', 'bob'] as const) {
    const marks = Object.fromEntries(Object.entries(doors).map(([name, { seen }]) => [name, seen.length]));
    for (const era of ['legacy', 'modern'] as const) {
      const client = await clientOf[era](urls[caller]);
      for (const name of names) await client.callTool({ name: `${name}_echo`, arguments: { text: caller } });
      await client.callTool({ name: 'agent_ask', arguments: { message: `echo ${caller}` } });
      await client.close();
    }
    const direct = await agentClient(`${urls[caller].replace(/\/mcp$/, '')}/agents/default/agent/`);
    await sendToAgent(direct, `echo ${caller}`);
    for (const [name, { seen }] of Object.entries(doors)) {
      const shown = new Set(seen.slice(marks[name]).map(({ headers }) => headers.authorization));
      shown.delete(undefined);
      t.strictSame([...shown], [`Bearer for.${name}.token.of.${caller}`], `${caller} at ${name}`);
      const calls = seen.slice(marks[name]).filter(({ headers }) => headers.authorization !== undefined);
      t.ok(calls.length >= 2, `${calls.length} requests of ${caller} at ${name}`);
    }
  }
  t.equal(endpoint.requests.length, 2 * Object.keys(doors).length, 'one exchange a caller and server');
});

t.test('a caller without a token is told so, unless a credential stands beside the exchange', async (t) => {
  const alone = await served(t);
  const before = Object.values(alone.doors).map(({ seen }) => seen.length);
  const client = await clientOf.modern(alone.urls.guest);
  t.teardown(() => client.close());
  const message = /in the caller's own name, and this caller brought no token to exchange/;
  for (const name of names)
    await t.rejects(client.callTool({ name: `${name}_echo`, arguments: { text: 'x' } }), { message });
  const asked = await client.callTool({ name: 'agent_ask', arguments: { message: 'echo x' } });
  t.match(JSON.stringify(asked), message);
  t.equal(alone.endpoint.requests.length, 0);
  t.ok(before.length > 0);

  const beside = await served(t, 'bearer: of-the-gateway\n');
  for (const [name, { seen }] of Object.entries(beside.doors)) {
    for (const { headers } of seen) t.equal(headers.authorization, 'Bearer of-the-gateway', `${name}, listed`);
  }
  const guest = await clientOf.legacy(beside.urls.guest);
  t.teardown(() => guest.close());
  for (const name of names) await guest.callTool({ name: `${name}_echo`, arguments: { text: 'x' } });
  const ann = await clientOf.legacy(beside.urls.ann);
  t.teardown(() => ann.close());
  await ann.callTool({ name: 'legacy_echo', arguments: { text: 'x' } });
  const shown = beside.doors['legacy']?.seen.map(({ headers }) => headers.authorization);
  await until('both', () => new Set(shown).size === 2, { state: () => shown });
});
