/** Where the gateway goes, and where not, whatever a Service, a name or a server says. */
import t from 'tap';
import { agentClient, send as sendToAgent } from '../support/a2a-client.ts';
import { openDoor } from '../support/door.ts';
import { modernCall } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { available, messageOf } from '../support/reported.ts';
import { scriptedUpstream } from '../support/scripted-upstream.ts';
import { startAgent } from '../support/start-agent.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';

const server = await startServer('modern');
const agent = await startAgent('a2a', { args: ['--card-age', '0'] });
t.teardown(() => Promise.all([server.stop(), agent.stop()]));

const METADATA = 'http://169.254.169.254/latest/meta-data/';
const a2a = { type: 'agent', protocol: 'a2a', path: '/' } as const;

/** An entry whose addresses are none that its server has. */
function entryTo(target: string, name: string) {
  return entryFor(server.url, { name, targets: [target] });
}

t.test('the gateway’s own machine is not called, unless it is told that servers are there', async (t) => {
  const door = await openDoor(t, server.target);
  const entries = [
    entryTo(door.target, 'loopback'),
    entryTo(`localhost:${door.port}`, 'by-name'),
    entryTo(`[::1]:${door.port}`, 'six'),
    entryTo(`[::ffff:127.0.0.1]:${door.port}`, 'mapped'),
    entryTo(`0.0.0.0:${door.port}`, 'unspecified'),
    entryTo(`2130706433:${door.port}`, 'a-number'),
    entryFor(`http://${door.target}/`, { name: 'agent', ...a2a }),
  ];
  const gateway = await startGateway(entries, { env: { FETCHFY_ALLOW_LOOPBACK: 'false' } });
  t.teardown(() => gateway.stop());
  await messageOf(
    gateway,
    'loopback',
    /127\.0\.0\.1 is a loopback address: the gateway never connects to such an address/,
  );
  await messageOf(gateway, 'by-name', /localhost resolves to (127\.0\.0\.1|::1), which is a loopback address/);
  for (const name of ['six', 'mapped', 'agent']) await messageOf(gateway, name, /a loopback address/);
  await messageOf(gateway, 'unspecified', /an unspecified address/);
  await messageOf(gateway, 'a-number', /a loopback address/);
  t.match((await modernCall(gateway.url, 'loopback_echo', { text: 'x' })).error, { code: /-32/ });
  t.equal(door.connections, 0);
});

t.test('link-local and metadata addresses are called in no mode', async (t) => {
  const addresses = {
    'link-local': ['169.254.169.254:80', /a link-local address/],
    six: ['[fe80::1]:80', /a link-local address/],
    nat64: ['[64:ff9b::a9fe:a9fe]:80', /a link-local address/],
    ec2: ['[fd00:ec2::254]:80', /metadata service/],
    alibaba: ['100.100.100.200:80', /metadata service/],
    oracle: ['192.0.0.192:80', /metadata service/],
    multicast: ['224.0.0.1:80', /a multicast address/],
    broadcast: ['255.255.255.255:80', /a broadcast address/],
    'a-number': ['2852039166:80', /169\.254\.169\.254 is a link-local address/],
  } as const;
  const gateway = await startGateway(Object.entries(addresses).map(([name, [target]]) => entryTo(target, name)));
  t.teardown(() => gateway.stop());
  for (const [name, [, message]] of Object.entries(addresses)) t.ok(await messageOf(gateway, name, message), name);
});

t.test('the API server is not called, as the pod and as the registry know it', async (t) => {
  const [api, other] = [await openDoor(t, server.target), await openDoor(t, server.target)];
  const entries = [entryTo(api.target, 'api'), entryTo(other.target, 'other')];
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(api.port) };
  const gateway = await startGateway(entries, { env });
  t.teardown(() => gateway.stop());
  await available(gateway, 'other');
  await messageOf(gateway, 'api', /127\.0\.0\.1 is the cluster's API server/);
  t.equal(api.connections, 0);
  // What is connected already is left alone; a new connection is not made.
  await gateway.publish(entries, { policy: { hosts: [], apiServers: [other.target] } });
  other.drop();
  await messageOf(gateway, 'other', /the cluster's API server/);
});

t.test('the gateway does not call itself', async (t) => {
  const gateway = await startGateway([entryFor(server.url, { name: 'server' })]);
  t.teardown(() => gateway.stop());
  const [own, admin] = [new URL(gateway.origin).host, new URL(gateway.adminUrl).host];
  await gateway.publish([
    entryTo(own, 'own'),
    entryTo(admin, 'admin'),
    entryTo(own.replace('127.0.0.1', '127.8.8.8'), 'alias'),
  ]);
  for (const name of ['own', 'admin', 'alias']) t.ok(await messageOf(gateway, name, /is this gateway itself/), name);
});

t.test('a server or agent that redirects to a metadata address is not followed there, and is told', async (t) => {
  const away = (only?: string) =>
    openDoor(t, agent.target, {
      answer: ({ method }, response) => {
        if (only !== undefined && method !== only) return false;
        response.writeHead(302, { location: METADATA }).end();
        return true;
      },
    });
  const [mcp, sse, card, rpc] = [await away(), await away(), await away(), await away('POST')];
  const redirecting = await scriptedUpstream(t, {
    tools: { away: ({ response }) => void response.writeHead(307, { location: METADATA }).end() },
  });
  const gateway = await startGateway([
    entryFor(`http://${mcp.target}/mcp`, { name: 'mcp' }),
    entryFor(`http://${sse.target}/sse`, { name: 'sse' }),
    entryFor(`http://${card.target}/`, { name: 'card', ...a2a }),
    entryFor(`http://${rpc.target}/`, { name: 'rpc', ...a2a }),
    entryFor(redirecting.url, { name: 'scripted' }),
  ]);
  t.teardown(() => gateway.stop());
  for (const name of ['mcp', 'sse', 'card']) {
    await messageOf(gateway, name, /HTTP status 302.*It redirects to another place, and redirects are not followed/);
  }
  await available(gateway, 'scripted');
  const { error } = await modernCall(gateway.url, 'scripted_away', {});
  t.match(error, { message: /default\/scripted answered HTTP 307, a redirect, which is not followed/ });
  await available(gateway, 'rpc');
  const asked = await modernCall(gateway.url, 'rpc_ask', { message: 'echo x' });
  t.match(JSON.stringify(asked), /default\/rpc/);
  t.notMatch(JSON.stringify(asked), /meta-data/);
  const direct = await agentClient(`${gateway.origin}/agents/default/rpc/`);
  await t.rejects(sendToAgent(direct, 'echo x'), { message: /default\/rpc.*HTTP 302/ });
});
