/** Streams that broke, or ended before their answer, and are taken up again: by clients at the gateway, by it at servers. */
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { LegacySession } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  event,
  events,
  json,
  result,
  scriptedUpstream,
  sent,
  textResult,
  type Arrival,
} from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const log = (data: string): string =>
  event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } });
const held: Arrival[] = [];
const gets: { readonly lastEventId: unknown; readonly response: ServerResponse }[] = [];
const upstream = await scriptedUpstream(t, {
  era: 'legacy',
  capabilities: { tools: {}, logging: {} },
  get: ({ headers }, response) => void gets.push({ lastEventId: headers['last-event-id'], response }),
  tools: {
    hold: (arrival) => {
      events(arrival.response).write(log('one') + log('two'));
      held.push(arrival);
    },
    polls: ({ response }) => void events(response).end(`id: 7\nretry: 20\ndata: \n\n`),
    breaks: async ({ request, response }) => {
      events(response).write(`id: 8\nretry: 20\n${log('before')}`);
      await new Promise((resolve) => setImmediate(resolve));
      request.socket.destroy();
    },
    never: ({ response }) => void events(response).end(`id: 9\nretry: 20\ndata: \n\n`),
    quick: ({ response, message }) => json(response, textResult(message, 'quick')),
  },
});
const entries = ['server', 'another'].map((name) => entryFor(upstream.url, { name, timeoutMs: 3000 }));
const gateway = await startGateway(entries.slice(0, 1));
t.teardown(() => gateway.stop());

/** The ids of a stream's events, in order. */
const idsOf = ({ text }: MessageStream): string[] => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => String(id));
const dataOf = ({ messages }: MessageStream): unknown[] =>
  messages.flatMap(({ params }) => (params as { data?: string } | undefined)?.data ?? []);

t.test('a stream begins with an event that has an id and no data, for clients that expect it', async (t) => {
  const opened: { readonly version: string; readonly primes: boolean; readonly streams: MessageStream[] }[] = [];
  for (const [version, primes] of [
    ['2025-11-25', true],
    ['2025-06-18', false],
    ['2025-03-26', false],
  ] as const) {
    const session = await LegacySession.begin(gateway.url, version);
    const call = new MessageStream(await session.open('tools/call', { name: 'server_hold' }));
    const streams = [call, await session.listen()];
    t.teardown(() => streams.forEach((stream) => stream.close()));
    opened.push({ version, primes, streams });
  }
  // Something to say, so that a stream that is not primed has a first event too.
  await gateway.publish(entries);
  for (const { version, primes, streams } of opened) {
    for (const [index, stream] of streams.entries()) {
      const which = `${version}, ${index === 0 ? 'a call' : 'GET'}`;
      await until(`a message: ${which}`, () => stream.messages.length > 0);
      t.equal(/^id: \S+\ndata: \n\n/.test(stream.text), primes, which);
    }
  }
  await gateway.publish(entries.slice(0, 1));
  for (const { streams } of opened) await streams[1]?.message('notifications/tools/list_changed', 1);
});

t.test('a client whose connection broke misses nothing: neither what was said, nor the answer', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  held.length = 0;
  const first = new MessageStream(await session.open('tools/call', { name: 'server_hold' }, { id: 'mine' }));
  await until('two messages', () => first.messages.length === 2);
  first.close();
  const [arrival] = held as [Arrival];
  arrival.response.write(log('three'));
  const second = await session.listen(idsOf(first).at(-2));
  t.teardown(() => second.close());
  await until('what was missed', () => dataOf(second).length === 2, { state: () => second.messages });
  t.strictSame(dataOf(second), ['two', 'three'], 'all behind the event that the client names');
  arrival.response.end(log('four') + event(textResult(arrival.message, 'done')));
  t.equal(await second.ended(), 'ended', 'the stream ends with the answer');
  t.strictSame(dataOf(second), ['two', 'three', 'four']);
  t.match(second.messages.at(-1), { id: 'mine', result: { content: [{ text: 'done' }] } });
  t.equal(new Set([...idsOf(first), ...idsOf(second)]).size, idsOf(first).length + 3, 'each event has one id');
});

t.test('two streams that broke are taken up each by itself', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  held.length = 0;
  const ids = ['first', 'second'];
  const broken: MessageStream[] = [];
  for (const id of ids) {
    const stream = new MessageStream(await session.open('tools/call', { name: 'server_hold' }, { id }));
    await until('two messages', () => stream.messages.length === 2);
    broken.push(stream);
  }
  for (const stream of broken) stream.close();
  for (const id of ids) held.find(({ message }) => message.id === id)?.response.write(log(`three of ${id}`));
  const resumed = await Promise.all(broken.map((stream) => session.listen(idsOf(stream).at(-1))));
  t.teardown(() => resumed.forEach((stream) => stream.close()));
  for (const [index, id] of ids.entries()) {
    const stream = resumed[index] as MessageStream;
    await until(`what ${id} missed`, () => dataOf(stream).length === 1);
    const arrival = held.find(({ message }) => message.id === id) as Arrival;
    arrival.response.end(log(`four of ${id}`) + event(textResult(arrival.message, id)));
    t.equal(await stream.ended(), 'ended');
    t.strictSame(dataOf(stream), [`three of ${id}`, `four of ${id}`]);
    t.match(stream.messages.slice(2), [{ id, result: { content: [{ text: id }] } }]);
  }
});

