/** How a call ends that a legacy server asks a modern client in: too late, gone, unwell; and what becomes of its session. */
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { answerTo, askedIn, put, questions, replies, replyOf, sendCall, type ModernCall } from '../support/asking.ts';
import { answerOf, modernRequest, open } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { event, events, scriptedUpstream, textResult, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

/** A server with a tool that asks, and one that takes its time. */
async function asker(t: { teardown(end: () => Promise<void>): void }, port?: number): Promise<ScriptedUpstream> {
  let serial = 0;
  const upstream: ScriptedUpstream = await scriptedUpstream(t, {
    ...(port !== undefined && { port }),
    tools: {
      asks: async (arrival) => {
        const own = `asks-${++serial}`;
        events(arrival.response);
        put(arrival, own, questions.form);
        const { result, error } = await replyOf(upstream, own);
        if (!arrival.isAborted())
          arrival.response.end(event(textResult(arrival.message, JSON.stringify(result ?? error))));
      },
      asksAndHangs: async (arrival) => {
        events(arrival.response);
        put(arrival, 'hangs', questions.form);
        await replyOf(upstream, 'hangs');
      },
      asksAndBreaks: async (arrival) => {
        events(arrival.response);
        put(arrival, 'breaks', questions.form);
        await delay(100);
        arrival.response.destroy();
      },
      asksAndAnswers: async (arrival) => {
        events(arrival.response);
        put(arrival, 'impatient', questions.form);
        await delay(100);
        arrival.response.end(event(textResult(arrival.message, 'did without')));
      },
    },
  });
  return upstream;
}

const capabilities = { elicitation: {} };
const form = { q1: replies.form };

function call(url: string, tool: string): ModernCall {
  return { url, params: { name: `server_${tool}` }, capabilities };
}

const cancelled = (upstream: ScriptedUpstream): number => upstream.of('notifications/cancelled').length;
const noLongerHeld = { error: { code: -32602, message: /no longer held.*Begin the request anew/ } };

t.test('a client that does not come back in time: the server gets an error, and its call is cancelled', async (t) => {
  const upstream = await asker(t);
  const env = { FETCHFY_QUESTION_TIMEOUT: '300ms' };
  await using gateway = await startGateway([entryFor(upstream.url, { name: 'server' })], { env });
  const { requestState } = askedIn(await sendCall(call(gateway.url, 'asks')));
  t.match(await replyOf(upstream, 'asks-1'), { error: { code: -32603, message: /did not answer within 0.3 s/ } });
  await until('the cancellation', () => cancelled(upstream) === 1, { state: () => upstream.arrivals });
  const given = upstream.of('tools/call')[0]?.message.id;
  t.match(upstream.of('notifications/cancelled')[0]?.message.params, { requestId: given });
  t.match(await answerTo(call(gateway.url, 'asks'), { requestState, inputResponses: form }), noLongerHeld);
  await until('the end of the session', () => upstream.ended.length === 1);
});

t.test('the time that a client takes is not the server’s', async (t) => {
  const upstream = await asker(t);
  await using gateway = await startGateway([entryFor(upstream.url, { name: 'server', timeoutMs: 600 })]);
  const { requestState } = askedIn(await sendCall(call(gateway.url, 'asks')));
  await delay(900);
  const answer = await answerTo(call(gateway.url, 'asks'), { requestState, inputResponses: form });
  t.match(JSON.stringify(answer), 'Ada');
  const { requestState: state } = askedIn(await sendCall(call(gateway.url, 'asksAndHangs')));
  const late = await answerTo(call(gateway.url, 'asksAndHangs'), { requestState: state, inputResponses: form });
  t.match(late, { error: { code: -32603, message: /no answer within 600 ms/ } }, 'the server’s own time goes on');
});

t.test('a client that goes while its call runs cancels it, one that goes to find an answer does not', async (t) => {
  const upstream = await asker(t);
  await using gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  const meta = { 'io.modelcontextprotocol/clientCapabilities': capabilities };
  const abort = new AbortController();
  const first = askedIn(await sendCall(call(gateway.url, 'asksAndHangs')));
  // Its connection is closed with its answer.
  await delay(100);
  t.equal(cancelled(upstream), 0);
  const params = { name: 'server_asksAndHangs', requestState: first.requestState, inputResponses: form };
  const retry = open(gateway.url, { ...modernRequest('tools/call', params, { id: 2, meta }), signal: abort.signal });
  await replyOf(upstream, 'hangs');
  abort.abort();
  await t.rejects(retry);
  await until('the cancellation', () => cancelled(upstream) === 1, { state: () => upstream.arrivals });
  await until('the end of the session', () => upstream.ended.length === 1);
  t.match(await answerTo(call(gateway.url, 'asksAndHangs'), params), noLongerHeld);
});

t.test('what became of a call while it was parked, its retry learns at once', async (t) => {
  const upstream = await asker(t);
  await using gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  for (const [tool, expected] of [
    ['asksAndBreaks', { error: { code: -32603, message: /default\/server broke off/ } }],
    ['asksAndAnswers', { result: { resultType: 'complete', content: [{ text: 'did without' }] } }],
  ] as const) {
    const { requestState } = askedIn(await sendCall(call(gateway.url, tool)));
    await delay(200);
    const began = performance.now();
    const answer = await answerTo(call(gateway.url, tool), { requestState, inputResponses: form });
    t.match(answer, expected);
    t.ok(performance.now() - began < 100, tool);
  }
});

t.test('a server that has died while the call was parked: its client learns within 100 ms of the retry', async (t) => {
  const server = await startServer('conformance-legacy');
  await using gateway = await startGateway([entryFor(server.url, { name: 'server' })]);
  const asking = {
    url: gateway.url,
    params: { name: 'server_test_elicitation', arguments: { message: 'x' } },
    capabilities,
  };
  const { requestState } = askedIn(await sendCall(asking));
  await server.stop();
  const began = performance.now();
  const answer = await answerTo(asking, { requestState, inputResponses: form });
  // Its streams can be taken up again, which may go on in vain for a while.
  t.match(answer, { error: { code: -32603, message: /default\/server cannot be reached/ } });
  t.ok(performance.now() - began < 100, `${performance.now() - began} ms`);
});

t.test('a server that is said to be elsewhere while its call was parked: the call goes on where it is', async (t) => {
  const upstream = await asker(t);
  const entry = entryFor(upstream.url, { name: 'server' });
  await using gateway = await startGateway([entry]);
  const { requestState } = askedIn(await sendCall(call(gateway.url, 'asks')));
  const session = String(upstream.of('tools/call')[0]?.request.headers['mcp-session-id']);
  // Nobody is there.
  await gateway.publish([{ ...entry, targets: ['127.0.0.1:1'] }]);
  const answer = await answerTo(call(gateway.url, 'asks'), { requestState, inputResponses: form });
  t.match(JSON.stringify(answer), 'Ada');
  const response = upstream.arrivals.find(({ message }) => message.id === 'asks-1');
  t.equal(response?.request.headers['mcp-session-id'], session);
  t.match(answerOf(await sendCall(call(gateway.url, 'asks'))), { error: { message: /ECONNREFUSED/ } });
});

t.test('a gateway that ends cancels what is parked', async (t) => {
  const upstream = await asker(t);
  const gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  askedIn(await sendCall(call(gateway.url, 'asks')));
  t.equal(await gateway.stop(), 0);
  t.match(await replyOf(upstream, 'asks-1'), { error: { message: 'The gateway ends.' } });
  t.equal(cancelled(upstream), 1);
  t.ok(upstream.ended.includes(String(upstream.of('tools/call')[0]?.request.headers['mcp-session-id'])));
});

t.test('a server that leaves the registry is told that its parked calls are over', async (t) => {
  const upstream = await asker(t);
  await using gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  askedIn(await sendCall(call(gateway.url, 'asks')));
  await gateway.publish([]);
  t.match(await replyOf(upstream, 'asks-1'), { error: { message: /not there any more/ } });
  await until('the cancellation', () => cancelled(upstream) === 1);
});

t.test('no two calls that can be asked are ever in one session at a time, and sessions are used again', async (t) => {
  let serial = 0;
  const running = new Map<string, number>();
  let most = 0;
  const upstream: ScriptedUpstream = await scriptedUpstream(t, {
    tools: {
      work: async (arrival) => {
        const session = String(arrival.request.headers['mcp-session-id']);
        running.set(session, (running.get(session) ?? 0) + 1);
        most = Math.max(most, ...running.values());
        const own = ++serial;
        events(arrival.response);
        if (own % 3 === 0) {
          put(arrival, own, questions.form);
          await replyOf(upstream, own);
        } else await delay(own % 7);
        running.set(session, (running.get(session) ?? 0) - 1);
        arrival.response.end(event(textResult(arrival.message, session)));
      },
    },
  });
  await using gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  const before = upstream.of('initialize').length;
  const work = call(gateway.url, 'work');
  const client = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) {
      const answer = answerOf(await sendCall(work));
      if (answer.result?.['resultType'] !== 'input_required') continue;
      t.match(await answerTo(work, { requestState: askedIn(answer).requestState, inputResponses: form }), {
        result: {},
      });
    }
  };
  await Promise.all(Array.from({ length: 24 }, client));
  t.equal(most, 1);
  const opened = upstream.of('initialize').length - before;
  t.ok(opened < 90, `${opened} sessions for 120 calls`);
  await until('no more than sixteen idle sessions, beside that of the list', () => upstream.sessions.size <= 17, {
    state: () => upstream.sessions.size,
  });
});
