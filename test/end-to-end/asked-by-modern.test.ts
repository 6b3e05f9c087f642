/** What crosses the wire when a modern server needs input of a legacy client: the client’s era has requests for that. */
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, LegacySession, type RpcAnswer } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { json, result, scriptedUpstream } from '../support/scripted-upstream.ts';

/** A tool that needs what stands in its arguments, and then answers with what it was given. */
const server = await scriptedUpstream(t, {
  era: 'modern',
  tools: {
    ask: ({ response, message }) => {
      const { inputRequests } = (message.params?.arguments ?? {}) as { inputRequests?: object };
      const inputResponses = message.params?.['inputResponses'];
      const answer =
        inputResponses === undefined
          ? { resultType: 'input_required', inputRequests, requestState: 'the server’s' }
          : { resultType: 'complete', content: [{ type: 'text', text: 'done' }] };
      json(response, result(message, answer));
    },
  },
});
const gateway = await gatewayOf(t, { server });

/** Calls the tool, and gives the client's one response to the one request. */
async function beAsked(
  inputRequest: object,
  said: object,
): Promise<{ request: Record<string, unknown>; answer: unknown }> {
  const session = await LegacySession.begin(gateway.url, '2025-11-25', {
    capabilities: { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} },
  });
  const call = { name: 'server_ask', arguments: { inputRequests: { mine: inputRequest } } };
  const stream = new MessageStream(await session.open('tools/call', call));
  const request = await stream.message((inputRequest as { method: string }).method);
  await session.post({ jsonrpc: '2.0', id: request['id'], result: said });
  await stream.ended();
  return { request, answer: stream.messages.at(-1) };
}

/** The params of the last retry. */
const retried = (): Record<string, unknown> => server.of('tools/call').at(-1)?.message.params ?? {};

t.test('a form comes with its schema, and the retry brings what the user filled in', async (t) => {
  const requestedSchema = {
    type: 'object',
    properties: { name: { type: 'string', default: 'x' }, sure: { type: 'boolean' } },
    required: ['name'],
  };
  for (const mode of [{}, { mode: 'form' }]) {
    const params = { ...mode, message: 'who?', requestedSchema };
    const said = { action: 'accept', content: { name: 'Ada', ratio: 1e-7 } };
    const { request, answer } = await beAsked({ method: 'elicitation/create', params }, said);
    t.strictSame(request, { jsonrpc: '2.0', id: request['id'], method: 'elicitation/create', params });
    t.strictSame(retried()['inputResponses'], { mine: said });
    t.equal(retried()['requestState'], 'the server’s');
    t.match(answer, { result: { content: [{ text: 'done' }] } });
  }
});

t.test('a URL comes as it is, under an elicitationId of the gateway’s', async (t) => {
  const params = { mode: 'url', message: 'pay', url: 'https://example.com/a%2Fb?state=%7E~#top' };
  const ids = new Set<unknown>();
  for (const action of ['accept', 'decline']) {
    const { request } = await beAsked({ method: 'elicitation/create', params }, { action });
    const { elicitationId, ...shown } = request['params'] as Record<string, unknown>;
    t.strictSame(shown, params);
    t.match(elicitationId, /^[0-9a-f-]{36}$/);
    ids.add(elicitationId);
    t.strictSame(retried()['inputResponses'], { mine: { action } });
  }
  t.equal(ids.size, 2, 'another each time');
});

t.test('roots and a model are asked for as they are', async (t) => {
  const sampling = {
    messages: [{ role: 'user', content: { type: 'text', text: 'x' } }],
    maxTokens: 1,
    temperature: 0.1,
  };
  const sampled = { model: 'm', role: 'assistant', content: { type: 'text', text: 'y' }, _meta: { k: 1 } };
  const asked = await beAsked({ method: 'sampling/createMessage', params: sampling }, sampled);
  t.strictSame(asked.request['params'], sampling);
  t.strictSame(retried()['inputResponses'], { mine: sampled });
  const roots = { roots: [{ uri: 'file:///home', name: 'home', _meta: {} }] };
  const { request } = await beAsked({ method: 'roots/list' }, roots);
  t.strictSame(request, { jsonrpc: '2.0', id: request['id'], method: 'roots/list' });
  t.strictSame(retried()['inputResponses'], { mine: roots });
});

/** Questions by name, and the capabilities of a client that is not asked them. */
const sampling = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } };
const url = { method: 'elicitation/create', params: { mode: 'url', message: 'x', url: 'https://example.com' } };
const form = { method: 'elicitation/create', params: { message: 'x', requestedSchema: { type: 'object' } } };
const undeclared: Readonly<Record<string, readonly [object, Readonly<Record<string, unknown>>]>> = {
  'roots, of a client with sampling': [{ method: 'roots/list' }, { sampling: {} }],
  'sampling, of a client with roots': [sampling, { roots: {} }],
  'sampling with tools, of a client without those': [
    { ...sampling, params: { ...sampling.params, tools: [] } },
    { sampling: {} },
  ],
  'a form, of a client with URLs alone': [form, { elicitation: { url: {} } }],
  'a URL, of a client whose elicitation is empty': [url, { elicitation: {} }],
  'a URL, of a client with nothing': [url, {}],
};

t.test('what a client did not declare it is not asked, and the call ends with an error', async (t) => {
  for (const [name, [asked, capabilities]] of Object.entries(undeclared)) {
    const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities });
    const heard = await session.listen();
    const answer = await session.request('tools/call', {
      name: 'server_ask',
      arguments: { inputRequests: { a: asked } },
    });
    const { error }: RpcAnswer = answerOf(answer);
    t.match(error, { code: -32603, message: /default\/server asked for input by .* did not offer/ }, name);
    t.equal(answer.headers['content-type'], 'application/json', 'nothing came before');
    t.strictSame(heard.messages, [], name);
    heard.close();
  }
});
