/** Legacy servers that say on the session's own stream what is about a modern client's call. */
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import {
  answerTo,
  askedIn,
  notified,
  questions,
  replies,
  replyOf,
  sendCall,
  type ModernCall,
} from '../support/asking.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { messagesOf } from '../support/mcp-http.ts';
import {
  event,
  events,
  json,
  progressToken,
  result,
  scriptedUpstream,
  textResult,
  type Arrival,
} from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

/** Session → its own stream. */
const streams = new Map<string, ServerResponse>();
const sessionOf = ({ headers }: Arrival['request']): string => String(headers['mcp-session-id']);
const say = (arrival: Arrival, message: object): void =>
  void streams.get(sessionOf(arrival.request))?.write(event({ jsonrpc: '2.0', ...message }));
const progress = (arrival: Arrival, done: number): object => ({
  method: 'notifications/progress',
  params: { progressToken: progressToken(arrival.message), progress: done },
});
/** What is asked as soon as a session's stream is open. */
let early: object | undefined;

const upstream = await scriptedUpstream(t, {
  capabilities: { tools: {}, logging: {} },
  get: (request, response) => {
    streams.set(sessionOf(request), events(response));
    if (early !== undefined) response.write(event({ jsonrpc: '2.0', id: 'early', ...early }));
  },
  methods: {
    // Until it is answered, the call is not sent.
    'logging/setLevel': async ({ response, message }) => {
      await delay(200);
      json(response, result(message, {}));
    },
  },
  tools: {
    tells: ({ response, message }) => json(response, textResult(message, JSON.stringify(message.params?.arguments))),
    asks: async (arrival) => {
      events(arrival.response);
      say(arrival, progress(arrival, 1));
      say(arrival, { id: 'here', ...questions.form });
      await replyOf(upstream, 'here');
      say(arrival, progress(arrival, 2));
      say(arrival, { ...progress(arrival, 3), params: { progressToken: 'another’s', progress: 3 } });
      say(arrival, { method: 'notifications/tools/list_changed' });
      await delay(100);
      arrival.response.end(event(textResult(arrival.message, 'told')));
    },
    afterwards: ({ request, response, message }) => {
      json(response, textResult(message, sessionOf(request)));
    },
  },
});
const gateway = await gatewayOf(t, { server: upstream });

const call = (tool: string, capabilities: ModernCall['capabilities'], meta = {}): ModernCall => ({
  url: gateway.url,
  params: { name: `server_${tool}`, arguments: { very: 'own' } },
  capabilities,
  meta,
});

t.test('questions and progress come as if they were on the stream of the call', async (t) => {
  const asking = (token: string): ModernCall => call('asks', { elicitation: {} }, { progressToken: token });
  const first = await sendCall(asking('one'));
  t.match(notified(first), [{ params: { progressToken: 'one', progress: 1 } }]);
  const { inputRequests, requestState } = askedIn(first);
  t.strictSame(inputRequests, { q1: questions.form });
  const second = await sendCall(asking('two'), { requestState, inputResponses: { q1: replies.form } });
  t.strictSame(
    notified(second).map(({ params }) => params),
    [{ progressToken: 'two', progress: 2 }],
  );
  t.match(messagesOf(second).at(-1)?.result, { content: [{ text: 'told' }] });
});

t.test('what a server asks before it has the call is asked, and it gets the call all the same', async (t) => {
  early = questions.sampling;
  t.teardown(() => (early = undefined));
  const tells = call('tells', { sampling: {} }, { 'io.modelcontextprotocol/logLevel': 'error' });
  const { inputRequests, requestState } = askedIn(await sendCall(tells));
  t.strictSame(inputRequests, { q1: questions.sampling });
  await until('the call', () => upstream.of('tools/call').some(({ message }) => message.params?.name === 'tells'));
  const answer = await answerTo(tells, { requestState, inputResponses: { q1: replies.sampling } });
  t.match(answer.result, { content: [{ text: '{"very":"own"}' }] });
  t.match(await replyOf(upstream, 'early'), { result: replies.sampling });
});

t.test('what is asked when no call is under way is refused; a ping is answered', async (t) => {
  const { result: told } = await answerTo(call('afterwards', { sampling: { context: {} } }));
  const [{ text }] = (told as { content: [{ text: string }] }).content;
  const stream = streams.get(text);
  stream?.write(event({ jsonrpc: '2.0', id: 'late', ...questions.sampling }));
  stream?.write(event({ jsonrpc: '2.0', id: 'alive', method: 'ping' }));
  t.match(await replyOf(upstream, 'late'), { error: { code: -32603, message: /No call of a client is under way/ } });
  t.match(await replyOf(upstream, 'alive'), { result: {} });
});
