/** What clients answer to what servers ask amid a call, changed: the call has its one answer all the same. */
import fc from 'fast-check';
import t from 'tap';
import { questions, replies } from '../support/asking.ts';
import { ask, type WireMessage } from '../support/fuzz/ask.ts';
import { controlClients } from '../support/fuzz/control-clients.ts';
import { mutated, shown } from '../support/fuzz/mutations.ts';
import { checkAnswer, checkShape } from '../support/fuzz/owed.ts';
import { fuzz, printSeed } from '../support/fuzz/settings.ts';
import { LegacySession, modernRequest } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  event,
  events,
  json,
  scriptedUpstream,
  textResult,
  type Script,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';

const RUNS = 500;
const LANES = 8;
const capabilities = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };
type Kind = keyof typeof questions;
const kinds = Object.keys(questions) as Kind[];

/** Questions of the legacy server that wait for their response. */
const waiting = new Map<string, () => void>();
let lastQuestion = 0;

const argumentsOf = ({ params }: UpstreamMessage) =>
  params?.arguments as { readonly kind: Kind; readonly text: string };

/** Asks amid the call what its argument says, and answers once there is any response. */
const askIt: Script = async ({ response, message }) => {
  const { kind } = argumentsOf(message);
  const id = `question-${++lastQuestion}`;
  const answered = new Promise<void>((resolve) => waiting.set(id, resolve));
  response.on('close', () => waiting.get(id)?.());
  events(response).write(event({ jsonrpc: '2.0', id, ...questions[kind] }));
  await answered;
  response.end(event(textResult(message, `asked ${kind}`)));
};
/** The same of the modern era: an answer that asks, and one to the retry. */
const requireIt: Script = ({ response, message }) => {
  const { kind } = argumentsOf(message);
  if (message.params?.['inputResponses'] !== undefined) return json(response, complete(message.id, `asked ${kind}`));
  const result = { resultType: 'input_required', inputRequests: { it: questions[kind] }, requestState: `asks ${kind}` };
  json(response, JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
};
const complete = (id: unknown, text: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', content: [{ type: 'text', text }] } });
const echo: Script = ({ response, message }) => json(response, textResult(message, argumentsOf(message).text));
const modernEcho: Script = ({ response, message }) => json(response, complete(message.id, argumentsOf(message).text));

printSeed(t);
const heard: Script = ({ response, message }) => {
  waiting.get(String(message.id))?.();
  response.writeHead(202).end();
};
const upstreams = {
  legacy: await scriptedUpstream(t, { era: 'legacy', tools: { ask: askIt, echo }, methods: { '': heard } }),
  modern: await scriptedUpstream(t, { era: 'modern', tools: { ask: requireIt, echo: modernEcho } }),
};
const gateway = await startGateway(
  Object.entries(upstreams).map(([name, { url }]) => entryFor(url, { name, timeoutMs: 3000 })),
  // What a client does not answer is over when its test is.
  { env: { FETCHFY_QUESTION_TIMEOUT: '5s' } },
);
t.teardown(() => gateway.stop());
const sessions = await Promise.all(
  Array.from({ length: LANES }, () => LegacySession.begin(gateway.url, '2025-11-25', { capabilities })),
);

/** Stands for what is known only when the server has asked. */
const UNKNOWN = '@unknown@';
const known = (bytes: Buffer, value: unknown): Buffer => {
  const at = bytes.indexOf(JSON.stringify(UNKNOWN));
  if (at < 0) return bytes;
  const rest = bytes.subarray(at + UNKNOWN.length + 2);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(JSON.stringify(value)), rest]);
};

interface Asking {
  readonly server: keyof typeof upstreams;
  readonly kind: Kind;
}
const asking: fc.Arbitrary<Asking> = fc.record({
  server: fc.constantFrom('legacy', 'modern'),
  kind: fc.constantFrom(...kinds),
});
const control = await controlClients(gateway, ['legacy_echo', 'modern_echo']);

/** Posts and checks what is owed. @throws with what was sent and what came */
async function post(what: string, headers: Record<string, string>, body: Buffer): Promise<readonly WireMessage[]> {
  const request = { method: 'POST', headers, body: [body] };
  const answer = await ask(gateway.url, request).catch((error: unknown) => {
    throw new Error(`${what}: ${(error as Error).message}\n  ${shown(body)}`, { cause: error });
  });
  try {
    checkAnswer(body, answer);
  } catch (error) {
    const told = `HTTP ${answer.status} ${answer.text.slice(0, 3000)}`;
    throw new Error(`${what}: ${(error as Error).message}\n  ${told}\n  ${shown(body)}`, { cause: error });
  }
  return answer.messages;
}

