/** Legacy clients that are asked and do not answer in time, or are not to be asked yet. */
import t from 'tap';
import { askingServer } from '../support/asking-server.ts';
import { answerOf, initialize, LegacySession, send, type RpcAnswer } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import { answering, event, scriptedUpstream } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const server = await askingServer(t);
const who = { method: 'elicitation/create', params: { message: 'who?', requestedSchema: { type: 'object' } } };
const modern = await scriptedUpstream(t, {
  era: 'modern',
  tools: {
    ask: answering({ resultType: 'input_required', inputRequests: { who }, requestState: 'x' }),
  },
});
const gateway = await startGateway(
  [entryFor(server.url, { name: 'server' }), entryFor(modern.url, { name: 'modern' })],
  { env: { FETCHFY_QUESTION_TIMEOUT: '300ms' } },
);
t.teardown(() => gateway.stop());

const capabilities = { roots: {}, elicitation: {} };
const inCall = { asked: [{ id: 'in-call', method: 'roots/list' }], place: 'the call’s stream' };
const noAnswer = { code: -32603, message: 'The client did not answer in time.' };
const lastSession = (): string => String(server.of('tools/call').at(-1)?.request.headers['mcp-session-id']);

t.test('asked amid a call, it is told that its time is over, and the server that there is no answer', async (t) => {
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities });
  const heard = await session.listen();
  const call = new MessageStream(await session.open('tools/call', { name: 'server_ask', arguments: inCall }));
  const { id } = await call.message('roots/list');
  t.match(await heard.message('notifications/cancelled'), { params: { requestId: id, reason: String } });
  const { error } = await server.response(lastSession(), 'in-call');
  t.match(error, { code: -32603, message: /The call that it was asked for has ended/ });
  t.equal(await call.ended(), 'ended');
  t.match(call.messages.at(-1), {
    error: { code: -32603, message: /asked the client, which did not answer within 0.3 s/ },
  });
  const given = server.of('tools/call').at(-1)?.message.id;
  const cancelled = await until('the cancellation of the call', () => server.of('notifications/cancelled').at(-1));
  t.match(cancelled.message.params, { requestId: given });
  heard.close();
});

t.test(
  'asked outside of a call, it is told that its time is over, and the server that there is no answer',
  async (t) => {
    const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities });
    const heard = await session.listen();
    await session.call('server_ask', { ...inCall, asked: [] });
    const stream = await until('the session’s stream', () => server.streams.get(lastSession()));
    stream.write(event({ jsonrpc: '2.0', id: 'apart', method: 'roots/list' }));
    const { id } = await heard.message('roots/list');
    t.match(await heard.message('notifications/cancelled'), { params: { requestId: id, reason: String } });
    t.strictSame(await server.response(lastSession(), 'apart'), { jsonrpc: '2.0', id: 'apart', error: noAnswer });
    await session.post({ jsonrpc: '2.0', id, result: { roots: [] } });
    await session.call('server_ask', { ...inCall, asked: [] });
    const all = server.arrivals.filter(({ message }) => message.method === undefined && message.id === 'apart');
    t.equal(all.length, 1, 'what comes too late is let go');
    heard.close();
  },
);

t.test('asked for a modern server, it is told that its time is over', async (t) => {
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities });
  const heard = await session.listen();
  const call = new MessageStream(await session.open('tools/call', { name: 'modern_ask', arguments: {} }));
  const { id } = await call.message('elicitation/create');
  t.match(await heard.message('notifications/cancelled'), { params: { requestId: id } });
  t.equal(await call.ended(), 'ended');
  t.match(call.messages.at(-1), { error: { code: -32603, message: /default\/modern asked the client/ } });
  heard.close();
});

t.test('before it says that it is initialized, a client is asked nothing', async (t) => {
  const begun = await initialize(gateway.url, '2025-11-25', { capabilities });
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-session-id': String(begun.headers['mcp-session-id']),
  };
  const post = (message: object): ReturnType<typeof send> =>
    send(gateway.url, { headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
  const call = async (name: string, args: object): Promise<RpcAnswer> =>
    answerOf(await post({ id: 1, method: 'tools/call', params: { name, arguments: args } }));
  const notYet = /has not said that it is initialized/;
  const asked = [...inCall.asked, { id: 'ping', method: 'ping' }];
  t.match((await call('server_ask', { ...inCall, asked })).result, { content: [{ text: notYet }] });
  t.match(await server.response(lastSession(), 'ping'), { result: {} }, 'a ping is answered by the gateway');
  t.match((await call('modern_ask', {})).error, { code: -32603, message: notYet });
  await post({ method: 'notifications/initialized' });
  const body = { id: 2, method: 'tools/call', params: { name: 'server_ask', arguments: inCall } };
  const answer = await post(body);
  t.match(answer.text, '"method":"roots/list"', 'after that it is');
});
