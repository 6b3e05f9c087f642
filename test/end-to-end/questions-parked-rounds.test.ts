/** What crosses the wire when a legacy server asks a modern client: the rounds, their states, and what goes wrong with them. */
import t from 'tap';
import {
  answerTo,
  askedIn,
  notified,
  put,
  questions,
  replies,
  replyOf,
  sendCall,
  type ModernCall,
} from '../support/asking.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, messagesOf, modern } from '../support/mcp-http.ts';
import {
  event,
  events,
  json,
  progressToken,
  result,
  scriptedUpstream,
  textResult,
  type Script,
} from '../support/scripted-upstream.ts';

const all = { sampling: { tools: {} }, elicitation: { form: {}, url: {} }, roots: {} };
let serial = 0;

/** A tool that asks something and answers with what it was told. */
function asksFor(...asked: readonly object[]): Script {
  return async (arrival) => {
    const own = ++serial;
    events(arrival.response);
    for (const [index, question] of asked.entries()) put(arrival, `${own}-${index}`, question);
    const said = await Promise.all(asked.map((_, index) => replyOf(upstream, `${own}-${index}`)));
    const text = JSON.stringify(said.map(({ result, error }) => result ?? error));
    arrival.response.end(event(textResult(arrival.message, text)));
  };
}

/** A method that asks for roots and tells what it was told. */
const asksForRoots: Script = async (arrival) => {
  const own = `method-${++serial}`;
  events(arrival.response);
  put(arrival, own, questions.roots);
  const { result: said, error } = await replyOf(upstream, own);
  arrival.response.end(event(result(arrival.message, { told: said ?? error })));
};

const upstream = await scriptedUpstream(t, {
  capabilities: { tools: {}, prompts: {}, resources: {}, completions: {} },
  methods: { 'prompts/get': asksForRoots, 'resources/read': asksForRoots, 'completion/complete': asksForRoots },
  tools: {
    samples: asksFor(questions.sampling),
    form: asksFor(questions.form),
    url: asksFor({
      ...questions.url,
      params: { ...questions.url.params, _meta: { progressToken: 1 }, x: 12345678901234567890n.toString() },
    }),
    roots: asksFor({ ...questions.roots, params: { _meta: { progressToken: 3 } } }),
    both: asksFor(questions.sampling, questions.form),
    tools: asksFor({ ...questions.sampling, params: { ...questions.sampling.params, tools: [] } }),
    plain: ({ response, message }) => json(response, textResult(message, 'plain')),
    pings: asksFor({ method: 'ping' }),
    strange: asksFor({ method: 'vendor/strange' }),
    progress: async (arrival) => {
      const { response, message } = arrival;
      const own = ++serial;
      const token = progressToken(message);
      const progress = (done: number): string =>
        event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: token, progress: done } });
      events(response).write(progress(1));
      put(arrival, own, questions.form);
      await replyOf(upstream, own);
      response.write(progress(2));
      response.end(event(textResult(message, 'done')));
    },
    twice: async (arrival) => {
      const own = ++serial;
      events(arrival.response);
      put(arrival, `${own}-a`, questions.form);
      await replyOf(upstream, `${own}-a`);
      put(arrival, `${own}-b`, questions.sampling);
      await replyOf(upstream, `${own}-b`);
      arrival.response.end(event(textResult(arrival.message, 'after two')));
    },
    endless: async (arrival) => {
      events(arrival.response);
      for (let round = 1; ; round++) {
        const own = `endless-${++serial}`;
        put(arrival, own, questions.form);
        const { error } = await replyOf(upstream, own);
        if (error === undefined) continue;
        arrival.response.end(event(textResult(arrival.message, `refused in round ${round}`)));
        return;
      }
    },
    withdraws: async (arrival) => {
      const own = `withdrawn-${++serial}`;
      events(arrival.response);
      put(arrival, own, questions.form);
      put(arrival, `${own}-other`, questions.sampling);
      const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: own } };
      arrival.response.write(event(cancelled));
      await replyOf(upstream, `${own}-other`);
      arrival.response.end(event(textResult(arrival.message, 'withdrawn')));
    },
    fails: async (arrival) => {
      const own = ++serial;
      events(arrival.response);
      put(arrival, own, questions.sampling);
      await replyOf(upstream, own);
      const error = { code: -32603, message: 'cannot go on' };
      arrival.response.end(event({ jsonrpc: '2.0', id: arrival.message.id, error }));
    },
    failsWithoutUrl: async (arrival) => {
      const own = ++serial;
      events(arrival.response);
      put(arrival, own, questions.url);
      const { error } = await replyOf(upstream, own);
      arrival.response.end(event({ jsonrpc: '2.0', id: arrival.message.id, error }));
    },
  },
});
const gateway = await gatewayOf(t, { server: upstream });

