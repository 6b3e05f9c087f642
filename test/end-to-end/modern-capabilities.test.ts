/** What modern clients can be asked amid their calls: by no request, and by what each request declares alone. */
import { Agent } from 'node:http';
import t from 'tap';
import { askedIn, put, questions, replyOf } from '../support/asking.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, messagesOf, modern, textOf, type HttpAnswer } from '../support/mcp-http.ts';
import {
  event,
  events,
  json,
  result,
  scriptedUpstream,
  textResult,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts';

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const kinds = ['sampling', 'form', 'roots'] as const;
const able = { sampling: {}, elicitation: {}, roots: {} };

let serial = 0;

/** Asks all that can be asked, and answers with what it was told. */
const asks: Script = async (arrival) => {
  const own = ++serial;
  events(arrival.response);
  for (const kind of kinds) put(arrival, `${own}-${kind}`, questions[kind]);
  const said = await Promise.all(kinds.map((kind) => replyOf(legacy, `${own}-${kind}`)));
  const codes = said.map(({ error }) => (error as { code: number } | undefined)?.code ?? 'answered');
  arrival.response.end(event(textResult(arrival.message, codes.join(' '))));
};

/** Asks what the request says that its client can answer. */
const needs: Script = ({ response, message }) => {
  const meta = message.params?.['_meta'] as Readonly<Record<string, object>> | undefined;
  if (Object.keys(meta?.[CAPABILITIES] ?? {}).length === 0) return json(response, textResult(message, 'asked nothing'));
  const inputRequests = Object.fromEntries(kinds.map((kind) => [kind, questions[kind]]));
  json(response, result(message, { resultType: 'input_required', inputRequests, requestState: 's' }));
};

const legacy: ScriptedUpstream = await scriptedUpstream(t, { era: 'legacy', tools: { asks } });
const recent = await scriptedUpstream(t, { era: 'modern', tools: { asks: needs } });
const gateway = await gatewayOf(t, { legacy, modern: recent });
const { url } = gateway;

/** One client: one connection, which stays open. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
t.teardown(() => agent.destroy());

function call(server: string, capabilities: object): Promise<HttpAnswer> {
  const meta = { [CAPABILITIES]: capabilities };
  return modern(url, 'tools/call', { name: `${server}_asks`, arguments: {} }, { agent, meta });
}

for (const server of ['legacy', 'modern'] as const) {
  t.test(`what a ${server} server asks amid a call comes in its result, never as a request`, async (t) => {
    const answer = await call(server, able);
    t.strictSame(
      messagesOf(answer).filter((message) => 'method' in message),
      [],
    );
    const asked = Object.values(askedIn(answer).inputRequests);
    t.strictSame(
      asked,
      kinds.map((kind) => questions[kind]),
    );
  });

  t.test(
    `a client of a ${server} server is asked by what its request declares, whatever another declared`,
    async (t) => {
      for (let round = 0; round < 2; round++) {
        t.match(answerOf(await call(server, able)).result, { resultType: 'input_required' });
        const answer = await call(server, {});
        t.equal(messagesOf(answer).length, 1, 'nothing but the result');
        t.equal(textOf(answerOf(answer)), server === 'legacy' ? '-32601 -32601 -32601' : 'asked nothing');
      }
    },
  );
}

t.test('a session in which a legacy server could ask is none for a request that declares nothing', async (t) => {
  await call('legacy', able);
  await call('legacy', {});
  const calls = legacy.of('tools/call').slice(-2);
  const [asking, plain] = calls.map(({ request }) => request.headers['mcp-session-id']);
  t.not(asking, plain);
  const declared = legacy
    .of('initialize')
    .map(({ message }) => Object.keys(message.params?.['capabilities'] as object));
  t.strictSame(new Set(declared.map((names) => names.toSorted().join())), new Set(['', 'elicitation,roots,sampling']));
});
