import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, modern, modernCall, modernListen, send } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult } from '../support/scripted-upstream.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

/** The samples of a scrape: `name{labels}` → value. */
async function scrape({ adminUrl }: RunningGateway): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(new URL('/metrics', adminUrl))).text();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

const count = (path: string, method: string, type = 'all'): string =>
  `fetchfy_mcp_request_count{path="${path}",method="${method}",type="${type}"}`;

t.test('the counters say what was asked, where, and what went wrong', async (t) => {
  const upstream = await scriptedUpstream(t, {
    tools: {
      echo: ({ response, message }) => json(response, textResult(message, 'echo')),
      dies: ({ request }) => void request.socket.destroy(),
    },
  });
  const gateway = await startGateway([
    entryFor(upstream.url, { name: 'server', alias: '/mcp/tools/example' }),
    entryFor(upstream.url, { name: 'agent', type: 'agent' }),
  ]);
  t.teardown(() => gateway.stop());
  const { url } = gateway;
  const session = await LegacySession.begin(url);
  for (let i = 0; i < 3; i++) await session.call('server_echo');
  await session.call('server_dies');
  await session.call('nobody_has');
  await session.request('no/such');
  await modernCall(url, 'server_echo');
  await session.call('agent_echo');
  await modernCall(`${url}/default/agent`, 'echo');
  await modern(`${url}/default/server`, 'tools/list');
  await modern(`${url}/tools/example`, 'tools/list');
  await send(url, { method: 'PUT' });
  await send(`${url}/nothing`, { body: '{}' });
  const streams = [await session.listen(), await modernListen(url, { toolsListChanged: true })];
  await streams[1]?.message('notifications/subscriptions/acknowledged');

  const samples = await scrape(gateway);
  for (const [name, value] of [
    [count('/mcp', 'initialize'), 1],
    [count('/mcp', 'notifications/initialized'), 1],
    [count('/mcp', 'tools/call', 'tool'), 5],
    [count('/mcp', 'tools/call', 'agent'), 1],
    [count('/mcp', 'tools/call'), 1],
    [count('/mcp/:namespace/:service', 'tools/call', 'agent'), 1],
    [count('/mcp', 'other'), 2],
    [count('/mcp', 'GET'), 1],
    [count('/mcp', 'subscriptions/listen'), 1],
    [count('/mcp/:namespace/:service', 'tools/list', 'tool'), 1],
    [count('alias', 'tools/list', 'tool'), 1],
    [count('other', 'unread'), 1],
    ['fetchfy_error_count{type="upstream_fault"}', 1],
    ['fetchfy_error_count{type="invalid_params"}', 1],
    ['fetchfy_error_count{type="method_not_found"}', 1],
    ['fetchfy_error_count{type="method_not_allowed"}', 1],
    ['fetchfy_error_count{type="not_found"}', 1],
    ['fetchfy_error_count{type="internal"}', 0],
    ['fetchfy_mcp_service_count{type="tool"}', 1],
    ['fetchfy_mcp_service_count{type="agent"}', 1],
    ['fetchfy_mcp_session_count', 1],
    ['fetchfy_mcp_active_request_count', 0],
    ['fetchfy_registry_fault', 0],
    ['fetchfy_mcp_request_duration_seconds_count{path="/mcp",method="tools/call",type="tool"}', 5],
  ] as const) {
    t.equal(samples.get(name), value, name);
  }
  for (const stream of streams) stream.close();
  await session.end();
  t.equal((await scrape(gateway)).get('fetchfy_mcp_session_count'), 0);
});

t.test('labels stay few, whatever clients send', async (t) => {
  const upstream = await scriptedUpstream(t, { tools: {} });
  const gateway = await gatewayOf(t, { server: upstream });
  const session = await LegacySession.begin(gateway.url);
  await modern(gateway.url, 'tools/list');
  const before = (await scrape(gateway)).size;
  for (let i = 0; i < 50; i++) {
    await session.request(`made/up/${i}`);
    await modern(gateway.url, `made/up/${i}`);
    await send(`${gateway.url}/${i}/${i}`, { body: '{}' });
    await session.request('tools/call', { name: `made_up_${i}` });
  }
  const samples = await scrape(gateway);
  t.ok(samples.size < before + 60, `${samples.size} after ${before}`);
  t.notMatch([...samples.keys()].join('\n'), /made/);
  t.notMatch([...samples.keys()].join('\n'), session.id);
});

t.test('at debug there is one line a request, and no line has an id, an argument or an answer', async (t) => {
  const upstream = await scriptedUpstream(t, {
    tools: {
      echo: ({ response, message }) => json(response, textResult(message, 'secret answer')),
      dies: ({ request }) => void request.socket.destroy(),
    },
  });
  const gateway = await gatewayOf(t, { server: upstream }, { env: { FETCHFY_LOG_LEVEL: 'debug' } });
  const session = await LegacySession.begin(gateway.url);
  const lines = (): Record<string, unknown>[] =>
    gateway
      .log()
      .split('\n')
      .filter((line) => line.includes('A request was answered.'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  await until('the lines of the session’s beginning', () => lines().length === 2, { state: () => lines() });
  await session.call('server_echo', { password: 'secret argument' });
  await session.call('server_dies', { password: 'secret argument' });
  await session.request('x'.repeat(1000), { password: 'secret argument' });
  await send(gateway.url, {
    headers: { ...session.headers, authorization: 'Bearer secret token' },
    body: '{"secret broken"',
  });
  await until('all lines', () => lines().length === 6, { state: () => lines() });
  t.match(lines().slice(2), [
    { level: 'debug', pattern: '/mcp', method: 'tools/call', type: 'tool', seconds: Number },
    { method: 'tools/call', error: 'upstream_fault' },
    { method: 'x'.repeat(64), error: 'method_not_found' },
    { method: 'unread', error: 'parse' },
  ]);
  const inner = upstream.of('tools/call')[0]?.request.headers['mcp-session-id'];
  for (const secret of ['secret', session.id, String(inner)]) t.notMatch(gateway.log(), secret);
});

t.test('the Inspector’s command line lists and calls through both paths', async (t) => {
  const server = await startServer('everything');
  const gateway = await startGateway([entryFor(server.url, { name: 'everything' })]);
  t.teardown(() => Promise.all([gateway.stop(), server.stop()]));
  const inspector = fileURLToPath(new URL('../../node_modules/.bin/mcp-inspector', import.meta.url));
  const run = async (url: string, ...args: string[]): Promise<Record<string, unknown>> => {
    const options = ['--cli', url, '--transport', 'http', ...args];
    const { stdout } = await promisify(execFile)(process.execPath, [inspector, ...options], { timeout: 60_000 });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  for (const [url, name] of [
    [gateway.url, 'everything_echo'],
    [`${gateway.url}/default/everything`, 'echo'],
  ] as const) {
    const { tools } = (await run(url, '--method', 'tools/list')) as { tools: { name: string }[] };
    t.ok(tools.some((tool) => tool.name === name));
    const called = await run(url, '--method', 'tools/call', '--tool-name', name, '--tool-arg', 'message=hello');
    t.match(called, { content: [{ type: 'text', text: 'Echo: hello' }] });
  }
});
