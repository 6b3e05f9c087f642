/** Which of a legacy session's streams a message stands on, under which event id, and how a stream is closed early. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { LegacySession, textOf } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  event,
  events,
  json,
  progressToken,
  scriptedUpstream,
  sent,
  tellSession,
  textResult,
  type Arrival,
  type Script,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const notice = (method: string, params: object): string => event({ jsonrpc: '2.0', method, params });
const log = (data: string): string => notice('notifications/message', { level: 'info', data });
const updated = (uri: string): string => notice('notifications/resources/updated', { uri });
const progress = (token: unknown, done: number): string =>
  notice('notifications/progress', { progressToken: token, progress: done });

/** Calls whose streams a test writes, by their key. */
const held = new Map<unknown, Arrival>();
const keyOf = ({ params }: UpstreamMessage): unknown =>
  (params?.arguments as { readonly key?: unknown } | undefined)?.key;
const hold: Script = (arrival) => {
  events(arrival.response);
  held.set(keyOf(arrival.message), arrival);
};
const busy: Script = ({ response, message }) => {
  events(response).write(log('busy') + progress(progressToken(message), 1));
  response.end(event(textResult(message, 'done')));
};
const plain: Script = ({ response, message }) => json(response, textResult(message, 'plain'));
const tools = { hold, busy, plain, who: tellSession };
const capabilities = { tools: {}, logging: {} };

/** The streams that the servers have open in sessions, by the server's session id. */
const open = new Map<string, ServerResponse>();
const get = ({ headers }: IncomingMessage, response: ServerResponse): void => {
  open.set(String(headers['mcp-session-id']), events(response));
};
const servers = {
  one: await scriptedUpstream(t, { tools, capabilities, get }),
  two: await scriptedUpstream(t, { tools, capabilities, get }),
  modern: await scriptedUpstream(t, { era: 'modern', tools, capabilities }),
};
const entries = Object.entries(servers).map(([name, { url }]) => entryFor(url, { name }));
const gateway = await startGateway(entries);
t.teardown(() => gateway.stop());

/** A session whose own stream is open. */
async function listening(t: Test): Promise<{ session: LegacySession; own: MessageStream }> {
  const session = await LegacySession.begin(gateway.url);
  const own = await session.listen();
  t.teardown(() => own.close());
  return { session, own };
}

/** The session's stream at a server. */
async function streamAt(session: LegacySession, server: string): Promise<ServerResponse> {
  const id = textOf(await session.call(`${server}_who`));
  return until(`the stream at ${server}`, () => open.get(id));
}

let calls = 0;

/** Calls a tool whose stream the test writes. */
async function begin(t: Test, session: LegacySession, server: string, token?: string) {
  const key = `${++calls}`;
  const meta = token === undefined ? {} : { _meta: { progressToken: token } };
  const opening = session.open('tools/call', { name: `${server}_hold`, arguments: { key }, ...meta });
  const { response, message } = await until('the call', () => held.get(key));
  // The headers come with the first event.
  response.write(`id: 1\n${log('begun')}`);
  const stream = new MessageStream(await opening);
  t.teardown(() => stream.close());
  return { stream, response, end: () => response.end(event(textResult(message, 'done'))) };
}

const idsOf = ({ text }: MessageStream): string[] => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => String(id));
/** What the messages are about. That the servers are there may still be news, and belongs to no call. */
const said = ({ messages }: MessageStream): unknown[] =>
  messages.flatMap(({ method, params }) => {
    if (String(method).endsWith('list_changed')) return [];
    const { data, uri, progressToken: token } = (params ?? {}) as Record<string, unknown>;
    return [data ?? uri ?? token ?? method ?? 'answer'];
  });

t.test('no two events of a session have one id, whatever ids its servers give theirs', async (t) => {
  const { session, own } = await listening(t);
  const streams = [own];
  for (const server of ['one', 'two']) {
    const ofServer = await streamAt(session, server);
    const call = await begin(t, session, server);
    streams.push(call.stream);
    for (const [id, to] of [
      ['2', call.response],
      ['1', ofServer],
      ['2', ofServer],
    ] as const) {
      to.write(`id: ${id}\n${log(`${id} of ${server}`)}`);
    }
    call.end();
    await call.stream.ended();
  }
  await until('all that the servers say', () => said(own).length === 4, { state: () => own.messages });
  const ids = streams.map(idsOf);
  // Each stream begins with an event that has an id and no data.
  t.ok(
    ids.every(({ length }) => length >= 4),
    JSON.stringify(ids),
  );
  t.equal(new Set(ids.flat()).size, ids.flat().length);
  const names = ids.map((each) => new Set(each.map((id) => id.split('-')[0])));
  t.strictSame(
    names.map(({ size }) => size),
    [1, 1, 1],
    'an id names its stream',
  );
  t.equal(new Set(names.flatMap((each) => [...each])).size, 3);
});

