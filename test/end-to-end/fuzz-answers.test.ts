/** What servers answer that no server should: the client has its one answer, in time, and nobody else is harmed. */
import t from 'tap';
import { ask, type WireMessage } from '../support/fuzz/ask.ts';
import { controlClients } from '../support/fuzz/control-clients.ts';
import { checkShape } from '../support/fuzz/owed.ts';
import {
  answeredMethods,
  answerTo,
  describeAnswer,
  partsOf,
  sendAnswer,
  serverAnswers,
  type AnsweredMethod,
  type ServerAnswer,
} from '../support/fuzz/server-answers.ts';
import { fuzz, printSeed } from '../support/fuzz/settings.ts';
import { LegacySession, modernRequest } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  answering,
  json,
  progressToken,
  result,
  scriptedUpstream,
  textResult,
  type Arrival,
  type Script,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';
import { httpSseScripted, type Posted } from '../support/servers/http-sse-scripted.ts';
import { startGateway } from '../support/start-gateway.ts';

/** Of each server with each client. */
const RUNS = 448;
const RUNS_HTTP_SSE = 160;
const LANES = 16;
/** Of a server, in milliseconds: what never comes is waited for so long. */
const DEADLINE_MS = 800;
const capabilities = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };

/** What the servers are to answer, by the number in the request. */
const cases = new Map<string, ServerAnswer>();
/** What was sent instead of the marks, for a failure's message. */
const served = new Map<string, Buffer>();

/** The number in a request. */
function caseOf({ params = {} }: UpstreamMessage): string {
  const {
    arguments: args,
    uri,
    argument,
  } = params as {
    arguments?: { case?: string };
    uri?: string;
    argument?: { value?: string };
  };
  return args?.case ?? argument?.value ?? String(uri).replace('case://', '');
}

function bytesFor(message: UpstreamMessage, number: string, answer: ServerAnswer): Buffer {
  const bytes = answerTo({ id: message.id, token: progressToken(message) }, answer);
  served.set(number, bytes);
  return bytes;
}

const answered: Script = async ({ response, message }: Arrival) => {
  const number = caseOf(message);
  const answer = cases.get(number);
  if (answer === undefined) json(response, result(message, {}));
  else await sendAnswer(response, answer, bytesFor(message, number, answer));
};
const echo: Script = ({ response, message }) =>
  json(response, textResult(message, (message.params as { arguments: { text: string } }).arguments.text));
const modernEcho: Script = ({ response, message }) => {
  const { text } = (message.params as { arguments: { text: string } }).arguments;
  json(response, result(message, { resultType: 'complete', content: [{ type: 'text', text }] }));
};
const lists: Readonly<Record<string, object>> = {
  'tools/list': { tools: ['fuzz', 'echo'].map((name) => ({ name, inputSchema: { type: 'object' } })) },
  'prompts/list': { prompts: [{ name: 'fuzz', arguments: [{ name: 'case' }] }] },
  'resources/list': { resources: [] },
  'resources/templates/list': { resourceTemplates: [] },
};
const offered = { tools: {}, prompts: {}, resources: {}, completions: {}, logging: {} };

function listScripts(kind: 'legacy' | 'modern', template: string): Record<string, Script> {
  const more = kind === 'modern' ? { resultType: 'complete', ttlMs: 60_000, cacheScope: 'public' } : {};
  const all = {
    ...lists,
    'resources/templates/list': { resourceTemplates: [{ name: 'fuzz', uriTemplate: template }] },
  };
  return Object.fromEntries(Object.entries(all).map(([method, list]) => [method, answering({ ...list, ...more })]));
}

printSeed(t);
const tools = (kind: 'legacy' | 'modern') => ({ fuzz: answered, echo: kind === 'modern' ? modernEcho : echo });
const methods = (kind: 'legacy' | 'modern', name: string) => ({
  ...listScripts(kind, `case://${name}/{number}`),
  ...Object.fromEntries(answeredMethods.filter((one) => one !== 'tools/call').map((one) => [one, answered])),
});
const streamable = {
  legacy: await scriptedUpstream(t, {
    era: 'legacy',
    tools: tools('legacy'),
    methods: methods('legacy', 'legacy'),
    capabilities: offered,
  }),
  stateless: await scriptedUpstream(t, {
    era: 'stateless',
    tools: tools('legacy'),
    methods: methods('legacy', 'stateless'),
    capabilities: offered,
  }),
  modern: await scriptedUpstream(t, {
    era: 'modern',
    tools: tools('modern'),
    methods: methods('modern', 'modern'),
    capabilities: offered,
  }),
};

/** The same of HTTP+SSE: what is sent, is sent on the session's stream. */
const streamed = async ({ message, stream }: Posted): Promise<void> => {
  const number = caseOf(message);
  const answer = cases.get(number);
  if (answer === undefined) return;
  const bytes = bytesFor(message, number, answer);
  const isFramed = answer.type === 'text/event-stream';
  if (!isFramed) stream.write('event: message\ndata: ');
  for (const part of partsOf(answer, bytes)) stream.write(part);
  // An event that is not ended would take the next session's answer into it.
  stream.write('\n\n');
  if (answer.end === 'broken') stream.destroy();
};
const httpSse = await httpSseScripted(t, {
  capabilities: offered,
  methods: {
    ...Object.fromEntries(
      Object.entries(lists).map(([method, list]) => [method, ({ result: send }: Posted) => send(list)]),
    ),
    'tools/call': async (posted) => {
      const { name, arguments: args } = posted.message.params as { name: string; arguments: { text: string } };
      if (name === 'echo') posted.result({ content: [{ type: 'text', text: args.text }] });
      else await streamed(posted);
    },
    'prompts/get': streamed,
    'logging/setLevel': ({ result: send }) => send({}),
  },
});