t.test('what is older than all that is kept is let go, the rest comes in order', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  held.length = 0;
  const first = new MessageStream(await session.open('tools/call', { name: 'server_hold' }));
  await until('two messages', () => first.messages.length === 2);
  const told = Array.from({ length: 200 }, (_, index) => `${index}`);
  const [arrival] = held as [Arrival];
  arrival.response.write(told.map(log).join(''));
  await until('all messages', () => first.messages.length === 202);
  first.close();
  const second = await session.listen(idsOf(first)[1]);
  await until('what is kept', () => dataOf(second).length > 0);
  arrival.response.end(event(textResult(arrival.message, 'done')));
  t.equal(await second.ended(), 'ended');
  t.strictSame(dataOf(second), told.slice(-128));
  t.match(second.messages.at(-1), { result: { content: [{ text: 'done' }] } });
});

t.test('an answer that came while nobody was there is kept, and told on that stream alone', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  const other = await session.listen();
  held.length = 0;
  const first = new MessageStream(await session.open('tools/call', { name: 'server_hold' }, { id: 'mine' }));
  await until('two messages', () => first.messages.length === 2);
  first.close();
  const [arrival] = held as [Arrival];
  arrival.response.end(event(textResult(arrival.message, 'done')));
  const last = idsOf(first).at(-1);
  const second = await until('the answer', async () => {
    const stream = await session.listen(last);
    await stream.ended();
    return stream.messages.length > 0 ? stream : undefined;
  });
  t.teardown(() => other.close());
  t.match(second.messages, [{ id: 'mine', result: {} }]);
  t.strictSame(other.messages, []);
});

t.test('the session’s own stream is taken up behind the event that the client names', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  const first = await session.listen();
  const notice = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
  await gateway.publish(entries);
  await first.message(notice.method);
  const last = idsOf(first).at(-1);
  first.close();
  await gateway.publish(entries.slice(0, 1));
  const second = await session.listen(last);
  t.teardown(() => second.close());
  t.match(await second.message(notice.method), notice);
  t.not(idsOf(second).at(-1), last);
});

t.test('an event id that is none, or of another session, opens a stream of the client’s own', async (t) => {
  const [session, other] = [await LegacySession.begin(gateway.url), await LegacySession.begin(gateway.url)];
  held.length = 0;
  const secret = new MessageStream(await other.open('tools/call', { name: 'server_hold' }));
  await until('two messages', () => secret.messages.length === 2);
  for (const id of ['nonsense', idsOf(secret)[0] ?? '', 'p99-1', 'g1-0', '__proto__']) {
    const stream = await session.listen(id);
    t.equal(stream.status, 200, id);
    t.strictSame(dataOf(stream), [], id);
    stream.close();
  }
  secret.close();
});

t.test('a server may end a stream behind an event with an id, and is asked for the rest', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  for (const [tool, id] of [
    ['polls', '7'],
    ['breaks', '8'],
  ] as const) {
    const answering = session.request('tools/call', { name: `server_${tool}` }, { id: tool });
    const get = await until('the gateway to come back', () => gets.find(({ lastEventId }) => lastEventId === id));
    events(get.response).end(event(result({ id: tool }, { content: [{ type: 'text', text: 'the rest' }] })));
    t.match((await answering).text, 'the rest', tool);
  }
});

t.test('a server that never answers is asked until the deadline', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  t.match(await session.call('server_never'), { error: { code: -32603, message: /server/ } });
});

t.test('a client that comes back has its answer, though its old connection is open and never read', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  held.length = 0;
  const unread = await session.open('tools/call', { name: 'server_hold' }, { id: 'mine' });
  t.teardown(() => unread.destroy());
  const [arrival] = await until('the call', () => (held.length > 0 ? (held as [Arrival]) : undefined));
  const large = log('x'.repeat(100_000));
  // Until nothing more goes through to the client.
  const back = new AbortController();
  let written = 0;
  const writing = (async () => {
    for (; written < 300 && !back.signal.aborted; written++) await sent(arrival.response, large);
  })();
  await until('what is held up', async () => {
    const before = written;
    await delay(200);
    return written === before;
  });
  t.ok(written < 300, `${written} of 300 messages fit`);
  back.abort();
  const stream = await session.listen('p1-0');
  t.teardown(() => stream.close());
  await writing;
  arrival.response.end(event(textResult(arrival.message, 'done')));
  t.equal(await stream.ended(), 'ended');
  t.match(stream.messages.at(-1), { id: 'mine', result: { content: [{ text: 'done' }] } });
});
