/** The messages that legacy servers get of the gateway beside calls: their ids, their shape, and those that do not come. */
import t from 'tap';
import { askingServer } from '../support/asking-server.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import { answering, event, events, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

/** Notifications that a server may send, among them some that nobody knows. */
const notices = [
  { method: 'notifications/message', params: { level: 'info', data: 'x' } },
  { method: 'notifications/progress', params: { progressToken: 'nobody’s', progress: 1 } },
  { method: 'notifications/tools/list_changed' },
  { method: 'notifications/resources/updated', params: { uri: 'a://b' } },
  { method: 'notifications/cancelled', params: { requestId: 'never asked' } },
  { method: 'notifications/elicitation/complete', params: { elicitationId: 'never asked' } },
  { method: 'notifications/vendor/strange', params: {} },
  { method: 'vendor/strange' },
];
const told = notices.map((each) => event({ jsonrpc: '2.0', ...each })).join('');

const tools: Readonly<Record<string, Script>> = {
  never: ({ response }) => void events(response),
  refuses: ({ response }) => void response.writeHead(400).end(),
  notifies: ({ response, message }) => void events(response).end(told + event(textResult(message, 'done'))),
};
const capabilities = { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} };
const methods: Readonly<Record<string, Script>> = {
  'resources/subscribe': answering({}),
};
const server = await askingServer(t, { tools, capabilities, methods });
const gateway = await gatewayOf(t, { server });

/** The id that the server knows the session of the last call by. */
const lastSession = (): string => String(server.of('tools/call').at(-1)?.request.headers['mcp-session-id']);

t.test('notifications of the gateway’s own and of a client have no id', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  const call = session.request('tools/call', { name: 'server_never', arguments: {} }, { id: 'mine' });
  await until('the call', () => server.of('tools/call').at(-1)?.message.id === 'mine');
  await session.notify('notifications/cancelled', { requestId: 'mine', reason: 'no more' });
  await call;
  const cancelled = await until('the cancellation', () => server.of('notifications/cancelled').at(-1));
  const params = { requestId: 'mine', reason: 'no more' };
  t.strictSame(cancelled.message, { jsonrpc: '2.0', method: 'notifications/cancelled', params });
  for (const { message } of server.of('notifications/initialized')) {
    t.strictSame(message, { jsonrpc: '2.0', method: 'notifications/initialized' });
  }
  await using hurried = await startGateway([entryFor(server.url, { name: 'server', timeoutMs: 200 })]);
  const late = await LegacySession.begin(hurried.url);
  await late.request('tools/call', { name: 'server_never', arguments: {} }, { id: 'late' });
  const own = await until('the gateway’s own', () =>
    server.of('notifications/cancelled').find(({ message }) => message.params?.['requestId'] === 'late'),
  );
  t.strictSame(own.message, {
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: 'late', reason: 'The deadline has passed.' },
  });
});

t.test('a server’s notifications are answered with nothing, wherever they come', async (t) => {
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities: { roots: {} } });
  const stream = new MessageStream(await session.open('tools/call', { name: 'server_notifies', arguments: {} }));
  await stream.ended();
  const inner = lastSession();
  const own = await until('the session’s stream', () => server.streams.get(inner));
  own.write(told);
  // That it is answered says that all before it was read.
  own.write(event({ jsonrpc: '2.0', id: 'last', method: 'ping' }));
  await server.response(inner, 'last');
  // Among them is that of the gateway's own session.
  const open = [...server.streams].filter(([, { destroyed }]) => !destroyed);
  t.ok(open.length >= 2);
  for (const [, control] of open) control.write(told + event({ jsonrpc: '2.0', id: 'all', method: 'ping' }));
  const isAnswered = (id: string): boolean =>
    server.arrivals.some(
      ({ message, request }) =>
        message.method === undefined && message.id === 'all' && request.headers['mcp-session-id'] === id,
    );
  await until('the answers to the pings', () => open.every(([id, { destroyed }]) => destroyed || isAnswered(id)));
  const responses = server.arrivals.map(({ message }) => message).filter(({ method }) => method === undefined);
  t.strictSame([...new Set(responses.map(({ id }) => id))], ['last', 'all']);
});

t.test('the gateway’s own requests in a client’s session have ids that no other request has', async (t) => {
  const before = server.arrivals.length;
  const session = await LegacySession.begin(gateway.url);
  for (const id of [1, '1', 2, 'é']) {
    // It is answered with 400, at which the gateway asks whether the session is known.
    await session.request('tools/call', { name: 'server_refuses', arguments: {} }, { id });
  }
  await session.rpc('logging/setLevel', { level: 'error' }, { id: 3 });
  await session.rpc('resources/subscribe', { uri: 'a://b' }, { id: 4 });
  const inner = lastSession();
  const requests = server.arrivals
    .slice(before)
    .filter(({ message, request }) => message.method === 'initialize' || request.headers['mcp-session-id'] === inner)
    .map(({ message }) => message)
    .filter(({ id, method }) => id !== undefined && method !== undefined);
  const own = requests.filter(({ method }) => method !== 'tools/call');
  t.equal(own.filter(({ method }) => method === 'initialize').length, 1);
  t.equal(own.filter(({ method }) => method === 'ping').length, 4);
  for (const { id } of own) t.match(id, /^fetchfy-/);
  const ids = requests.map(({ id }) => JSON.stringify(id));
  t.equal(new Set(ids).size, ids.length, ids.join(' '));
});
