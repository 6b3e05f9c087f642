/** What one caller may hold at one time, and that others still get in. */
import { request as httpRequest, type ClientRequest } from 'node:http';
import t from 'tap';
import { ada, bob, keyedGateway, keyedPolicy, refusalsOf } from '../support/keyed-gateway.ts';
import {
  answerOf,
  initialize,
  LegacySession,
  modern,
  modernCall,
  modernListen,
  textOf,
  type HttpAnswer,
} from '../support/mcp-http.ts';
import type { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const LISTEN = 'subscriptions/listen';
const says: Script = ({ response, message }) => json(response, textResult(message, 'said'));
const hanging: (() => void)[] = [];
const hangs: Script = ({ response, message }) =>
  void hanging.push(() => json(response, textResult(message, 'at last')));
const shop = await scriptedUpstream(t, { tools: { get: says, hangs } });
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

const large = { padding: 'x'.repeat(4 * 1024 * 1024 - 1000) };

t.test(
  'a caller’s large requests take half of the memory for them; another’s are taken, and those that end make room',
  async (t) => {
    const calls = await eightLarge();
    const refused = await largeCall();
    t.equal(refused.status, 429);
    t.equal(refused.headers['retry-after'], '1');
    t.match(answerOf(refused).error, {
      code: -32010,
      message: /^Your large requests in work take 33\d{6} bytes, and may take 33554432; try again in 1 s\.$/,
      data: { limit: 'bodiesPerPrincipal', retryAfterSeconds: 1 },
    });
    t.equal(await refusalsOf(gateway, 'bodiesPerPrincipal'), 1);
    t.equal(textOf(await modernCall(url, 'shop_get', {}, ada)), 'said', 'small ones go on');
    t.equal(textOf(await modernCall(url, 'shop_get', large, bob)), 'said');
    for (const answer of hanging.splice(0)) answer();
    for (const call of calls) t.equal(textOf(answerOf(await call)), 'at last');
    t.equal(textOf(await modernCall(url, 'shop_get', large, ada)), 'said');
  },
);

t.test('what large requests take comes back when their clients go, amid a call or amid sending', async (t) => {
  for (let round = 0; round < 3; round++) {
    const gone = new AbortController();
    const calls = await eightLarge(gone.signal);
    t.equal((await largeCall()).status, 429);
    gone.abort();
    t.equal((await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected').length, 8);
    hanging.splice(0);
    await until('room again', async () => (await largeCall()).status === 200);
    const sending: ClientRequest[] = [];
    await until('no more room', async () => {
      sending.push(beginsToSend(large.padding));
      return (await largeCall()).status === 429;
    });
    t.ok(sending.length >= 7, `${sending.length}`);
    for (const request of sending) request.destroy();
    await until('room again', async () => (await largeCall()).status === 200);
  }
});

const largeCall = (): Promise<HttpAnswer> => modern(url, 'tools/call', { name: 'shop_get', arguments: large }, ada);

/** As many large calls as one caller may have in work. */
async function eightLarge(signal?: AbortSignal): Promise<Promise<HttpAnswer>[]> {
  const options = { ...ada, ...(signal && { signal }) };
  const calls = Array.from({ length: 8 }, () =>
    modern(url, 'tools/call', { name: 'shop_hangs', arguments: large }, options),
  );
  await until('eight calls', () => hanging.length === 8, { state: () => hanging.length });
  return calls;
}

/** A request whose end is not sent. */
function beginsToSend(part: string): ClientRequest {
  const headers = { ...ada.headers, 'content-type': 'application/json' };
  const request = httpRequest(url, { method: 'POST', headers }).on('error', () => undefined);
  request.write(part);
  return request;
}
