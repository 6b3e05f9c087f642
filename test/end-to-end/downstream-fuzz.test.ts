import fc from 'fast-check';
import t from 'tap';
import {
  answerOf,
  LegacySession,
  messagesOf,
  modernCall,
  modernRequest,
  send,
  type RpcAnswer,
} from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { event, json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';

/** A server's answers as the client asks for them: `{type, body}`, where `@` stands for the request's id. */
const fuzz: Script = ({ response, message }) => {
  const args = message.params?.arguments as { type: string; body: string; status: number };
  response.writeHead(args.status, { 'content-type': args.type });
  response.end(args.body.replaceAll('@', JSON.stringify(message.id)));
};
const tools = { fuzz, well: (({ response, message }) => json(response, textResult(message, 'well'))) satisfies Script };
const upstreams = {
  legacy: await scriptedUpstream(t, { era: 'legacy', tools }),
  modern: await scriptedUpstream(t, { era: 'modern', tools }),
};
const gateway = await startGateway(
  Object.entries(upstreams).map(([name, { url }]) => entryFor(url, { name, timeoutMs: 2000 })),
);
t.teardown(() => gateway.stop());
const session = await LegacySession.begin(gateway.url);

type Call = (name: string, args: unknown, id: string) => Promise<RpcAnswer>;
const clients: Readonly<Record<string, Call>> = {
  legacy: (name, args, id) => session.call(name, args, { id }),
  modern: (name, args, id) => modernCall(gateway.url, name, args, { id }),
};

const whole = [
  '{"jsonrpc":"2.0","id":@,"result":{"content":[],"structuredContent":{"a":[1,null,"\\u00e9"]},"_meta":{"x":1}}}',
  '{"jsonrpc":"2.0","id":@,"error":{"code":-32603,"message":"no","data":{"a":1}}}',
  '{"id":@,"jsonrpc":"2.0","result":{"resultType":"complete","content":[]}}',
];
const streamed = whole.map(
  (answer) =>
    `: hello\n\nid: 1\nevent: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}\n\n${event(answer)}`,
);
const fragments = [
  '',
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  ':',
  '@',
  '0',
  '-1',
  '\n',
  '\n\n',
  '\r',
  'data: ',
  'null',
  '"id":',
  '"result":',
  'é',
  '\u0000',
];

/** Some places of a text changed: cut out, put in, or doubled. */
function mutated(texts: readonly string[]): fc.Arbitrary<string> {
  const mutation = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(6), fc.constantFrom(...fragments));
  return fc.tuple(fc.constantFrom(...texts), fc.array(mutation, { maxLength: 4 })).map(([text, mutations]) => {
    let result = text;
    for (const [place, cut, put] of mutations) {
      const at = Math.floor(place * result.length);
      result = result.slice(0, at) + put + result.slice(at + cut);
    }
    return result;
  });
}

const answers = fc.oneof(
  fc.record({
    type: fc.constant('application/json'),
    body: mutated(whole),
    status: fc.constantFrom(200, 200, 200, 400, 404, 500),
  }),
  fc.record({ type: fc.constant('text/event-stream'), body: mutated(streamed), status: fc.constant(200) }),
  fc.record({ type: fc.constantFrom('text/html', 'x'), body: mutated(whole), status: fc.constantFrom(200, 401, 503) }),
);

for (const [client, call] of Object.entries(clients)) {
  for (const server of Object.keys(upstreams)) {
    t.test(`whatever a ${server} server answers, a ${client} client has one answer with its own id`, async (t) => {
      let number = 0;
      await fc.assert(
        fc.asyncProperty(answers, async (args) => {
          const id = `${client} ${server} ${number++}`;
          const answer = await call(`${server}_fuzz`, args, id);
          const isOne = answer.jsonrpc === '2.0' && (answer.result === undefined) !== (answer.error === undefined);
          return isOne && answer.id === id;
        }),
        { numRuns: 250 },
      );
      t.match((await call(`${server}_well`, {}, 'after')).result, { content: [{ text: 'well' }] });
    });
  }
}

t.test('whatever a client sends, it has one answer that it can read, and nobody else is harmed', async (t) => {
  const request = modernRequest('tools/call', { name: 'modern_well', arguments: {} });
  const legacyBody = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'legacy_well' } });
  const sent = fc.oneof(
    fc.tuple(mutated([String(request.body)]), fc.constant(request.headers)),
    fc.tuple(mutated([legacyBody]), fc.constant(session.headers)),
    fc.tuple(mutated([legacyBody]), fc.constant(request.headers)),
  );
  await fc.assert(
    fc.asyncProperty(sent, async ([body, headers]) => {
      const answer = await send(gateway.url, { headers: headers ?? {}, body });
      if (answer.status === 202) return answer.text === '';
      if (answer.status >= 500) return false;
      return messagesOf(answer).length === 1 && answerOf(answer).jsonrpc === '2.0';
    }),
    { numRuns: 600 },
  );
  t.match((await session.call('legacy_well')).result, { content: [{ text: 'well' }] });
  t.notMatch(gateway.log(), /"level":"error"|Warning/);
});
