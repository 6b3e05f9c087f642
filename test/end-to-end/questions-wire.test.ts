/** What legacy servers and clients say about a question beside its answer, as it crosses the wire. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, modernCall, textOf } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import {
  event,
  events,
  json,
  scriptedUpstream,
  textResult,
  type Arrival,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const streams = new Map<unknown, ServerResponse>();
const get = ({ headers }: IncomingMessage, response: ServerResponse): void =>
  void streams.set(headers['mcp-session-id'], events(response));
const calls: Arrival[] = [];
const tools = {
  hold: (arrival: Arrival) => {
    events(arrival.response);
    calls.push(arrival);
  },
  open: ({ response, message }: Arrival) => json(response, textResult(message, 'open')),
  pings: ({ response, message }: Arrival) => {
    events(response).write(event({ jsonrpc: '2.0', id: 'a ping', method: 'ping' }));
    response.end(event(textResult(message, 'done')));
  },
};
const asking = await scriptedUpstream(t, { tools, get });
const stateless = await scriptedUpstream(t, { tools, era: 'stateless' });
const gateway = await gatewayOf(t, { asking, stateless });

/** The server's own id and token: a client has others. */
const OWN = 'question 1';
const TOKEN = 7;
const question = {
  jsonrpc: '2.0',
  id: OWN,
  method: 'sampling/createMessage',
  params: { messages: [], maxTokens: 1, _meta: { progressToken: TOKEN, 'example.com/kept': 1 } },
};
const cancelled = (requestId: unknown): string =>
  event({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId, reason: 'no more' } });

/** Where a question is asked: how the server says something there, and the client's stream on which it is heard. */
interface Place {
  readonly session: LegacySession;
  readonly say: (text: string) => void;
  readonly heard: MessageStream;
  /** Ends what goes on there; the client's call has its answer then. */
  readonly end: () => Promise<void>;
}

const places: Readonly<Record<string, (t: Test) => Promise<Place>>> = {
  'amid a call': async (t) => {
    const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities: { sampling: {} } });
    calls.length = 0;
    const opening = session.open('tools/call', { name: 'asking_hold', arguments: {} });
    const { response, message } = await until('the call', () => calls[0]);
    response.write(
      event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'begun' } }),
    );
    const heard = new MessageStream(await opening);
    t.teardown(() => heard.close());
    const end = async (): Promise<void> => {
      response.end(event(textResult(message, 'done')));
      t.equal(await heard.ended(), 'ended');
      t.match(heard.messages.at(-1), { result: { content: [{ text: 'done' }] } });
    };
    return { session, say: (text) => void response.write(text), heard, end };
  },
  'outside of one': async (t) => {
    const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities: { sampling: {} } });
    const heard = await session.listen();
    t.teardown(() => heard.close());
    await session.call('asking_open');
    const own = asking.of('tools/call').at(-1)?.request.headers['mcp-session-id'];
    const stream = await until('the stream', () => streams.get(own));
    return { session, say: (text) => void stream.write(text), heard, end: async () => undefined };
  },
};

/** What a client sent that is not a request, as the server got it. */
const sentTo = (from: number): UpstreamMessage[] =>
  asking.arrivals.slice(from).flatMap(({ message }) => (message.id === undefined || !message.method ? [message] : []));

for (const [where, place] of Object.entries(places)) {
  t.test(`a question that its server takes back is taken back at the client: ${where}`, async (t) => {
    const { session, say, heard, end } = await place(t);
    say(event(question));
    const { id } = await heard.message('sampling/createMessage');
    t.not(id, OWN);
    const from = asking.arrivals.length;
    say(cancelled('unknown') + cancelled(id) + cancelled(OWN));
    const told = await heard.message('notifications/cancelled');
    t.match(told, { params: { requestId: id, reason: 'no more' } });
    // Its answer comes too late: nobody waits for it.
    await session.post({ jsonrpc: '2.0', id, result: { model: 'm', role: 'assistant', content: [] } });
    say(event({ ...question, id: 'question 2' }));
    const next = await until('the next question', () => {
      const asked = heard.messages.filter(({ method }) => method === 'sampling/createMessage');
      return asked[1];
    });
    await session.post({ jsonrpc: '2.0', id: next['id'], result: { model: 'm', role: 'assistant', content: [] } });
    await until('its answer', () => sentTo(from).length > 0);
    t.match(sentTo(from), [{ id: 'question 2', result: { model: 'm' } }]);
    t.equal(heard.messages.filter(({ method }) => method === 'notifications/cancelled').length, 1);
    await end();
  });

  t.test(`progress of a client on a question reaches the server under its own token: ${where}`, async (t) => {
    const { session, say, heard, end } = await place(t);
    say(event(question));
    const { id, params } = await heard.message('sampling/createMessage');
    const { progressToken: token, ...meta } = (params as { _meta: Record<string, unknown> })._meta;
    t.not(token, TOKEN);
    t.strictSame(meta, { 'example.com/kept': 1 });
    const from = asking.arrivals.length;
    const progress = (progressToken: unknown, done: number) =>
      session.notify('notifications/progress', { progressToken, progress: done, total: 9, message: 'é' });
    // Of nothing that was asked.
    await progress(TOKEN, 1);
    await progress('unknown', 2);
    await progress(token, 3);
    await session.post({ jsonrpc: '2.0', id, result: { model: 'm', role: 'assistant', content: [] } });
    await progress(token, 4);
    await session.call('asking_open');
    await until('what the client said', () => sentTo(from).length >= 2);
    // They may come by two connections.
    const sent = sentTo(from).toSorted((a, b) => Number(a.id !== undefined) - Number(b.id !== undefined));
    t.match(sent, [
      { method: 'notifications/progress', params: { progressToken: TOKEN, progress: 3, total: 9, message: 'é' } },
      { id: OWN, result: { model: 'm' } },
    ]);
    const inner = new Set(asking.arrivals.slice(from).map(({ request }) => request.headers['mcp-session-id']));
    t.equal(inner.size, 1, 'in its session');
    await end();
  });
}

t.test('a ping of a server without sessions is answered amid a call', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  for (const call of [() => session.call('stateless_pings'), () => modernCall(gateway.url, 'stateless_pings')]) {
    const from = stateless.arrivals.length;
    t.equal(textOf(await call()), 'done');
    const isAnswer = ({ message }: Arrival): boolean => message.method === undefined;
    const answer = await until('the answer', () => stateless.arrivals.slice(from).find(isAnswer));
    t.strictSame(answer.message, { jsonrpc: '2.0', id: 'a ping', result: {} });
  }
});
