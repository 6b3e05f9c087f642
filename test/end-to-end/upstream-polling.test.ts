/** Servers that end a stream before its answer and are asked for the rest (2025-11-25, Transports, Sending Messages). */
import type { IncomingMessage, ServerResponse } from 'node:http';
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

function get({ headers }: IncomingMessage, response: ServerResponse): void {
  const polled = running.get(String(headers['last-event-id']));
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
}
