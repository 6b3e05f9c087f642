/** Visits to URLs that legacy servers ask of legacy clients (2025-11-25, Elicitation): their ids, their ends, and the URLs. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { askingServer, beAsked } from '../support/asking-server.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, modernListen, textOf } from '../support/mcp-http.ts';
import { answerTo, askedIn, sendCall } from '../support/asking.ts';
import { MessageStream } from '../support/message-stream.ts';
import { event, events, json, textResult, type Script } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const visit = (elicitationId: string, url = 'https://example.com/pay'): Record<string, string> => ({
  mode: 'url',
  message: 'pay',
  url,
  elicitationId,
});
const required = (id: unknown, ...ids: readonly string[]): object => ({
  jsonrpc: '2.0',
  id,
  error: {
    code: -32042,
    message: 'Pay first.',
    data: { elicitations: ids.map((each) => visit(each)), more: { kept: true } },
  },
});
const complete = (elicitationId: string): object => ({
  jsonrpc: '2.0',
  method: 'notifications/elicitation/complete',
  params: { elicitationId },
});

const tools: Readonly<Record<string, Script>> = {
  pay: ({ response, message }) => json(response, JSON.stringify(required(message.id, 'e-1', 'e-2'))),
  /** Tells of the ends of these visits, on the stream of its answer. */
  completes: ({ response, message }) => {
    const { ids = [] } = (message.params?.arguments ?? {}) as { ids?: readonly string[] };
    events(response).write(ids.map((id) => event(complete(id))).join(''));
    response.end(event(textResult(message, 'told')));
  },
  session: ({ request, response, message }) =>
    json(response, textResult(message, String(request.headers['mcp-session-id']))),
};
const server = await askingServer(t, { tools });
const other = await askingServer(t, { tools });
const gateway = await gatewayOf(t, { server, other });

const capabilities = { elicitation: { url: {} } };
const begin = (version?: string): Promise<LegacySession> => LegacySession.begin(gateway.url, version, { capabilities });

/** What a client hears of the ends of visits in the course of a call. */
async function heardIn(session: LegacySession, tool: string, ids: readonly string[]): Promise<unknown[]> {
  const stream = new MessageStream(await session.open('tools/call', { name: tool, arguments: { ids } }));
  await stream.ended();
  return stream.messages.filter(({ id }) => id === undefined);
}

t.test('an error that sends the user to URLs first passes as it is, to clients of every version', async (t) => {
  for (const version of ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']) {
    const session = await begin(version);
    const answer = await session.rpc('tools/call', { name: 'server_pay', arguments: {} }, { id: 'mine' });
    t.strictSame(answer, required('mine', 'e-1', 'e-2'), version);
  }
});

t.test('the end of a visit is told once, by the server that asked for it, under its own id', async (t) => {
  const session = await begin();
  const odd = ' é"\\ 7 ';
  await beAsked(session, { asked: [{ method: 'elicitation/create', params: visit(odd) }] }, () => ({
    result: { action: 'accept' },
  }));
  await session.call('server_pay');
  t.strictSame(await heardIn(session, 'other_completes', [odd, 'e-1']), [], 'of another server');
  const ids = ['never asked', odd, odd, 'e-2'];
  t.strictSame(await heardIn(session, 'server_completes', ids), [complete(odd), complete('e-2')]);
  t.strictSame(await heardIn(session, 'server_completes', ids), [], 'a second time');
  t.strictSame(await heardIn(session, 'server_completes', ['e-1']), [complete('e-1')]);
});

t.test('the end of a visit is told to the client that was asked alone, on its own stream', async (t) => {
  const [session, stranger] = [await begin(), await begin()];
  const streams = [await session.listen(), await stranger.listen()];
  await session.call('server_pay');
  await stranger.call('server_session');
  const inner = textOf(await session.call('server_session'));
  const stream = await until('the session’s stream', () => server.streams.get(inner));
  stream.write(event(complete('never asked')) + event(complete('e-1')) + event(complete('e-1')));
  stream.write(event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'last' } }));
  const [own, others] = streams as [MessageStream, MessageStream];
  await own.message('notifications/message');
  t.strictSame(own.messages.slice(0, -1), [complete('e-1')]);
  await stranger.call('server_session');
  t.strictSame(others.messages, []);
  for (const each of streams) each.close();
});

t.test('a modern client, whose era has no such ids, is told of no end', async (t) => {
  const listening = await modernListen(gateway.url, { toolsListChanged: true });
  const call = { url: gateway.url, params: { name: 'server_pay', arguments: {} }, capabilities };
  const { inputRequests } = askedIn(await answerTo(call));
  t.notMatch(JSON.stringify(inputRequests), 'elicitationId');
  const answer = await sendCall({ ...call, params: { name: 'server_completes', arguments: { ids: ['e-1'] } } });
  t.match(answer.text, 'told');
  t.notMatch(answer.text, 'elicitation');
  t.notMatch(listening.text, 'elicitation');
  listening.close();
});

t.test('the URL that a user is sent to is not touched by the gateway', async (t) => {
  let visits = 0;
  const page = createServer((_request, response) => void response.end(String(++visits)));
  page.on('connection', () => visits++).listen(0, '127.0.0.1');
  await until('the page', () => page.listening);
  t.teardown(() => page.close());
  const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}/a%2Fb/../c?state=%7E~#top`;
  const asked = [{ method: 'elicitation/create', params: visit('e-3', url) }];
  const session = await begin();
  const { requests } = await beAsked(session, { asked }, () => ({ result: { action: 'accept' } }));
  t.strictSame(requests[0]?.['params'], visit('e-3', url));
  const call = { url: gateway.url, params: { name: 'server_ask', arguments: { asked, place: 'the call’s stream' } } };
  const { inputRequests, requestState } = askedIn(await answerTo({ ...call, capabilities }));
  t.match(inputRequests, { q1: { params: { url } } });
  await answerTo({ ...call, capabilities }, { requestState, inputResponses: { q1: { action: 'accept' } } });
  t.equal(visits, 0);
});
