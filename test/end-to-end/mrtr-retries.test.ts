/** The retries that modern servers get (2026-07-28, Multi Round-Trip Requests), of clients of both eras. */
import t from 'tap';
import { questions, replies } from '../support/asking.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, LegacySession, modern, type RpcAnswer } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  arrivalsOf,
  asking,
  modernAsker,
  roundTrips,
  toldIn,
  type AskedRound,
  type Question,
} from '../support/round-trips.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const capabilities = { sampling: {}, elicitation: {}, roots: {} };
const upstream = await modernAsker(t);
const gateway = await gatewayOf(t, { server: upstream });

const eras = ['modern', 'legacy'] as const;
const replyTo = ({ method }: Question): unknown =>
  ({ 'sampling/createMessage': replies.sampling, 'elicitation/create': replies.form, 'roots/list': replies.roots })[
    method
  ];
const call = (args: object, more: object = {}) => ({
  url: gateway.url,
  params: { name: 'server_asks', arguments: args, ...more },
  capabilities,
});

for (const era of eras) {
  t.test(`a retry of a ${era} client is the call once more, with what was said and another id`, async (t) => {
    const args = asking(
      { inputRequests: { a: questions.form }, requestState: 'one' },
      { inputRequests: { b: questions.roots }, requestState: 'two' },
    );
    const meta = { progressToken: 7, 'com.example/x': [1] };
    const { answer } = await roundTrips[era]({ ...call(args, { _meta: meta }), meta }, replyTo);
    t.strictSame(toldIn(answer), { b: replies.roots });
    const [first, ...retries] = arrivalsOf(upstream, args);
    t.strictSame(
      retries.map(({ message }) => message.params),
      [
        { ...first?.message.params, inputResponses: { a: replies.form }, requestState: 'one' },
        { ...first?.message.params, inputResponses: { b: replies.roots }, requestState: 'two' },
      ],
      'with the envelope, and without anything of the round before',
    );
    t.match(first?.message.params?.['_meta'], {
      ...meta,
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': capabilities,
    });
    for (const { request } of retries) {
      t.match(request.headers, {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'asks',
      });
    }
    t.equal(new Set([first, ...retries].map((arrival) => arrival?.message.id)).size, 3);
  });

  for (const [name, requestState] of Object.entries<string | undefined>({
    'no state': undefined,
    'an empty state': '',
    'a state of one letter': 'x',
    'a state that is not ASCII': 'é\u2028\u0000"\\/\u{1F600}',
    'a state of 100 KiB': 'long '.repeat(20 * 1024),
    'a state that is JSON': '{"requestState":"x","__proto__":null}',
    'a state that looks like one of the gateway’s': `f1${Buffer.alloc(64, 7).toString('base64url')}`,
    'a state like that of a call that is made again': 'again.9',
  })) {
    t.test(`${name} comes back from a ${era} client as it is`, async (t) => {
      const round: AskedRound = {
        inputRequests: { a: questions.roots },
        ...(requestState !== undefined && { requestState }),
      };
      const args = asking(round, round);
      const { answer } = await roundTrips[era](call(args), replyTo);
      t.strictSame(toldIn(answer), { a: replies.roots });
      const states = arrivalsOf(upstream, args).map(({ message }) => message.params?.['requestState']);
      t.strictSame(states, [undefined, requestState, requestState]);
      if (requestState !== undefined) return;
      t.notOk('requestState' in (arrivalsOf(upstream, args)[1]?.message.params ?? {}));
    });
  }

  t.test(`a ${era} client that is asked nothing brings the state alone, after a while`, async (t) => {
    const args = asking({ requestState: 'one' }, { requestState: 'two' });
    const began = performance.now();
    await roundTrips[era](call(args), () => t.fail('something was asked'));
    const [, ...retries] = arrivalsOf(upstream, args);
    t.strictSame(
      retries.map(({ message: { params } }) => params?.['requestState']),
      ['one', 'two'],
    );
    // The modern client itself decides how long it waits.
    if (era === 'modern') return;
    for (const { message } of retries) t.notOk('inputResponses' in (message.params ?? {}));
    t.ok(performance.now() - began >= 250 + 500, 'longer each time');
  });

  t.test(`of many calls of ${era} clients at once, each goes on with what is its own`, async (t) => {
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const about = (round: number): Question => ({
          ...questions.form,
          params: { ...questions.form.params, message: `${index} in round ${round}` },
        });
        const rounds = [1, 2].map((round) => ({
          inputRequests: { a: about(round) },
          requestState: `${index}.${round}`,
        }));
        const args = asking(...rounds);
        const { answer } = await roundTrips[era](call(args), ({ params }) => filled(params?.['message']));
        t.strictSame(toldIn(answer), { a: filled(`${index} in round 2`) });
        const arrived = arrivalsOf(upstream, args).map(({ message: { params } }) => [
          params?.['inputResponses'],
          params?.['requestState'],
        ]);
        t.strictSame(arrived, [
          [undefined, undefined],
          [{ a: filled(`${index} in round 1`) }, `${index}.1`],
          [{ a: filled(`${index} in round 2`) }, `${index}.2`],
        ]);
      }),
    );
  });
}

const filled = (name: unknown): unknown => ({ action: 'accept', content: { name } });

/** Begins a call in a session; each question that comes is for the test to answer. */
async function begin(session: LegacySession, args: object, id: string | number): Promise<MessageStream> {
  return new MessageStream(await session.open('tools/call', call(args).params, { id }));
}

const three = { a: questions.sampling, b: questions.form, c: questions.roots };