const call = (tool: string, more: Partial<ModernCall> = {}): ModernCall => ({
  url: gateway.url,
  params: { name: `server_${tool}`, arguments: { tool } },
  capabilities: all,
  ...more,
});
const textIn = (answer: unknown): string => JSON.stringify(answer);

t.test(
  'a question is asked without what concerns the server’s own hop, and answered under the server’s id',
  async (t) => {
    const expected = { samples: questions.sampling, form: questions.form, roots: questions.roots };
    for (const [tool, question] of Object.entries(expected)) {
      const answer = await sendCall(call(tool));
      t.match(answer.headers['content-type'], /^application\/json/, tool);
      const asked = askedIn(answer);
      t.strictSame(Object.values(asked.inputRequests), [question], tool);
    }
    const { inputRequests, requestState } = askedIn(await sendCall(call('url')));
    const { elicitationId, ...params } = questions.url.params;
    t.equal(elicitationId, 'e-1');
    t.strictSame(inputRequests, {
      q1: { method: 'elicitation/create', params: { ...params, x: '12345678901234567890' } },
    });
    const inputResponses = { q1: replies.url };
    t.match(textIn(await answerTo(call('url'), { inputResponses, requestState })), 'accept');
  },
);

t.test('what the client says comes to the server byte for byte', async (t) => {
  const { requestState } = askedIn(await sendCall(call('form')));
  const inputResponses = { q1: { action: 'accept', content: { name: 'é\u2028' }, _meta: { 'com.example/x': [1] } } };
  const answer = await answerTo(call('form'), { inputResponses, requestState });
  t.match((answer.result as { content: { text: string }[] }).content[0]?.text, JSON.stringify([inputResponses.q1]));
  t.match(answer.result, { resultType: 'complete' });
});

t.test('a server hears of exactly what the client declared, and of no more', async (t) => {
  const declared = [{ sampling: {} }, { elicitation: { url: {} } }, { roots: { listChanged: true } }, all];
  for (const capabilities of declared) {
    const before = upstream.of('initialize').length;
    await answerTo(call('plain', { capabilities: { ...capabilities, extensions: { 'com.example/x': {} } } }));
    const expected = 'roots' in capabilities ? { ...capabilities, roots: {} } : capabilities;
    const opened = upstream.of('initialize').slice(before);
    for (const { message } of opened) t.strictSame(message.params?.['capabilities'], expected);
    // A session in which all was declared may be there from before.
    t.equal(opened.length, capabilities === all ? 0 : 1);
  }
});

t.test('a call that nothing was declared for shares its session, and brings no retry to the server', async (t) => {
  const sessions = new Set<unknown>();
  for (let i = 0; i < 3; i++) {
    await answerTo(call('plain', { capabilities: {} }), { inputResponses: { q1: {} } });
    const { request, message } = upstream.of('tools/call').at(-1) ?? {};
    sessions.add(request?.headers['mcp-session-id']);
    t.strictSame(Object.keys(message?.params ?? {}).sort(), ['_meta', 'arguments', 'name']);
  }
  t.equal(sessions.size, 1);
});

t.test('progress comes before and after a park, each under the token of its own request', async (t) => {
  const first = await sendCall(call('progress', { meta: { progressToken: 'one' } }));
  t.match(first.headers['content-type'], /^text\/event-stream/);
  t.match(notified(first), [{ params: { progressToken: 'one', progress: 1 } }]);
  const last = messagesOf(first).at(-1);
  t.match(last?.result, { resultType: 'input_required' });
  const { requestState } = askedIn(first);
  const retry = { inputResponses: { q1: replies.form }, requestState };
  const second = await sendCall(call('progress', { meta: { progressToken: 2 } }), retry);
  t.strictSame(
    notified(second).map(({ params }) => params),
    [{ progressToken: 2, progress: 2 }],
  );
  t.match(messagesOf(second).at(-1)?.result, { content: [{ text: 'done' }] });
});

