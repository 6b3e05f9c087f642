/** What a modern client gets in answer to each kind of request: codes, statuses, and who says that it answered. */
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, modern, modernRequest, open, send, type HttpAnswer } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import {
  answering,
  event,
  events,
  json,
  progressToken,
  scriptedUpstream,
  textResult,
  type Script,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';

const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
const CODE = 'example.com/code';

function codeIn({ params }: UpstreamMessage): unknown {
  return (params?.['_meta'] as Readonly<Record<string, unknown>> | undefined)?.[CODE];
}

/** Fails with the code that the request names, with HTTP 200 whatever that is. */
const fails: Script = ({ response, message }) => {
  const error = { code: codeIn(message), message: 'its own words', data: { uri: 'x://y' } };
  json(response, JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
};

const lists: Readonly<Record<string, unknown>> = {
  'prompts/list': { prompts: [{ name: 'fails' }] },
  'resources/list': { resources: [{ uri: 'x://y', name: 'y' }] },
  'resources/templates/list': { resourceTemplates: [] },
};
const methods: Readonly<Record<string, Script>> = {
  'prompts/get': fails,
  'resources/read': fails,
  'completion/complete': fails,
  ...Object.fromEntries(Object.entries(lists).map(([method, list]): [string, Script] => [method, answering(list)])),
};
const own = { name: 'own', version: '7' };
const tools: Readonly<Record<string, Script>> = {
  fails,
  plain: ({ response, message }) => json(response, textResult(message, 'x')),
  annotated: answering({ content: [], _meta: { 'example.com/kept': [1] } }),
  signed: answering({ resultType: 'complete', content: [], _meta: { [SERVER_INFO]: own } }),
  progresses: ({ response, message }) => {
    const params = { progressToken: progressToken(message), progress: 1 };
    events(response).write(event({ jsonrpc: '2.0', method: 'notifications/progress', params }));
    response.end(event(textResult(message, 'done')));
  },
};
const capabilities = { tools: {}, prompts: {}, resources: {}, completions: {} };
const upstreams = {
  legacy: await scriptedUpstream(t, { era: 'legacy', tools, methods, capabilities }),
  modern: await scriptedUpstream(t, { era: 'modern', tools, methods, capabilities }),
};
const gateway = await gatewayOf(t, upstreams);
const { url } = gateway;
type Server = keyof typeof upstreams;
const servers = Object.keys(upstreams) as Server[];

const requests: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'tools/call': { name: 'fails', arguments: {} },
  'prompts/get': { name: 'fails' },
  'resources/read': { uri: 'x://y' },
  'completion/complete': { ref: { type: 'ref/prompt', name: 'fails' }, argument: { name: 'a', value: '' } },
};

/** Has a server fail at a request with a code. */
function failure(server: Server, method: string, code: number): Promise<HttpAnswer> {
  return modern(`${url}/default/${server}`, method, requests[method], { meta: { [CODE]: code } });
}

/** A server’s code → what the client gets. */
const codes: readonly {
  readonly sent: number;
  readonly got: Readonly<Record<Server, number>>;
  readonly why: string;
}[] = [
  { sent: -32002, got: { legacy: -32602, modern: -32602 }, why: 'a resource that is not there' },
  // What a legacy server needs by it can be declared; in 2026-07-28 the code means nothing.
  { sent: -32042, got: { legacy: -32021, modern: -32603 }, why: 'a URL that has to be visited' },
  { sent: -32050, got: { legacy: -32603, modern: -32603 }, why: 'a code that is reserved and means nothing' },
  { sent: -32099, got: { legacy: -32603, modern: -32603 }, why: 'the last of the reserved codes' },
  { sent: -32020, got: { legacy: -32603, modern: -32603 }, why: 'a header mismatch on the gateway’s own hop' },
  { sent: -32022, got: { legacy: -32603, modern: -32603 }, why: 'a version mismatch on the gateway’s own hop' },
  { sent: -32001, got: { legacy: -32001, modern: -32001 }, why: 'a code that the specification left to servers' },
  { sent: -32019, got: { legacy: -32019, modern: -32019 }, why: 'the last of the codes that were left to servers' },
  { sent: -32100, got: { legacy: -32100, modern: -32100 }, why: 'a code of the server’s own' },
];

for (const { sent, got, why } of codes) {
  t.test(`whatever is asked, ${sent} of a server of either era comes as what it means here: ${why}`, async (t) => {
    for (const server of servers) {
      for (const method of Object.keys(requests)) {
        const { error } = answerOf(await failure(server, method, sent));
        t.equal(error?.code, got[server], `${method} of a ${server} server`);
        t.match(error?.message, 'its own words');
      }
    }
  });
}

t.test('a method that a server says it does not have is HTTP 404, by whatever status it says so', async (t) => {
  for (const server of servers) {
    for (const method of Object.keys(requests)) {
      const answer = await failure(server, method, -32601);
      t.equal(answer.status, 404, `${method} of a ${server} server`);
      t.match(answerOf(answer).error, { code: -32601, message: 'its own words' });
    }
  }
});

t.test('every result that the gateway makes says that it is the gateway’s', async (t) => {
  for (const path of [url, `${url}/default/legacy`, `${url}/default/modern`]) {
    for (const method of ['server/discover', 'tools/list', ...Object.keys(lists)]) {
      const { result: made } = answerOf(await modern(path, method));
      t.match(made, { _meta: { [SERVER_INFO]: { name: 'fetchfy', version: String } } }, `${method} ${path}`);
    }
  }
});

t.test(
  'a legacy server’s result is the gateway’s in this era, a modern server’s says itself whose it is',
  async (t) => {
    const call = async (tool: string): Promise<Readonly<Record<string, unknown>>> =>
      (answerOf(await modern(url, 'tools/call', { name: tool, arguments: {} })).result?.['_meta'] ?? {}) as never;
    t.match(await call('legacy_plain'), { [SERVER_INFO]: { name: 'fetchfy' } });
    t.match(await call('legacy_annotated'), { [SERVER_INFO]: { name: 'fetchfy' }, 'example.com/kept': [1] });
    t.strictSame(await call('modern_signed'), { [SERVER_INFO]: own });
    t.strictSame(await call('modern_plain'), {}, 'and nothing where it does not');
  },
);

t.test('the stream of a call asks proxies not to buffer it', async (t) => {
  for (const server of servers) {
    const params = { name: `${server}_progresses`, arguments: {} };
    const meta = { progressToken: 1 };
    const stream = new MessageStream(await open(url, modernRequest('tools/call', params, { meta })));
    await stream.message('notifications/progress');
    t.equal(stream.headers['content-type'], 'text/event-stream', server);
    t.equal(stream.headers['x-accel-buffering'], 'no', server);
    t.equal(await stream.ended(), 'ended');
  }
});

t.test('a response is nothing that a modern client may send: it is refused', async (t) => {
  const { 'mcp-method': _, ...headers } = modernRequest('tools/list').headers ?? {};
  const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
  for (const response of [
    { id: 1, result: {} },
    { id: 1, result: { _meta: meta } },
    { id: 1, error: { code: 1, message: 'x' } },
  ]) {
    const answer = await send(url, { headers, body: JSON.stringify({ jsonrpc: '2.0', ...response }) });
    t.equal(answer.status, 400, JSON.stringify(response));
    t.match(answerOf(answer).error, { code: -32600 });
  }
});