t.test('a legacy client answers what it is asked in one round in whatever order it likes', async (t) => {
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities });
  const args = asking({ inputRequests: three });
  const stream = await begin(session, args, 'mine');
  for (const { method } of Object.values(three).toReversed()) {
    t.equal(arrivalsOf(upstream, args).length, 1, 'nothing is sent before all is answered');
    const { id } = await stream.message(method);
    await session.post({ jsonrpc: '2.0', id, result: replyTo({ method }) });
  }
  t.equal(await stream.ended(), 'ended');
  const answer = stream.messages.at(-1) as unknown as RpcAnswer;
  t.equal(answer.id, 'mine');
  t.strictSame(toldIn(answer), { a: replies.sampling, b: replies.form, c: replies.roots });
});

t.test(
  'a legacy client that refuses one of several questions gets its error, and the others are taken back',
  async (t) => {
    const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities });
    const heard = await session.listen();
    const args = asking({ inputRequests: three });
    const stream = await begin(session, args, 'mine');
    t.teardown(() => [heard, stream].forEach((each) => each.close()));
    const [a, b, c] = await Promise.all(Object.values(three).map(({ method }) => stream.message(method)));
    await session.post({ jsonrpc: '2.0', id: a?.['id'], result: replies.sampling });
    await session.post({ jsonrpc: '2.0', id: b?.['id'], error: { code: -1, message: 'rejected' } });
    t.equal(await stream.ended(), 'ended');
    t.match(stream.messages.at(-1), { id: 'mine', error: { code: -1, message: 'rejected' } });
    t.match(await heard.message('notifications/cancelled'), { params: { requestId: c?.['id'] } });
    t.equal(arrivalsOf(upstream, args).length, 1, 'the call is not made again');
  },
);

t.test('a legacy client is asked ten rounds and no more', async (t) => {
  const args = asking(...Array.from({ length: 20 }, () => ({ inputRequests: { a: questions.roots } })));
  const { asked, answer } = await roundTrips.legacy(call(args), replyTo);
  t.equal(asked.length, 10);
  t.match(answer, {
    error: { code: -32603, message: /default\/server asked for input more than 10 times in one call/ },
  });
  t.equal(arrivalsOf(upstream, args).length, 11);
});

t.test('a server that sends nothing but states is asked until the call’s time is over', async (t) => {
  await using hurried = await startGateway([entryFor(upstream.url, { name: 'server', timeoutMs: 1000 })]);
  const args = asking(...Array.from({ length: 100 }, (_, index) => ({ requestState: String(index) })));
  const { answer } = await roundTrips.legacy({ ...call(args), url: hurried.url }, replyTo);
  t.match(answer, { error: { code: -32603, message: /no answer within 1000 ms/ } });
  t.ok(arrivalsOf(upstream, args).length <= 3, 'at 0, 250 and 750 ms');
});

t.test('a legacy client that never answers has an error when its time is over', async (t) => {
  const env = { FETCHFY_QUESTION_TIMEOUT: '300ms' };
  await using hurried = await startGateway([entryFor(upstream.url, { name: 'server' })], { env });
  const session = await LegacySession.begin(hurried.url, '2025-11-25', { capabilities });
  const args = asking({ inputRequests: { a: questions.form } });
  const stream = await begin(session, args, 1);
  t.equal(await stream.ended(), 'ended');
  t.match(stream.messages.at(-1), {
    error: { code: -32603, message: /default\/server asked the client.*within 0.3 s/ },
  });
  t.equal(arrivalsOf(upstream, args).length, 1, 'the server, which has answered, hears nothing');
});

t.test('a question comes on the stream of its own call, in whichever session', async (t) => {
  const before = upstream.of('tools/call').length;
  const sessions = await Promise.all(
    [1, 2].map(() => LegacySession.begin(gateway.url, '2025-11-25', { capabilities })),
  );
  await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const session = sessions[index % 2] as LegacySession;
      const params = { ...questions.form.params, message: `question of ${index}` };
      const stream = await begin(session, asking({ inputRequests: { a: { ...questions.form, params } } }), index);
      const { id } = await stream.message('elicitation/create');
      // All others are asked as well before this one is answered.
      await until('all to be asked', () => upstream.of('tools/call').length >= before + 40);
      await session.post({ jsonrpc: '2.0', id, result: filled(`answer of ${index}`) });
      t.equal(await stream.ended(), 'ended');
      t.match(stream.messages, [{ params }, { id: index }]);
      t.strictSame(toldIn(stream.messages[1] as unknown as RpcAnswer), { a: filled(`answer of ${index}`) });
    }),
  );
});

t.test('what a legacy client writes under the names of a retry’s params is not passed on', async (t) => {
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities });
  const args = asking();
  const own = { inputResponses: { a: 1 }, requestState: 'mine' };
  for (const params of [
    { ...own, ...call(args).params },
    { ...call(args).params, ...own },
  ]) {
    t.match(await session.rpc('tools/call', params), { result: { content: [{ text: 'null' }] } });
  }
  for (const { message } of arrivalsOf(upstream, args)) {
    t.strictSame(Object.keys(message.params ?? {}).sort(), ['_meta', 'arguments', 'name']);
  }
});

t.test('answers of a modern client to a modern server are not looked at', async (t) => {
  const meta = { 'io.modelcontextprotocol/clientCapabilities': capabilities };
  for (const inputResponses of [{ a: { action: 'perhaps' }, z: 7 }, {}, [], 'none', null]) {
    const params = { ...call(asking()).params, inputResponses };
    t.strictSame(toldIn(answerOf(await modern(gateway.url, 'tools/call', params, { meta }))), inputResponses);
  }
});