t.test(
  'two questions come in one round; what is not answered is asked again, what was not asked is ignored',
  async (t) => {
    const first = askedIn(await sendCall(call('both')));
    t.strictSame(Object.keys(first.inputRequests), ['q1', 'q2']);
    const half = { inputResponses: { q2: replies.form, q9: 7 }, requestState: first.requestState };
    const second = askedIn(await sendCall(call('both'), half));
    t.strictSame(second.inputRequests, { q1: questions.sampling });
    t.not(second.requestState, first.requestState);
    const rest = { inputResponses: { q1: replies.sampling }, requestState: second.requestState };
    const answer = textIn(await answerTo(call('both'), rest));
    t.match(answer, 'seven');
    t.match(answer, 'Ada');
  },
);

t.test('a call is parked again and again, under keys that it never had', async (t) => {
  const first = askedIn(await sendCall(call('twice')));
  const once = { inputResponses: { q1: replies.form }, requestState: first.requestState };
  const second = askedIn(await sendCall(call('twice'), once));
  t.strictSame(second.inputRequests, { q2: questions.sampling });
  const again = { inputResponses: { q2: replies.sampling }, requestState: second.requestState };
  t.match(textIn(await answerTo(call('twice'), again)), 'after two');
});

t.test('after ten rounds the server is refused, and goes on', async (t) => {
  let answer = await answerTo(call('endless'));
  let rounds = 0;
  while (answer.result?.['resultType'] === 'input_required') {
    rounds++;
    const { requestState, inputRequests } = askedIn(answer);
    const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, replies.form]));
    answer = await answerTo(call('endless'), { inputResponses, requestState });
  }
  t.equal(rounds, 10);
  t.match(textIn(answer), 'refused in round 11');
});

t.test('an answer that is none to its question is refused, and the call waits for a better one', async (t) => {
  const { requestState } = askedIn(await sendCall(call('form')));
  const wrong: [unknown, RegExp][] = [
    [{ q1: { action: 'perhaps' } }, /inputResponses.q1 is no result of elicitation\/create: action/],
    [{ q1: replies.roots }, /inputResponses.q1/],
    [{ q1: null }, /inputResponses.q1/],
    [[], /inputResponses is no object/],
    ['q1', /inputResponses is no object/],
  ];
  for (const [inputResponses, message] of wrong) {
    const answer = await sendCall(call('form'), { inputResponses, requestState });
    t.equal(answer.status, 400);
    t.match(JSON.parse(answer.text), { error: { code: -32602, message } });
  }
  const retry = { inputResponses: { q1: replies.form }, requestState };
  t.match(textIn(await answerTo(call('form'), retry)), 'Ada');
});

