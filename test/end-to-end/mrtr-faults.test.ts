/** Modern servers that ask for input where, how or what they must not: clients get an error that names the server. */
import t from 'tap';
import { questions, replies } from '../support/asking.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, LegacySession, modern } from '../support/mcp-http.ts';
import { arrivalsOf, asking, modernAsker, roundTrips, toldIn } from '../support/round-trips.ts';
import { json, result, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

/** Asks for roots once, in any request, and then answers with what it was told. */
const asksOnce: Script = ({ response, message }) => {
  const told = message.params?.['inputResponses'];
  const asked = { resultType: 'input_required', inputRequests: { a: questions.roots }, requestState: 's' };
  json(response, result(message, told === undefined ? asked : { resultType: 'complete', told }));
};

const upstream = await modernAsker(t, {
  capabilities: { tools: {}, prompts: {}, resources: {}, completions: {} },
  methods: { 'prompts/get': asksOnce, 'resources/read': asksOnce, 'completion/complete': asksOnce },
  tools: { plain: ({ response, message }) => json(response, textResult(message, 'plain')) },
});
const lists = await scriptedUpstream(t, { era: 'modern', tools: {}, methods: { 'tools/list': asksOnce } });
const discovery = await scriptedUpstream(t, { era: 'modern', tools: {}, methods: { 'server/discover': asksOnce } });
const gateway = await gatewayOf(t, { server: upstream, lists, discovery });

const capabilities = { sampling: {}, elicitation: {}, roots: {} };
const meta = { 'io.modelcontextprotocol/clientCapabilities': capabilities };
const single = `${gateway.url}/default/server`;
const completion = { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a', value: '' } };

const faulty: Readonly<Record<string, [round: object, says: RegExp]>> = {
  'nothing at all': [{}, /neither what nor with which state/],
  'an empty map': [{ inputRequests: {} }, /neither what nor with which state/],
  'a list': [{ inputRequests: [questions.roots] }, /in a form that is no object/],
  'a question that is a word': [{ inputRequests: { a: 'roots/list' } }, /by what is no request/],
  'a list of tools': [{ inputRequests: { a: { method: 'tools/list' } } }, /by tools\/list, which is nothing/],
  'a ping beside roots': [
    { inputRequests: { a: questions.roots, b: { method: 'ping' } } },
    /by ping, which is nothing/,
  ],
  'a state that is a number': [
    { inputRequests: { a: questions.roots }, requestState: 7 },
    /with a state that is no string/,
  ],
};

for (const [name, [round, says]] of Object.entries(faulty)) {
  for (const era of ['modern', 'legacy'] as const) {
    t.test(`${name} is no question for a ${era} client`, async (t) => {
      const args = asking(round);
      const call = { url: gateway.url, params: { name: 'server_asks', arguments: args }, capabilities };
      const { asked, answer } = await roundTrips[era](call, () => undefined);
      t.match(answer, { error: { code: -32603, message: says, data: { server: 'default/server' } } });
      t.strictSame(asked, []);
      t.equal(arrivalsOf(upstream, args).length, 1);
    });
  }
}

t.test('tools, prompts and resources may need input', async (t) => {
  const { answer } = await roundTrips.modern(
    {
      url: gateway.url,
      params: { name: 'server_asks', arguments: asking({ inputRequests: { a: questions.roots } }) },
      capabilities,
    },
    () => replies.roots,
  );
  t.strictSame(toldIn(answer), { a: replies.roots });
  for (const [method, params] of [
    ['prompts/get', { name: 'p' }],
    ['resources/read', { uri: 'x://y' }],
  ] as const) {
    const { result: first } = answerOf(await modern(single, method, params, { meta }));
    t.match(first, { resultType: 'input_required', inputRequests: { a: questions.roots } }, method);
    const retry = { ...params, requestState: first?.['requestState'], inputResponses: { a: replies.roots } };
    t.match(answerOf(await modern(single, method, retry, { id: 2, meta })), { result: { told: { a: replies.roots } } });
  }
});

t.test('a completion may not: both eras’ clients get an error, and are asked nothing', async (t) => {
  const error = { code: -32603, message: /default\/server answered completion\/complete .*input_required/ };
  t.match(answerOf(await modern(single, 'completion/complete', completion, { meta })), { error });
  const session = await LegacySession.begin(single, '2025-11-25', { capabilities });
  const before = upstream.of('completion/complete').length;
  t.match(await session.rpc('completion/complete', completion), { error });
  t.equal(upstream.of('completion/complete').length, before + 1);
});

t.test(
  'nor may a list or server/discover: the server’s status says so, and its clients are asked nothing',
  async (t) => {
    for (const [name, message] of [
      ['lists', /tools\/list/],
      ['discovery', /^initialize is answered with the error/],
    ] as const) {
      const service = await until(`the status of ${name}`, async () => {
        const { services } = await gateway.report();
        return services.find((each) => each.name === name && each.state !== 'Pending');
      });
      t.match(service, { state: 'Unavailable', message });
    }
    const { result: listed } = answerOf(await modern(gateway.url, 'tools/list', {}, { meta }));
    t.match(listed, { resultType: 'complete', tools: [{ name: 'server_asks' }, { name: 'server_plain' }] });
  },
);
