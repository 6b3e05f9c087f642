/** What clients send that no client should: each gets its one answer, and nobody else is harmed. */
import t from 'tap';
import { ask, type RawAnswer, type WireMessage } from '../support/fuzz/ask.ts';
import { clientPosts, describePost, headersOf, partsOf, type ClientPost } from '../support/fuzz/client-messages.ts';
import { controlClients } from '../support/fuzz/control-clients.ts';
import { checkAnswer, isAcknowledgement, owedFor } from '../support/fuzz/owed.ts';
import { fuzz, printSeed } from '../support/fuzz/settings.ts';
import { LegacySession } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';

const RUNS = 5000;
const LANES = 8;

printSeed(t);
const servers = await Promise.all([startServer('legacy'), startServer('modern')]);
const [legacy, modern] = servers;
// What a server makes of a message that is passed on is its own affair: it may well not answer.
const gateway = await startGateway([
  entryFor(legacy.url, { name: 'legacy', timeoutMs: 3000 }),
  entryFor(modern.url, { name: 'modern', timeoutMs: 3000 }),
]);
t.teardown(() => Promise.all([gateway.stop(), ...servers.map((server) => server.stop())]));
const paths = ['', '', '/default/legacy', '/default/modern'];

/** The sessions of each lane at each path; those of another path are none there. */
const sessions = await Promise.all(
  Array.from({ length: LANES }, async () => {
    const begun = await Promise.all(
      [...new Set(paths)].map(async (path) => {
        const [old, batching] = await Promise.all(
          ['2025-11-25', '2025-03-26'].map((version) => LegacySession.begin(gateway.url + path, version)),
        );
        return [path, { legacy: old?.id ?? '', batching: batching?.id ?? '' }] as const;
      }),
    );
    return new Map(begun);
  }),
);

/** How many answers there were of each kind: a fuzz of which nothing gets through, or all, shows nothing. */
const seen = new Map<string, number>();
function count({ status, messages }: RawAnswer): void {
  const last = messages.at(-1);
  const code = last?.error === undefined ? (last?.result === undefined ? 'no response' : 'result') : last.error.code;
  const kind = `HTTP ${status} ${code}`;
  seen.set(kind, (seen.get(kind) ?? 0) + 1);
}

async function send(post: ClientPost, lane: number): Promise<void> {
  const headers = headersOf(post, sessions[lane]?.get(post.path) ?? {});
  const owed = owedFor(post.bytes);
  const isListen = 'method' in owed && owed.method === 'subscriptions/listen';
  const isLast = (message: WireMessage): boolean => isListen && isAcknowledgement(message);
  try {
    const request = { method: 'POST', headers, body: partsOf(post) };
    const answer = await ask(gateway.url + post.path, request, { isLast });
    count(answer);
    try {
      checkAnswer(post.bytes, answer);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n  HTTP ${answer.status} ${answer.text.slice(0, 3000)}`, {
        cause: error,
      });
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${describePost(post, headers)}`, { cause: error });
  }
}

t.test('whatever a client posts, it has the one answer that is owed, and others have theirs', async (t) => {
  const control = await controlClients(gateway, ['legacy_echo', 'modern_echo']);
  const began = performance.now();
  const arbitrary = clientPosts(['legacy_', 'modern_', ''], paths);
  await fuzz(t, { what: 'a post of a client is answered', arbitrary, runs: RUNS, lanes: LANES, property: send });
  t.strictSame(await control.stop(), [], `${control.rounds()} rounds of control clients`);
  t.comment(`${Math.round(performance.now() - began)} ms, ${control.rounds()} rounds of control clients`);
  const kinds = [...seen].sort(([, a], [, b]) => b - a);
  t.comment(kinds.map(([kind, number]) => `${number} × ${kind}`).join(', '));
  for (const kind of [
    'HTTP 200 result',
    'HTTP 202 no response',
    'HTTP 400 -32700',
    'HTTP 400 -32600',
    'HTTP 400 -32020',
  ]) {
    t.ok((seen.get(kind) ?? 0) > RUNS / 200, `many were answered with ${kind}`);
  }
});
