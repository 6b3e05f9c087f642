/** Log messages of legacy servers, for modern clients: exactly those that the request asked for, on its own stream. */
import t from 'tap';
import { answerTo, askedIn, notified, sendCall, type ModernCall } from '../support/asking.ts';
import { answerOf, modern } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { answering, event, events, json, scriptedUpstream, textResult } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';

const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
const chatty = await scriptedUpstream(t, {
  capabilities: { tools: {}, logging: {} },
  tools: {
    logs: ({ response, message }) => {
      events(response);
      for (const level of levels)
        response.write(event({ jsonrpc: '2.0', method: 'notifications/message', params: { level, data: level } }));
      response.end(event(textResult(message, 'logged')));
    },
  },
  methods: { 'logging/setLevel': answering({}) },
});
const silent = await scriptedUpstream(t, {
  tools: { echo: ({ response, message }) => json(response, textResult(message, 'echo')) },
});
const sdk = await startServer('conformance-legacy');
const everything = await startServer('everything');
const gateway = await startGateway([
  entryFor(chatty.url, { name: 'chatty' }),
  entryFor(silent.url, { name: 'silent' }),
  entryFor(sdk.url, { name: 'sdk' }),
  entryFor(everything.url, { name: 'everything' }),
]);
t.teardown(() => Promise.all([gateway.stop(), sdk.stop(), everything.stop()]));

const at = (level?: string): Partial<ModernCall> =>
  level === undefined ? {} : { meta: { 'io.modelcontextprotocol/logLevel': level } };
const call = (name: string, level?: string, capabilities = {}): ModernCall => ({
  url: gateway.url,
  params: { name },
  capabilities,
  ...at(level),
});
const logged = async (of: ModernCall): Promise<unknown[]> =>
  notified(await sendCall(of)).map(({ method, params }) => `${method} ${String(params['level'])}`);

t.test('messages at the level or above come, whatever the server sends; without a level none', async (t) => {
  const from = (level: string): string[] =>
    levels.slice(levels.indexOf(level)).map((each) => `notifications/message ${each}`);
  t.strictSame(await logged(call('chatty_logs', 'error')), from('error'));
  t.strictSame(await logged(call('chatty_logs')), []);
  t.strictSame(await logged(call('chatty_logs', 'debug')), from('debug'));
  t.strictSame(await logged(call('chatty_logs', undefined, { sampling: {} })), []);
});

t.test('the server is told the level before the call, and only when it is another', async (t) => {
  const before = chatty.arrivals.length;
  const levelsOfCalls = ['error', 'error', 'info', undefined, 'info'];
  // Its own capabilities, so that the sessions are its own: as many as it takes, since one rests after each call.
  for (const level of levelsOfCalls) await sendCall(call('chatty_logs', level, { roots: {}, sampling: {} }));
  const told = new Map<unknown, unknown>();
  for (const { request, message } of chatty.arrivals.slice(before)) {
    const session = request.headers['mcp-session-id'];
    if (message.method === 'logging/setLevel') {
      const level = message.params?.['level'];
      t.not(level, told.get(session), 'the session has another level by now');
      told.set(session, level);
    } else if (message.method === 'tools/call') {
      const level = levelsOfCalls.shift();
      if (level !== undefined) t.equal(told.get(session), level, 'the session has the level of the call');
    }
  }
  t.strictSame(levelsOfCalls, [], 'the server has had all calls');
});

t.test('a server that does not log is told nothing', async (t) => {
  t.match(await answerTo(call('silent_echo', 'debug')), { result: {} });
  t.equal(silent.of('logging/setLevel').length, 0);
});

t.test('a level that is none is refused, whatever the method', async (t) => {
  const meta = { 'io.modelcontextprotocol/logLevel': 'loud' };
  for (const [method, params] of [
    ['tools/call', { name: 'chatty_logs' }],
    ['tools/list', {}],
  ] as const) {
    const answer = await modern(gateway.url, method, params, { meta });
    t.equal(answer.status, 400);
    t.match(answerOf(answer), {
      error: { code: -32602, message: /logLevel"\] is "loud"; expected debug, info, notice/ },
    });
  }
});

t.test('SDK servers log on the stream of the call', async (t) => {
  t.ok((await logged(call('sdk_test_tool_with_logging', 'info'))).length > 0);
  t.strictSame(await logged(call('sdk_test_tool_with_logging', 'emergency')), []);
});

t.test('SDK servers log on the stream of the session', async (t) => {
  // It asks for roots soon after a session has begun, and then logs in the session that it has them: amid this call.
  const params = { name: 'everything_trigger-long-running-operation', arguments: { duration: 1.5, steps: 2 } };
  const slow = { ...call('', 'debug', { roots: {} }), params };
  const { requestState } = askedIn(await sendCall(slow));
  const inputResponses = { q1: { roots: [{ uri: 'file:///home/ada' }] } };
  const answer = await sendCall(slow, { requestState, inputResponses });
  t.match(notified(answer), [{ method: 'notifications/message', params: { level: 'info', data: /Roots updated/ } }]);
});
