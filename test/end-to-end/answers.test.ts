/** What a client gets of what a server says, to the member: each era its own words, and nothing that it must not hear. */
import t, { type Test } from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, LegacySession, messagesOf, modern, type HttpAnswer, type RpcAnswer } from '../support/mcp-http.ts';
import {
  answering,
  event,
  events,
  failing,
  json,
  progressToken,
  scriptedUpstream,
  textResult,
  type Script,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

/** Says all of this before it answers. */
const saying =
  (...said: ((message: UpstreamMessage) => object)[]): Script =>
  ({ response, message }) => {
    events(response);
    for (const each of said) response.write(event({ jsonrpc: '2.0', ...each(message) }));
    response.end(event(textResult(message, 'done')));
  };

const content = [{ type: 'text', text: 'x' }];
const progress = (token: unknown) => ({
  method: 'notifications/progress',
  params: { progressToken: token, progress: 1 },
});

const tools: Readonly<Record<string, Script>> = {
  no_id: ({ response }) =>
    json(response, JSON.stringify({ jsonrpc: '2.0', error: { code: -32000, message: 'cannot read that' } })),
  no_id_event: ({ response }) =>
    void events(response).end(event({ jsonrpc: '2.0', error: { code: -32000, message: 'cannot read that' } })),
  text_error: failing('broken'),
  word_code: failing({ code: 'ENOENT', message: 'x' }),
  no_message: failing({ code: -32000 }),
  not_found: failing({ code: -32002, message: 'Resource not found', data: { uri: 'x://y' } }),
  url_needed: failing({ code: -32042, message: 'Sign in first', data: { elicitations: [] } }),
  reserved: failing({ code: -32050, message: 'x' }),
  own_code: failing({ code: -31999, message: 'of the server', data: { more: true } }),
  unknown_method: failing({ code: -32601, message: 'Method not found' }),
  text_result: answering('done'),
  null_result: answering(null),
  plain: answering({ content }),
  complete: answering({ resultType: 'complete', content, vendor: { kept: true } }),
  weird: answering({ resultType: 'weird', content }),
  task: answering({ resultType: 'task', task: { taskId: '1' } }),
  undeclared: answering({
    resultType: 'input_required',
    inputRequests: { roots: { method: 'roots/list' } },
  }),
  progresses: saying(
    (message) => progress(progressToken(message) ?? 'none'),
    () => progress('another'),
  ),
  logs: saying(() => ({ method: 'notifications/message', params: { level: 'info', data: 'x' } })),
  strays: saying(
    () => ({ method: 'notifications/resources/updated', params: { uri: 'x://y' } }),
    () => ({ method: 'notifications/tools/list_changed' }),
    ({ id }) => ({ method: 'notifications/cancelled', params: { requestId: id, reason: 'enough' } }),
    () => ({ method: 'notifications/cancelled', params: { requestId: 'another' } }),
    () => ({ method: 'notifications/subscriptions/acknowledged', params: { notifications: {} } }),
    () => progress('another'),
    () => ({ method: 'example/vendor', params: {} }),
  ),
  twice: ({ response, message }) =>
    void events(response).end(event(textResult(message, 'first')) + event(textResult(message, 'second'))),
  pings: ({ response, message }) => {
    events(response).write(event({ jsonrpc: '2.0', id: 'ping-1', method: 'ping' }));
    response.end(event(textResult(message, 'done')));
  },
};

const upstreams = {
  legacy: await scriptedUpstream(t, { era: 'legacy', tools }),
  stateless: await scriptedUpstream(t, { era: 'stateless', tools }),
  modern: await scriptedUpstream(t, { era: 'modern', tools }),
};
const gateway = await gatewayOf(t, upstreams);
const session = await LegacySession.begin(gateway.url);

interface Pair {
  readonly client: 'legacy' | 'modern';
  readonly server: keyof typeof upstreams;
  call(tool: string, meta?: Record<string, unknown>): Promise<HttpAnswer>;
}

const pairs: readonly Pair[] = (['legacy', 'modern'] as const).flatMap((client) =>
  (['legacy', 'stateless', 'modern'] as const).map((server) => ({
    client,
    server,
    call: (tool: string, meta: Record<string, unknown> = {}) => {
      const name = `${server}_${tool}`;
      return client === 'legacy'
        ? session.request('tools/call', { name, _meta: meta })
        : modern(gateway.url, 'tools/call', { name }, { meta });
    },
  })),
);

function ofEachPair(run: (t: Test, pair: Pair) => Promise<void>): (t: Test) => Promise<void> {
  return async (t) => {
    for (const pair of pairs) await t.test(`${pair.client} client, ${pair.server} server`, (t) => run(t, pair));
  };
}

async function errorOf(pair: Pair, tool: string): Promise<NonNullable<RpcAnswer['error']>> {
  const { error, id } = answerOf(await pair.call(tool));
  if (error === undefined || id === undefined) throw new Error(`No error with an id: ${JSON.stringify({ error, id })}`);
  return error;
}

t.test(
  'an error without an id gets the request’s',
  ofEachPair(async (t, pair) => {
    for (const tool of ['no_id', 'no_id_event']) {
      t.match(await errorOf(pair, tool), { code: -32000, message: 'cannot read that' }, tool);
    }
  }),
);

t.test(
  'an answer that no client can read becomes an error that names the server',
  ofEachPair(async (t, pair) => {
    for (const tool of ['text_error', 'word_code', 'no_message', 'text_result', 'null_result']) {
      t.match(
        await errorOf(pair, tool),
        { code: -32603, message: new RegExp(`Server default/${pair.server} sent a`) },
        tool,
      );
    }
  }),
);

t.test(
  'codes are those of the client’s era, a server’s own pass',
  ofEachPair(async (t, pair) => {
    const isModern = pair.client === 'modern';
    t.match(await errorOf(pair, 'not_found'), { code: isModern ? -32602 : -32002, message: 'Resource not found' });
    // A legacy server says by it what the client would have to be able to; in 2026-07-28 the code means nothing.
    const unable = pair.server === 'modern' ? -32603 : -32021;
    t.match(await errorOf(pair, 'url_needed'), { code: isModern ? unable : -32042 });
    t.match(await errorOf(pair, 'reserved'), { code: isModern ? -32603 : -32050 });
    t.match(await errorOf(pair, 'own_code'), { code: -31999, message: 'of the server', data: { more: true } });
    t.equal((await pair.call('unknown_method')).status, isModern ? 404 : 200);
  }),
);

t.test(
  'a result says what it is to a modern client, and only to it',
  ofEachPair(async (t, pair) => {
    const resultOf = async (tool: string): Promise<unknown> => {
      const { _meta, ...said } = answerOf(await pair.call(tool)).result ?? {};
      // A legacy server does not say whose a result is.
      t.equal(_meta !== undefined, pair.client === 'modern' && pair.server !== 'modern');
      return said;
    };
    const type = pair.client === 'modern' ? { resultType: 'complete' } : {};
    t.strictSame(await resultOf('plain'), { ...type, content });
    const kept = pair.client === 'legacy' && pair.server !== 'modern' ? { resultType: 'complete' } : type;
    t.strictSame(await resultOf('complete'), { ...kept, content, vendor: { kept: true } });
  }),
);

t.test(
  'a result of a type that the client does not know becomes an error',
  ofEachPair(async (t, pair) => {
    if (pair.server !== 'modern') {
      // A legacy server knows nothing of types: whatever it means by the word, it has answered.
      const type = pair.client === 'modern' ? 'complete' : 'weird';
      t.match(answerOf(await pair.call('weird')).result, { resultType: type, content });
      return;
    }
    for (const tool of ['weird', 'task', 'undeclared']) {
      t.match(await errorOf(pair, tool), { code: -32603, message: new RegExp(`Server default/${pair.server} `) }, tool);
    }
  }),
);

t.test(
  'progress is passed under the request’s own token, and none of another',
  ofEachPair(async (t, pair) => {
    const told = messagesOf(await pair.call('progresses', { progressToken: 'mine' })).slice(0, -1);
    t.strictSame(told, [{ jsonrpc: '2.0', ...progress('mine') }]);
    t.equal(messagesOf(await pair.call('progresses')).length, 1, 'none where none was asked for');
  }),
);

t.test(
  'a modern client hears of nothing but its request, and of logs if it asked',
  ofEachPair(async (t, pair) => {
    const methods = async (tool: string, meta = {}): Promise<string[]> =>
      messagesOf(await pair.call(tool, meta)).flatMap((each) => ('method' in each ? [String(each.method)] : []));
    if (pair.client === 'legacy')
      return t.strictSame(await methods('logs'), ['notifications/message']) as unknown as void;
    t.strictSame(await methods('logs'), []);
    t.strictSame(await methods('strays'), ['example/vendor']);
  }),
);

t.test('a ping in the midst of a call is answered, with a session and without', async (t) => {
  for (const server of ['legacy', 'stateless'] as const) {
    await session.call(`${server}_pings`);
    await modern(gateway.url, 'tools/call', { name: `${server}_pings` });
    const answered = (): number => upstreams[server].arrivals.filter(({ message }) => message.id === 'ping-1').length;
    await until(`two answers to the pings of ${server}`, () => answered() === 2, { state: answered });
    t.pass(server);
  }
});

t.test('the first answer wins; what comes behind it is dropped and counted', async (t) => {
  for (const pair of pairs) {
    const before = await dropped();
    const { result } = answerOf(await pair.call('twice'));
    t.match(result, { content: [{ text: 'first' }] }, `${pair.client} client, ${pair.server} server`);
    await until('the second to be counted', async () => (await dropped()) === before + 1, { state: dropped });
  }
});

async function dropped(): Promise<number> {
  const metrics = await (await fetch(new URL('/metrics', gateway.adminUrl))).text();
  return Number(/^fetchfy_dropped_answer_count (\d+)$/m.exec(metrics)?.[1]);
}
