import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { answerOf, LegacySession, messagesOf, modern, modernCall } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  event,
  events,
  json,
  progressToken,
  scriptedUpstream,
  textResult,
  type Script,
} from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const TIMEOUT_MS = 400;

const tools: Readonly<Record<string, Script>> = {
  never: () => undefined,
  never_after_headers: ({ response }) => void events(response),
  progress_forever: async ({ response, message, isAborted }) => {
    events(response);
    for (let progress = 1; !isAborted(); progress++) {
      const params = { progressToken: progressToken(message), progress };
      response.write(event({ jsonrpc: '2.0', method: 'notifications/progress', params }));
      // Time is the subject: progress that goes on past the deadline.
      await delay(20);
    }
  },
  in_time: async ({ response, message }) => {
    // Time is the subject: late, and within the deadline.
    await delay(TIMEOUT_MS / 2);
    json(response, textResult(message, 'in time'));
  },
};

const legacy = await scriptedUpstream(t, { era: 'legacy', tools });
const modernUpstream = await scriptedUpstream(t, { era: 'modern', tools });
const upstreams = { legacy, modern: modernUpstream };
const gateway = await startGateway(
  Object.entries(upstreams).map(([name, { url }]) => entryFor(url, { name, timeoutMs: TIMEOUT_MS })),
  { env: { FETCHFY_CALL_TIMEOUT: '200ms' } },
);
t.teardown(() => gateway.stop());
const session = await LegacySession.begin(gateway.url);

for (const server of ['legacy', 'modern'] as const) {
  for (const client of ['legacy', 'modern'] as const) {
    const call = (tool: string): ReturnType<LegacySession['request']> => {
      const params = { name: `${server}_${tool}`, arguments: {} };
      if (client === 'modern') return modern(gateway.url, 'tools/call', params, { meta: { progressToken: 'mine' } });
      return session.request('tools/call', { ...params, _meta: { progressToken: 'mine' } });
    };

    t.test(`a ${client} client of a ${server} server`, async (t) => {
      for (const tool of ['never', 'never_after_headers', 'progress_forever']) {
        t.test(`has an answer at the deadline that the Service declares: ${tool}`, async (t) => {
          const before = upstreams[server].of('notifications/cancelled').length;
          const began = performance.now();
          const answer = await call(tool);
          const took = performance.now() - began;
          const { error } = answerOf(answer);
          t.match(error, { code: -32603, message: `Server default/${server} gave no answer within ${TIMEOUT_MS} ms.` });
          t.ok(took >= TIMEOUT_MS - 10 && took < TIMEOUT_MS + 1000, `${took} ms`);
          const progress = messagesOf(answer).filter((message) => 'method' in message);
          if (tool === 'progress_forever') {
            t.ok(progress.length > 3, 'progress does not extend the deadline');
            t.match(progress[0], { params: { progressToken: 'mine' } });
          }

          const arrival = upstreams[server].of('tools/call').at(-1);
          await until('the end of the request to the server', () => arrival?.isAborted());
          if (server === 'modern') return;
          const told = await until('the cancellation', () =>
            upstreams[server].of('notifications/cancelled').slice(before).at(-1),
          );
          t.equal(told.message.params?.['requestId'], arrival?.message.id);
          t.equal(told.request.headers['mcp-session-id'], arrival?.request.headers['mcp-session-id']);
        });
      }

      t.test('has the answer of a server that is slow but in time', async (t) => {
        t.match(answerOf(await call('in_time')).result, { content: [{ text: 'in time' }] });
      });
    });
  }
}

t.test('a Service that declares no deadline has the gateway’s', async (t) => {
  await gateway.publish([entryFor(legacy.url, { name: 'legacy' })]);
  const began = performance.now();
  const { error } = await modernCall(gateway.url, 'legacy_never');
  t.match(error?.message, 'within 200 ms');
  t.ok(performance.now() - began < 1200);
});
