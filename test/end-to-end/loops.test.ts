/** A gateway that is led back to itself, by an address that is none of its own. */
import t, { type Test } from 'tap';
import { HopMark } from '../../gateway/hop-mark.ts';
import { agentClient, send as sendToAgent } from '../support/a2a-client.ts';
import { clientOf } from '../support/clients.ts';
import { openDoor } from '../support/door.ts';
import { keyedPolicy } from '../support/keyed-gateway.ts';
import { modernRequest, send } from '../support/mcp-http.ts';
import { oneOfEach } from '../support/one-of-each.ts';
import { entryFor } from '../support/registry-folder.ts';
import { available, messageOf } from '../support/reported.ts';
import { severableWay } from '../support/severable-way.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const { servers, agent } = await oneOfEach(t);

const a2a = { type: 'agent', protocol: 'a2a', path: '/' } as const;
const UID = 'a-gateway';
const mark = new HopMark(UID);
const ITSELF = /The server is this gateway itself/;

async function gatewayOf(t: Test, ...[entries, options]: Parameters<typeof startGateway>): Promise<RunningGateway> {
  const gateway = await startGateway(entries, { ...options, env: { FETCHFY_GATEWAY_UID: UID, ...options?.env } });
  t.teardown(() => gateway.stop());
  return gateway;
}

/** What clients of each era are offered. */
async function offered({ url }: RunningGateway): Promise<string[]> {
  const ofEras = (['legacy', 'modern'] as const).map(async (era) => {
    const client = await clientOf[era](url);
    const { tools } = await client.listTools();
    const { resources } = await client.listResources();
    await client.close();
    return [...tools.map(({ name }) => `${era} ${name}`), ...resources.map(({ uri }) => `${era} ${uri}`)];
  });
  return (await Promise.all(ofEras)).flat();
}

t.test('every request to a server or an agent has the mark, and nothing of what a client’s Via says', async (t) => {
  const names = Object.keys(servers) as (keyof typeof servers)[];
  const doors = await Promise.all(names.map((name) => openDoor(t, servers[name].target)));
  const toAgent = await openDoor(t, agent.target);
  const entries = names.map((name, at) =>
    entryFor(`http://${doors[at]?.target}${name === 'http-sse' ? '/sse' : '/mcp'}`, { name }),
  );
  const gateway = await gatewayOf(t, [...entries, entryFor(`http://${toAgent.target}/`, { name: 'agent', ...a2a })]);
  await available(gateway, ...names, 'agent');
  for (const era of ['legacy', 'modern'] as const) {
    const client = await clientOf[era](gateway.url);
    for (const name of names) await client.callTool({ name: `${name}_echo`, arguments: { text: 'x' } });
    await client.callTool({ name: 'agent_ask', arguments: { message: 'echo x' } });
    await client.close();
  }
  const clientsOwn = { via: '1.0 fred' };
  const call = { name: 'modern_echo', arguments: { text: 'x' } };
  await send(gateway.url, modernRequest('tools/call', call, { headers: clientsOwn }));
  await sendToAgent(await agentClient(`${gateway.origin}/agents/default/agent/`, clientsOwn), 'echo x');
  await gateway.stop();
  const seen = [...doors, toAgent].flatMap((door) => door.seen);
  for (const { method, path, headers } of seen) t.equal(headers.via, mark.via, `${method} ${path}`);
  const methods = new Set(seen.map(({ method }) => method));
  t.strictSame([...methods].sort(), ['DELETE', 'GET', 'POST'], 'streams and the ends of sessions among them');
});

