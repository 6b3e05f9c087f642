/** What one caller may hold at one time, and that others still get in. */
import t from 'tap';
import { ada, bob, keyedGateway, keyedPolicy, refusalsOf } from '../support/keyed-gateway.ts';
import { answerOf, initialize, LegacySession, modern, modernListen, type HttpAnswer } from '../support/mcp-http.ts';
import type { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const LISTEN = 'subscriptions/listen';
const says: Script = ({ response, message }) => json(response, textResult(message, 'said'));
const shop = await scriptedUpstream(t, { tools: { get: says } });
const services = [entryFor(shop.url, { name: 'shop' })];
const gateway = await keyedGateway(t, services, { FETCHFY_MAX_SESSIONS: '8' });
const { url } = gateway;

t.test('a caller has half of the sessions, another has the other half, and those that end make room', async (t) => {
  const begin = (): Promise<LegacySession> => LegacySession.begin(url, '2025-11-25', ada);
  const own = [await begin(), await begin(), await begin(), await begin()];
  const refused = await initialize(url, '2025-11-25', { ...ada, id: 'fifth' });
  t.equal(refused.status, 429);
  t.equal(refused.headers['retry-after'], '10');
  t.match(answerOf(refused), {
    id: 'fifth',
    error: {
      code: -32010,
      message: 'You have 4 sessions, as many as one caller may. End those that are not needed; try again in 10 s.',
      data: { limit: 'sessionsPerPrincipal', retryAfterSeconds: 10 },
    },
  });
  t.equal(await refusalsOf(gateway, 'sessionsPerPrincipal'), 1);
  const others = [];
  for (let i = 0; i < 4; i++) others.push(await LegacySession.begin(url, '2025-11-25', bob));
  const nobody = await initialize(url);
  t.equal(nobody.status, 503, 'there is no more for a third');
  t.match(answerOf(nobody).error, { code: -32603, message: /has its 8 sessions/ });
  t.equal((await own[0]?.request('ping'))?.status, 200);
  for (const session of own) await session.end();
  own.splice(0, 4, await begin(), await begin(), await begin(), await begin());
  t.equal((await initialize(url, '2025-11-25', ada)).status, 429, 'and no more than before');
  for (const session of [...own, ...others]) await session.end();
});

t.test('where nobody is told apart one caller has all sessions', async (t) => {
  await gateway.publish(services, { policy: { hosts: [] } });
  const sessions = [];
  for (let i = 0; i < 8; i++) sessions.push(await LegacySession.begin(url));
  t.equal((await initialize(url)).status, 503);
  for (const session of sessions) await session.end();
  await gateway.publish(services, { policy: keyedPolicy });
});

t.test(
  'a caller has half of the subscriptions, another has the other half, and clients that go make room',
  async (t) => {
    const own = await fourStreams(ada);
    const refused = await moreStreams(ada);
    t.equal(refused.status, 429);
    t.equal(refused.headers['retry-after'], '10');
    t.match(answerOf(refused), {
      id: 'more',
      error: {
        code: -32010,
        message: /^You have 4 subscriptions, as many as one caller may/,
        data: { limit: 'subscriptionsPerPrincipal', retryAfterSeconds: 10 },
      },
    });
    t.equal(await refusalsOf(gateway, 'subscriptionsPerPrincipal'), 1);
    const others = await fourStreams(bob);
    t.equal((await moreStreams()).status, 503, 'there is no more for a third');
    for (const stream of [...own, ...others]) stream.close();
    for (const stream of await fourStreams(ada)) stream.close();
  },
);

t.test('what comes to no subscription takes nothing of them', async (t) => {
  const undeclared = { notifications: { taskIds: ['a task'] } };
  for (let i = 0; i < 8; i++) t.equal((await modern(url, LISTEN, undeclared, ada)).status, 400);
  const streams = await fourStreams(ada);
  t.equal((await moreStreams(ada)).status, 429);
  for (const stream of streams) stream.close();
});

/** As many subscriptions as one caller may have; what others had may take its time to end. */
async function fourStreams(caller: typeof ada): Promise<MessageStream[]> {
  const streams: MessageStream[] = [];
  await until('four streams', async () => {
    const stream = await modernListen(url, { toolsListChanged: true }, caller);
    if (stream.status === 200) streams.push(stream);
    else stream.close();
    return streams.length === 4;
  });
  return streams;
}

function moreStreams(caller: object = {}): Promise<HttpAnswer> {
  return modern(url, LISTEN, { notifications: {} }, { ...caller, id: 'more' });
}
