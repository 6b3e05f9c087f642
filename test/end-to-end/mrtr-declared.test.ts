/** What clients declare that they can be asked for: servers hear of that, and ask nothing else. */
import t from 'tap';
import { questions, replies } from '../support/asking.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, modern } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  arrivalsOf,
  asking,
  legacyAsker,
  modernAsker,
  roundTrips,
  toldIn,
  type Question,
} from '../support/round-trips.ts';
import { json, result, type Arrival, type UpstreamMessage } from '../support/scripted-upstream.ts';

const ANSWERED = { 'prompts/get': ({ response, message }: Arrival) => json(response, result(message, {})) };
const servers = { modern: await modernAsker(t, { methods: ANSWERED }), legacy: await legacyAsker(t) };
const gateway = await gatewayOf(t, servers);

const pairs = [
  ['modern', 'modern'],
  ['modern', 'legacy'],
  ['legacy', 'modern'],
] as const;

type Declared = Readonly<Record<string, unknown>>;

const { elicitationId: _legacyId, ...url } = questions.url.params;
const asked: Readonly<Record<string, Question>> = {
  roots: questions.roots,
  sampling: questions.sampling,
  tools: { ...questions.sampling, params: { ...questions.sampling.params, tools: [] } },
  toolChoice: { ...questions.sampling, params: { ...questions.sampling.params, toolChoice: { mode: 'auto' } } },
  form: questions.form,
  formMode: { ...questions.form, params: { mode: 'form', ...questions.form.params } },
  url: { ...questions.url, params: url },
};
const answers: Readonly<Record<string, unknown>> = {
  ...replies,
  tools: replies.sampling,
  toolChoice: replies.sampling,
  formMode: replies.form,
};

function call(serverEra: string, args: object, capabilities: Declared) {
  return { url: gateway.url, params: { name: `${serverEra}_asks`, arguments: args }, capabilities };
}

/** What a modern request declares. */
function declaredIn({ params }: UpstreamMessage): unknown {
  return (params?.['_meta'] as Declared | undefined)?.['io.modelcontextprotocol/clientCapabilities'];
}

/** What is declared, by what a client of it can be asked. */
const declarations: Readonly<Record<string, { readonly declared: Declared; readonly can: readonly string[] }>> = {
  'nothing at all': { declared: {}, can: [] },
  roots: { declared: { roots: {} }, can: ['roots'] },
  sampling: { declared: { sampling: {} }, can: ['sampling'] },
  'sampling with tools': { declared: { sampling: { tools: {} } }, can: ['sampling', 'tools', 'toolChoice'] },
  'sampling with context': { declared: { sampling: { context: {} } }, can: ['sampling'] },
  'elicitation without a mode': { declared: { elicitation: {} }, can: ['form', 'formMode'] },
  'elicitation by forms': { declared: { elicitation: { form: {} } }, can: ['form', 'formMode'] },
  'elicitation by URLs': { declared: { elicitation: { url: {} } }, can: ['url'] },
  'elicitation by both': { declared: { elicitation: { form: {}, url: {} } }, can: ['form', 'formMode', 'url'] },
  'all at once': {
    declared: { roots: {}, sampling: { tools: {}, context: {} }, elicitation: { form: {}, url: {} } },
    can: Object.keys(asked),
  },
};

for (const [name, { declared, can }] of Object.entries(declarations)) {
  for (const era of ['modern', 'legacy'] as const) {
    t.test(`a modern server hears of ${name} with the call of a ${era} client, and with its retry`, async (t) => {
      const [first] = can;
      const round = {
        requestState: 's',
        ...(first !== undefined && { inputRequests: { one: asked[first] as Question } }),
      };
      const args = asking(round);
      await roundTrips[era](call('modern', args, declared), () => answers[first ?? '']);
      const heard = arrivalsOf(servers.modern, args).map(({ message }) => declaredIn(message));
      t.strictSame(heard, [declared, declared]);
    });
  }

  t.test(`a legacy server hears of ${name} in the session of a modern client’s call`, async (t) => {
    const args = asking();
    await roundTrips.modern(call('legacy', args, declared), () => undefined);
    const [arrival] = arrivalsOf(servers.legacy, args);
    const session = arrival?.request.headers['mcp-session-id'];
    const begun = servers.legacy
      .of('initialize')
      .find(({ response }) => response.getHeader('mcp-session-id') === session);
    t.strictSame(begun?.message.params?.['capabilities'], declared);
  });

  for (const [era, serverEra] of pairs) {
    t.test(
      `a ${era} client that declared ${name} is asked by a ${serverEra} server for that and nothing else`,
      async (t) => {
        for (const [what, question] of Object.entries(asked)) {
          const args = asking({ inputRequests: { one: question } });
          const trip = await roundTrips[era](call(serverEra, args, declared), () => answers[what]);
          if (can.includes(what)) {
            t.equal(trip.asked.length, 1, what);
            t.strictSame(toldIn(trip.answer), { one: answers[what] });
            continue;
          }
          t.strictSame(trip.asked, [], what);
          t.equal(arrivalsOf(servers[serverEra], args).length, 1, 'the call is not made again');
          if (serverEra === 'legacy') t.match(toldIn(trip.answer), { one: { error: { code: /^-3260[12]$/ } } });
          else t.match(trip.answer, { error: { code: -32603, message: /Server default\/modern .* did not offer/ } });
        }
      },
    );
  }
}

t.test('of what a legacy client declares, a modern server hears what it can be asked for', async (t) => {
  const declared = {
    roots: { listChanged: true },
    sampling: { tools: {} },
    tasks: { list: {} },
    experimental: { x: {} },
  };
  const args = asking();
  await roundTrips.legacy(call('modern', args, declared), () => undefined);
  t.strictSame(declaredIn(arrivalsOf(servers.modern, args)[0]?.message ?? {}), { roots: {}, sampling: { tools: {} } });
});

t.test('what one client declares is said with no request of another, nor with the gateway’s own', async (t) => {
  const from = servers.modern.arrivals.length;
  const declared = { sampling: {} };
  const meta = { 'io.modelcontextprotocol/clientCapabilities': declared };
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities: { roots: {} } });
  const params = { name: 'p' };
  const single = `${gateway.url}/default/modern`;
  await modern(single, 'prompts/get', params, { meta });
  await modern(single, 'prompts/get', params);
  await session.rpc('tools/call', { name: 'modern_asks', arguments: asking() });
  await gateway.publish([]);
  await gateway.publish(Object.entries(servers).map(([name, server]) => entryFor(server.url, { name })));
  await modern(gateway.url, 'tools/list', {}, { meta });
  const heard = servers.modern.arrivals.slice(from).map(({ message }) => [message.method, declaredIn(message)]);
  const [own, others] = [
    ['prompts/get', 'tools/call'],
    ['server/discover', 'tools/list', 'subscriptions/listen'],
  ];
  t.strictSame(
    heard.filter(([method]) => own?.includes(String(method))),
    [
      ['prompts/get', declared],
      ['prompts/get', {}],
      ['tools/call', { roots: {} }],
    ],
  );
  const gateways = heard.filter(([method]) => others?.includes(String(method)));
  t.ok(gateways.length >= 2, 'the server was read anew');
  for (const [method, said] of gateways) t.strictSame(said, {}, String(method));
});