t.test('whatever a legacy client answers a question with, its call has one answer', async (t) => {
  const responses = mutated(asking, {
    message: ({ kind }) => ({ jsonrpc: '2.0', id: UNKNOWN, result: replies[kind] }),
  });
  let calls = 0;
  const counts = { asked: 0, answered: 0 };
  const property = async ({ original: { server, kind }, bytes }: { original: Asking; bytes: Buffer }, lane: number) => {
    const session = sessions[lane] as LegacySession;
    const id = `call ${++calls}`;
    const call = { jsonrpc: '2.0', id, method: 'tools/call', params: { name: `${server}_ask`, arguments: { kind } } };
    let replied: Promise<unknown> | undefined;
    const onMessage = (message: WireMessage): void => {
      if (message.method === undefined || message.id === undefined) return;
      counts.asked++;
      const response = known(bytes, message.id);
      // The well one comes behind: a question that is answered already is let go.
      const well = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: replies[kind] }));
      replied ??= post('The changed response', session.headers, response).then(() =>
        post('The well response', session.headers, well),
      );
      replied.catch(() => undefined);
    };
    const request = { method: 'POST', headers: session.headers, body: [Buffer.from(JSON.stringify(call))] };
    try {
      const { messages } = await ask(gateway.url, request, { onMessage });
      await replied;
      const answers = messages.filter(({ method }) => method === undefined);
      if (answers.length !== 1 || answers[0]?.id !== id) throw new Error(`Answers: ${JSON.stringify(messages)}`);
      checkShape(answers[0]);
      if (answers[0].result !== undefined) counts.answered++;
    } catch (error) {
      const what = `${server} asked ${kind} in ${id} of lane ${lane} and was answered ${shown(bytes)}`;
      throw new Error(`${(error as Error).message}\n${what}`, { cause: error });
    }
  };
  await fuzz(t, { what: 'a call is answered', arbitrary: responses, runs: RUNS, lanes: LANES, property });
  t.comment(`${counts.asked} were asked, ${counts.answered} got a result`);
  t.ok(counts.asked >= RUNS && counts.answered > RUNS / 4, 'the clients were asked');
});

t.test('whatever a modern client retries with, it has one answer each time', async (t) => {
  const meta = { 'io.modelcontextprotocol/clientCapabilities': capabilities };
  const sentFor = ({ server, kind }: Asking, more: Record<string, unknown> = {}, id: number | string = 1) =>
    modernRequest('tools/call', { name: `${server}_ask`, arguments: { kind }, ...more }, { id, meta });
  const retries = mutated(asking, {
    message: (original) => {
      const inputResponses = { it: replies[original.kind] };
      return JSON.parse(String(sentFor(original, { inputResponses, requestState: UNKNOWN }, 'retry').body)) as unknown;
    },
  });
  const counts = { asked: 0, answered: 0 };
  const property = async ({ original, bytes }: { original: Asking; bytes: Buffer }) => {
    const first = sentFor(original);
    const headers = { ...first.headers };
    const [asked] = await post('The call', headers, Buffer.from(String(first.body)));
    const { inputRequests, requestState } = (asked?.result ?? {}) as { inputRequests?: object; requestState?: string };
    if (inputRequests === undefined) throw new Error(`Nothing was asked: ${JSON.stringify(asked)}`);
    counts.asked++;
    const [key = ''] = Object.keys(inputRequests);
    await post('The changed retry', headers, known(bytes, requestState));
    const well = sentFor(original, { inputResponses: { [key]: replies[original.kind] }, requestState }, 'well');
    const [answer] = await post('The well retry', headers, Buffer.from(String(well.body)));
    if (answer?.result?.['resultType'] === 'complete') counts.answered++;
  };
  await fuzz(t, { what: 'a retry is answered', arbitrary: retries, runs: RUNS, lanes: LANES, property });
  t.comment(`${counts.asked} were asked, ${counts.answered} got a result in the end`);
  t.ok(counts.asked >= RUNS && counts.answered > RUNS / 4, 'the clients were asked');
});

t.test('nobody else was harmed', async (t) => {
  t.strictSame(await control.stop(), [], `${control.rounds()} rounds of control clients`);
  t.comment(`${control.rounds()} rounds of control clients`);
});