t.test('a state is good once, for the request that it was given for, as it was given', async (t) => {
  const { requestState } = askedIn(await sendCall(call('twice')));
  const inputResponses = { q1: replies.form };
  const refused = { error: { code: -32602, message: /requestState is not one that was given out for this request/ } };
  const changed = `${requestState.slice(0, -4)}${requestState.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
  t.match(await answerTo(call('form'), { inputResponses, requestState }), refused, 'another tool');
  const others = call('twice', { params: { name: 'server_twice', arguments: { tool: 'x' } } });
  t.match(await answerTo(others, { inputResponses, requestState }), refused, 'other arguments');
  t.match(await answerTo(call('twice'), { inputResponses, requestState: changed }), refused, 'changed');
  t.match(await answerTo(call('twice'), { inputResponses, requestState: 7 }), { error: { code: -32602 } });
  const both = await Promise.all([1, 2].map(() => answerTo(call('twice'), { inputResponses, requestState })));
  const [winner, ...more] = both.filter(({ result }) => result !== undefined);
  t.strictSame(more, []);
  const used = { error: { code: -32602, message: /requestState was used before/ } };
  t.match(
    both.find(({ error }) => error !== undefined),
    used,
    'one of two at once wins',
  );
  t.match(await answerTo(call('twice'), { inputResponses, requestState }), used, 'again');
  const next = {
    inputResponses: { q2: replies.sampling },
    requestState: askedIn(winner ?? { jsonrpc: '2.0' }).requestState,
  };
  t.match(textIn(await answerTo(call('twice'), next)), 'after two');
  const ended = { error: { code: -32602, message: /no longer held/ } };
  t.match(await answerTo(call('twice'), next), ended, 'after the end');
});

t.test('what was not declared is refused, and the call goes on', async (t) => {
  const cases: [string, Record<string, unknown>, number][] = [
    ['samples', { elicitation: {} }, -32601],
    ['form', { sampling: {} }, -32601],
    ['form', { elicitation: { url: {} } }, -32602],
    ['url', { elicitation: {} }, -32602],
    ['tools', { sampling: {} }, -32602],
    ['roots', { sampling: {} }, -32601],
    ['roots', {}, -32601],
    ['strange', all, -32601],
  ];
  for (const [tool, capabilities, code] of cases) {
    const answer = await answerTo(call(tool, { capabilities }));
    t.match(textIn(answer), `{\\"code\\":${code},`, `${tool} for ${textIn(capabilities)}`);
  }
  t.match(textIn(await answerTo(call('pings'))), '[{}]', 'a ping is answered');
});

t.test('a call that fails for what was not declared says what to declare', async (t) => {
  for (const capabilities of [{}, { elicitation: {} }]) {
    const answer = await sendCall(call('fails', { capabilities }));
    const data = { requiredCapabilities: { sampling: {} } };
    const [error] = messagesOf(answer);
    t.match(error, { error: { code: -32021, message: /server.*cannot go on/, data } });
    t.equal(answer.status, 400);
  }
  const url = await sendCall(call('failsWithoutUrl', { capabilities: { elicitation: {} } }));
  t.equal(url.status, 400);
  t.match(messagesOf(url), [{ error: { code: -32021, data: { requiredCapabilities: { elicitation: { url: {} } } } } }]);
  const { requestState } = askedIn(await sendCall(call('fails')));
  const declared = await answerTo(call('fails'), { requestState, inputResponses: { q1: replies.sampling } });
  t.match(declared, { error: { code: -32603, message: 'cannot go on' } }, 'a failure of its own passes');
});

t.test('a server may give up what it asked', async (t) => {
  const { inputRequests, requestState } = askedIn(await sendCall(call('withdraws')));
  t.strictSame(Object.values(inputRequests), [questions.sampling]);
  const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, replies.sampling]));
  t.match(textIn(await answerTo(call('withdraws'), { inputResponses, requestState })), 'withdrawn');
});

t.test(
  'a client that declares less when it comes back is not asked again what it cannot answer any more',
  async (t) => {
    const { requestState } = askedIn(await sendCall(call('both')));
    const retry = { requestState, inputResponses: { q2: replies.form } };
    const answer = textIn(await answerTo(call('both', { capabilities: { elicitation: {} } }), retry));
    t.match(answer, 'Ada');
    t.match(answer, 'did not declare any more');
  },
);

t.test('prompts and resources may ask as well, nothing else', async (t) => {
  const meta = { 'io.modelcontextprotocol/clientCapabilities': all };
  const single = `${gateway.origin}/mcp/default/server`;
  for (const [method, params] of [
    ['prompts/get', { name: 'p' }],
    ['resources/read', { uri: 'x://y' }],
  ] as const) {
    const { requestState, inputRequests } = askedIn(await modern(single, method, params, { meta }));
    t.match(inputRequests, { q1: { method: 'roots/list' } }, method);
    const retry = { ...params, requestState, inputResponses: { q1: replies.roots } };
    const { result } = answerOf(await modern(single, method, retry, { id: 2, meta }));
    t.match(result, { resultType: 'complete', told: replies.roots });
    t.equal(result?.['cacheScope'], method === 'resources/read' ? 'private' : undefined);
  }
  const ref = { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a', value: '' } };
  const completed = answerOf(await modern(single, 'completion/complete', ref, { meta }));
  t.match(completed.result, { told: { code: -32601 } });
});