t.test(
  'another request’s progress, and what a server says beside its answers, is not on a call’s stream',
  async (t) => {
    const { session, own } = await listening(t);
    const ofServer = await streamAt(session, 'one');
    const [first, second] = [await begin(t, session, 'one', 'first'), await begin(t, session, 'one', 'second')];
    first.response.write(progress('second', 1) + progress('first', 1));
    ofServer.write(updated('test://one') + log('aside'));
    second.response.write(progress('second', 2));
    await until('what was said aside', () => said(own).length === 2, { state: () => own.messages });
    for (const { end, stream } of [first, second]) {
      end();
      await stream.ended();
    }
    t.strictSame(said(first.stream), ['begun', 'first', 'answer']);
    t.strictSame(said(second.stream), ['begun', 'second', 'answer']);
    t.strictSame(said(own), ['test://one', 'aside']);
  },
);

t.test('calls leave nothing on the session’s own stream', async (t) => {
  const { session, own } = await listening(t);
  for (const server of Object.keys(servers)) {
    const call = { name: `${server}_busy`, arguments: {}, _meta: { progressToken: server } };
    const stream = new MessageStream(await session.open('tools/call', call));
    await stream.ended();
    t.strictSame(said(stream), ['busy', server, 'answer'], server);
    t.equal(textOf(await session.call(`${server}_plain`)), 'plain');
    t.match(await session.rpc('tools/call', { name: `${server}_none` }), { error: {} });
  }
  const ofServer = await streamAt(session, 'two');
  ofServer.write(log('aside'));
  await until('what belongs there', () => said(own).length > 0);
  t.strictSame(said(own), ['aside']);
});

t.test('progress of a token that is not in use is not heard', async (t) => {
  const { session, own } = await listening(t);
  const ofServer = await streamAt(session, 'one');
  const call = await begin(t, session, 'one', 'mine');
  ofServer.write(progress('nobody’s', 1) + progress('mine', 1));
  await until('progress on the server’s own stream', () => said(own).length > 0);
  call.end();
  await call.stream.ended();
  ofServer.write(progress('mine', 2) + progress('nobody’s', 2) + log('behind it'));
  await until('what comes behind', () => said(own).includes('behind it'), { state: () => own.messages });
  t.strictSame(said(own), ['mine', 'behind it']);
  const next = await begin(t, session, 'one');
  next.response.write(progress('mine', 3));
  next.end();
  await next.stream.ended();
  t.strictSame(said(next.stream), ['begun', 'answer'], 'nor on the stream of another call');
});

t.test('one stream too many closes the oldest, which says when to come back', async (t) => {
  const { session, own } = await listening(t);
  const ofServer = await streamAt(session, 'one');
  ofServer.write(log('first') + log('second'));
  await until('what is said', () => said(own).length === 2);
  for (let i = 0; i < 4; i++) {
    const other = await session.listen();
    t.teardown(() => other.close());
  }
  t.equal(await own.ended(), 'ended');
  t.match(own.text, /\n\nretry: 3000\n\n$/);
  const again = await session.listen(idsOf(own).at(-2));
  t.teardown(() => again.close());
  await until('what came behind the event', () => said(again).length > 0);
  t.strictSame(said(again), ['second']);
});

t.test('a stream that comes back while its old connection is there closes that', async (t) => {
  const { session } = await listening(t);
  const call = await begin(t, session, 'one');
  await until('the first message', () => call.stream.messages.length === 1);
  const again = await session.listen(idsOf(call.stream).at(-1));
  t.equal(await call.stream.ended(), 'ended');
  call.end();
  t.equal(await again.ended(), 'ended');
  t.strictSame([...said(call.stream), ...said(again)], ['begun', 'answer']);
});

t.test('a client that comes back amid a large event is told to come later', async (t) => {
  const { session } = await listening(t);
  const call = await begin(t, session, 'one');
  await until('the first message', () => call.stream.messages.length === 1);
  const last = idsOf(call.stream).at(-1);
  const whole = log('x'.repeat(3 * 1024 * 1024));
  await sent(call.response, whole.slice(0, 2 * 1024 * 1024));
  await until('a part of the event', () => call.stream.text.length > 1024 * 1024);
  call.stream.close();
  const early = await session.listen(last);
  t.equal(await early.ended(), 'ended');
  t.equal(early.text, 'retry: 3000\n\n');
  await sent(call.response, whole.slice(2 * 1024 * 1024));
  const late = await until('the end of the event', async () => {
    const stream = await session.listen(last);
    if (stream.end === undefined && stream.text === '') call.end();
    await stream.ended();
    return stream.messages.length > 0 ? stream : undefined;
  });
  t.strictSame(said(late), ['answer']);
});

t.test('streams say when to come back at the gateway’s end, and not at the session’s', async (t) => {
  const ending = await startGateway(entries);
  t.teardown(() => ending.stop());
  const streams = [];
  for (const end of ['deleted', 'left'] as const) {
    const session = await LegacySession.begin(ending.url);
    const stream = await session.listen();
    await until('the first event', () => stream.text !== '');
    if (end === 'deleted') await session.end();
    streams.push(stream);
  }
  const [deleted, left] = streams as [MessageStream, MessageStream];
  t.equal(await deleted.ended(), 'ended');
  t.notMatch(deleted.text, /retry/);
  await ending.stop();
  t.equal(await left.ended(), 'ended');
  t.match(left.text, /\n\nretry: 3000\n\n$/);
});