t.test('a gateway that is a server of its own says so, and offers no more for that', async (t) => {
  const others = [entryFor(servers.legacy.url, { name: 'legacy' }), entryFor(servers.modern.url, { name: 'modern' })];
  const gateway = await gatewayOf(t, others);
  await available(gateway, 'legacy', 'modern');
  const before = await offered(gateway);
  const { host } = new URL(gateway.origin);
  const { target: relay } = await severableWay(t, host);
  // Asked in the modern era it is as a server that does not know it.
  const old = await openDoor(t, host, {
    answer: ({ headers }, response) => {
      if (headers['mcp-method'] === undefined) return false;
      response.writeHead(404).end();
      return true;
    },
  });
  await gateway.publish([
    ...others,
    entryFor(`http://${relay}/mcp`, { name: 'loop' }),
    entryFor(`http://${relay}/mcp/default/modern`, { name: 'loop-to-one' }),
    entryFor(`http://${old.target}/mcp`, { name: 'legacy-loop' }),
    entryFor(`http://${relay}/mcp`, { name: 'loop-of-any', type: 'agent', protocol: 'auto' }),
    entryFor(`http://${relay}/agents/default/agent`, { name: 'loop-of-agents', ...a2a }),
  ]);
  const loops = ['loop', 'loop-to-one', 'legacy-loop', 'loop-of-any', 'loop-of-agents'];
  for (const name of loops) t.ok(await messageOf(gateway, name, ITSELF), name);
  // It is asked again and again; nothing grows.
  const { length } = old.seen;
  await until('the loop to be asked again', () => old.seen.length > length + 2);
  t.strictSame(await offered(gateway), before);
  for (const { name, state, toolCount } of (await gateway.report()).services) {
    if (loops.includes(name)) t.strictSame([state, toolCount], ['Unavailable', 0], name);
  }
});

t.test('another replica of the same Gateway is not served, another Gateway is', async (t) => {
  const entry = entryFor(servers.modern.url, { name: 'modern' });
  const replica = await gatewayOf(t, [entry]);
  const other = await gatewayOf(t, [entry], { env: { FETCHFY_GATEWAY_UID: 'another-gateway' } });
  const gateway = await gatewayOf(t, [
    entryFor(replica.url, { name: 'replica' }),
    entryFor(other.url, { name: 'other' }),
  ]);
  await messageOf(gateway, 'replica', ITSELF);
  await available(gateway, 'other');
  const client = await clientOf.modern(gateway.url);
  const { tools } = await client.listTools();
  t.ok(tools.some(({ name }) => name === 'other_modern_echo'));
  t.notOk(tools.some(({ name }) => name.startsWith('replica')));
  await client.close();
});

t.test(
  'what came back is refused wherever it comes, whoever it is of; what went through others is served',
  async (t) => {
    const policy = { hosts: [], auth: { methods: keyedPolicy.auth?.methods.slice(0, 1) ?? [] } };
    const open = await gatewayOf(t, [entryFor(servers.modern.url, { name: 'modern' })]);
    const closed = await gatewayOf(t, [entryFor(servers.modern.url, { name: 'modern' })], { registry: { policy } });
    await available(open, 'modern');
    const others = { via: `1.0 fred, ${new HopMark('another').via}, 1.1 fetchfy` };
    const listed = await send(open.url, modernRequest('tools/list', {}, { headers: others }));
    t.equal(listed.status, 200);
    t.match(listed.text, 'modern_echo');

    const own = { via: `1.0 fred, ${mark.via.toUpperCase()}` };
    const refusals = [
      await send(open.url, modernRequest('tools/list', {}, { headers: own })),
      await send(open.url, modernRequest('tools/list', {}, { headers: { ...own, host: 'elsewhere.example' } })),
      await send(closed.url, modernRequest('tools/list', {}, { headers: own })),
      await send(`${open.origin}/api/services`, { method: 'GET', headers: own }),
      await send(`${open.origin}/agents/default/agent/`, { headers: own, body: '{}' }),
    ];
    for (const { status, text } of refusals) {
      t.equal(status, 508);
      t.match(JSON.parse(text), { id: null, error: { code: -32600, message: /Via names this gateway/ } });
    }
  },
);
