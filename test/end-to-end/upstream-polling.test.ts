/** Servers that end a stream before its answer and are asked for the rest (2025-11-25, Transports, Sending Messages). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { answerOf, LegacySession, messagesOf, modern, type HttpAnswer } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  event,
  events,
  progressToken,
  scriptedUpstream,
  sent,
  textResult,
  type Script,
  type ScriptedUpstream,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';

/** How often a stream ends before its answer: more often than one is asked for in vain. */
const ENDS = 6;
const RETRY_MS = 300;

interface Polled {
  readonly message: UpstreamMessage;
  readonly session: unknown;
  /** How many streams there were. */
  streams: number;
  /** When the last one ended, by performance.now(). */
  endedAt: number;
  /** How long each time until the next was asked for, in milliseconds. */
  readonly waited: number[];
}

const running = new Map<string, Polled>();
let lastId = 0;

const progressOf = ({ message, streams }: Polled): string => {
  const params = { progressToken: progressToken(message), progress: streams };
  return event({ jsonrpc: '2.0', method: 'notifications/progress', params });
};

/** A stream that ends behind its progress; a few of them later with the answer. */
function write(response: ServerResponse, polled: Polled, retryMs: number): void {
  const id = `${++lastId}`;
  polled.streams++;
  events(response).write(`id: ${id}\nretry: ${retryMs}\ndata: \n\n${progressOf(polled)}`);
  if (polled.streams > ENDS) return void response.end(event(textResult(polled.message, 'at last')));
  running.set(id, polled);
  polled.endedAt = performance.now();
  response.end();
}

const polls =
  (retryMs: number): Script =>
  ({ request, response, message }) => {
    const session = request.headers['mcp-session-id'];
    const polled: Polled = { message, session, streams: 0, endedAt: 0, waited: [] };
    last = polled;
    write(response, polled, retryMs);
  };

let last: Polled;
let hurried = 0;

function get({ headers }: IncomingMessage, response: ServerResponse): void {
  const polled = running.get(String(headers['last-event-id']));
  if (polled?.message.params?.name === 'hurries') {
    hurried++;
    return void events(response).end('id: hurry\nretry: 0\ndata: \n\n');
  }
  // The session's own stream; or one that is asked for in another session, or without what a GET needs.
  if (polled === undefined) return void response.writeHead(405).end();
  if (headers['mcp-session-id'] !== polled.session) return void response.writeHead(404).end();
  if (!/text\/event-stream/.test(String(headers.accept))) return void response.writeHead(406).end();
  polled.waited.push(performance.now() - polled.endedAt);
  write(response, polled, polled.message.params?.name === 'slowly' ? RETRY_MS : 5);
}

const upstream = await scriptedUpstream(t, {
  get,
  tools: {
    polls: polls(5),
    slowly: polls(RETRY_MS),
    // Breaks off in the middle of an event, whose beginning must not run into what comes then.
    halves: async (arrival) => {
      const { response, message, request } = arrival;
      const polled: Polled = {
        message,
        session: request.headers['mcp-session-id'],
        streams: ENDS,
        endedAt: performance.now(),
        waited: [],
      };
      running.set('half', polled);
      await sent(events(response), `id: half\nretry: 5\n${progressOf(polled)}`);
      await sent(response, event(textResult(message, 'never whole')).slice(0, -20));
      request.socket.destroy();
    },
    // Is never done, and wants to be asked for at once.
    hurries: ({ response, message }) => {
      running.set('hurry', { message, session: 'any', streams: 0, endedAt: 0, waited: [] });
      events(response).end('id: hurry\nretry: 0\ndata: \n\n');
    },
    // Are asked for in vain: by the first there is no stream, by the second no session.
    vanishes: ({ response }) => void events(response).end('id: none\nretry: 5\ndata: \n\n'),
    forgets: ({ response, message }) => {
      running.set('other', { message, session: 'another', streams: 0, endedAt: 0, waited: [] });
      events(response).end('id: other\nretry: 5\ndata: \n\n');
    },
  },
});
const gateway = await startGateway([entryFor(upstream.url, { name: 'server', timeoutMs: 60_000 })]);
t.teardown(() => gateway.stop());
const session = await LegacySession.begin(gateway.url);
const meta = { progressToken: 'mine' };
const clients: Readonly<Record<string, (name: string) => Promise<HttpAnswer>>> = {
  legacy: (name) => session.request('tools/call', { name, _meta: meta }),
  modern: (name) => modern(gateway.url, 'tools/call', { name }, { meta }),
};

/** The progress that a client heard of before its answer. */
const heard = (answer: HttpAnswer): unknown[] =>
  messagesOf(answer).flatMap((message) =>
    'params' in message ? [(message.params as { readonly progress: number }).progress] : [],
  );

for (const [era, call] of Object.entries(clients)) {
  t.test(`a ${era} client’s call has its answer however often the server ends the stream before`, async (t) => {
    const answer = await call('server_polls');
    t.match(answerOf(answer).result, { content: [{ text: 'at last' }] });
    t.strictSame(heard(answer), [1, 2, 3, 4, 5, 6, 7], 'and hears what stands on each');
    t.equal(last.waited.length, ENDS);
  });

  t.test(`for a ${era} client a stream is not asked for again before the server’s retry time`, async (t) => {
    await call('server_slowly');
    t.equal(last.waited.length, ENDS);
    // A timer may be a little early by another clock.
    for (const waited of last.waited) t.ok(waited >= RETRY_MS - 5, `${waited} ms`);
  });

  t.test(`for a ${era} client a stream that breaks amid an event is taken up behind the one before`, async (t) => {
    const answer = await call('server_halves');
    t.match(answerOf(answer).result, { content: [{ text: 'at last' }] });
    t.strictSame(heard(answer), [ENDS, ENDS + 1]);
  });

  t.test(`for a ${era} client a call is not made twice whose stream is asked for in vain`, async (t) => {
    for (const tool of ['vanishes', 'forgets']) {
      const before = upstream.of('tools/call').length;
      const { error } = answerOf(await call(`server_${tool}`));
      t.match(error, { code: -32603, message: /default\/server answered HTTP 40[45]/ }, tool);
      t.equal(upstream.of('tools/call').length, before + 1, tool);
    }
  });
}

t.test('a server that wants its stream to be asked for without end and pause keeps nobody busy', async (t) => {
  const name = 'server_hurries';
  const answering = session.request('tools/call', { name }, { id: 'hurries' });
  await delay(500);
  await session.notify('notifications/cancelled', { requestId: 'hurries' });
  t.match(answerOf(await answering), { error: { message: /cancelled/ } });
  t.ok(hurried > 1 && hurried < 20, `${hurried} times`);
});

t.test('a call is not made at another endpoint once the first has begun its answer and died', async (t) => {
  const dies: Script = ({ response }) => {
    events(response).end('id: 1\nretry: 5\ndata: \n\n');
    const port = response.socket?.localPort;
    void replicas.find(({ target }) => target.endsWith(`:${port}`))?.close();
  };
  const replicas = [await scriptedUpstream(t, { tools: { dies } }), await scriptedUpstream(t, { tools: { dies } })];
  const [{ url }] = replicas as [ScriptedUpstream];
  const targets = replicas.map(({ target }) => target);
  await using other = await startGateway([entryFor(url, { name: 'server', targets })]);
  const client = await LegacySession.begin(other.url);
  t.match(await client.call('server_dies'), { error: { code: -32603, message: /default\/server cannot be reached/ } });
  t.equal(replicas.flatMap((replica) => replica.of('tools/call')).length, 1);
});