const gateway = await startGateway(
  [
    ...Object.entries(streamable).map(([name, { url }]) => entryFor(url, { name, timeoutMs: DEADLINE_MS })),
    entryFor(`http://${httpSse.target}/sse`, { name: 'httpsse', timeoutMs: DEADLINE_MS }),
  ],
  { env: { FETCHFY_QUESTION_TIMEOUT: '5s' } },
);
t.teardown(() => gateway.stop());
const control = await controlClients(
  gateway,
  Object.keys(streamable).map((name) => `${name}_echo`),
);

/** Every second lane can be asked whatever a server asks. */
const declared = (lane: number): object => (lane % 2 === 0 ? {} : capabilities);
const sessions = await Promise.all(
  Array.from({ length: LANES }, (_, lane) =>
    LegacySession.begin(gateway.url, '2025-11-25', { capabilities: { ...declared(lane) } }),
  ),
);

function paramsFor(server: string, method: AnsweredMethod, number: string): Record<string, unknown> {
  if (method === 'resources/read') return { uri: `case://${number}` };
  const name = `${server}_fuzz`;
  if (method !== 'completion/complete') return { name, arguments: { case: number } };
  return { ref: { type: 'ref/prompt', name }, argument: { name: 'case', value: number } };
}

const META = 'io.modelcontextprotocol/';
const clients = {
  legacy: (lane: number, method: string, params: Record<string, unknown>, id: string) => {
    const body = { jsonrpc: '2.0', id, method, params: { ...params, _meta: { progressToken: id } } };
    return { method: 'POST', headers: sessions[lane]?.headers ?? {}, body: [Buffer.from(JSON.stringify(body))] };
  },
  modern: (lane: number, method: string, params: Record<string, unknown>, id: string) => {
    const meta = { progressToken: id, [`${META}clientCapabilities`]: declared(lane), [`${META}logLevel`]: 'debug' };
    const { headers = {}, body = '' } = modernRequest(method, params, { id, meta });
    return { method: 'POST', headers: { ...headers }, body: [Buffer.from(body)] };
  },
} as const;

/** Checks what a client was told. @throws what is wrong with it */
function checkHeard(messages: readonly WireMessage[], id: string): WireMessage {
  const answers = messages.filter(({ method }) => method === undefined);
  const [answer] = answers;
  if (answer === undefined || answers.length > 1) throw new Error(`${answers.length} answers; expected one.`);
  if (answer.id !== id) throw new Error(`The answer has the id ${JSON.stringify(answer.id)}; expected "${id}".`);
  checkShape(answer);
  if (messages.at(-1) !== answer) throw new Error('Something was said behind the answer.');
  for (const { jsonrpc, method, params } of messages.slice(0, -1)) {
    if (jsonrpc !== '2.0' || typeof method !== 'string') throw new Error('Something was said that is no message.');
    const isForeign = method === 'notifications/progress' && params?.['progressToken'] !== id;
    if (isForeign) throw new Error('Progress of another request was told.');
  }
  return answer;
}

let lastCase = 0;
const servers = [...Object.keys(streamable), 'httpsse'];
for (const [era, requestOf] of Object.entries(clients)) {
  for (const server of servers) {
    t.test(`whatever a server (${server}) answers, a ${era} client has one answer with its own id`, async (t) => {
      const counts = { result: 0, error: 0, late: 0 };
      const isHttpSse = server === 'httpsse';
      const property = async (answer: ServerAnswer, lane: number): Promise<void> => {
        const number = isHttpSse ? String(++lastCase) : `${server}/${++lastCase}`;
        const id = `${era} ${lastCase}`;
        const method = isHttpSse && answer.method !== 'prompts/get' ? 'tools/call' : answer.method;
        cases.set(number, answer);
        const began = performance.now();
        let text = '';
        try {
          const request = requestOf(lane, method, paramsFor(server, method, number), id);
          const got = await ask(gateway.url, request);
          ({ text } = got);
          const { error } = checkHeard(got.messages, id);
          const took = performance.now() - began;
          counts[error === undefined ? 'result' : 'error']++;
          if (took > DEADLINE_MS) counts.late++;
        } catch (error) {
          const sent = describeAnswer(answer, served.get(number) ?? answer.bytes);
          throw new Error(`${(error as Error).message}\n${sent}\nThe ${era} client of lane ${lane} got\n  ${text}`, {
            cause: error,
          });
        } finally {
          cases.delete(number);
          served.delete(number);
        }
      };
      const runs = isHttpSse ? RUNS_HTTP_SSE : RUNS;
      const began = performance.now();
      await fuzz(t, { what: 'a call is answered', arbitrary: serverAnswers, runs, lanes: LANES, property });
      const { result: results, error: errors, late } = counts;
      const took = Math.round(performance.now() - began);
      t.comment(`${took} ms: ${results} results, ${errors} errors, ${late} of them at the deadline`);
      t.ok(results > runs / 20 && errors > runs / 20, 'some got through, and some did not');
    });
  }
}

t.test('nobody else was harmed', async (t) => {
  t.strictSame(await control.stop(), [], `${control.rounds()} rounds of control clients`);
  t.comment(`${control.rounds()} rounds of control clients`);
});
