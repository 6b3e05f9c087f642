import t from 'tap';
import { declarationOf, isLogWanted, needOf, refusalOf } from '../../../gateway/call/park-declaration.ts';
import { readMessage, type Message } from '../../../gateway/jsonrpc/message.ts';

const read = (value: object): Message => readMessage(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...value })));
const PREFIX = 'io.modelcontextprotocol/';

function request(clientCapabilities: unknown, logLevel?: unknown, method = 'tools/call'): Message {
  const _meta = { [`${PREFIX}clientCapabilities`]: clientCapabilities, [`${PREFIX}logLevel`]: logLevel };
  return read({ id: 1, method, params: { _meta } });
}

t.test('a request that declares nothing that a legacy server could use has no declaration', async (t) => {
  for (const capabilities of [{}, { extensions: { 'a/b': {} } }, { sampling: null, roots: true, elicitation: [] }])
    t.equal(declarationOf(request(capabilities)), undefined);
  t.equal(declarationOf(request({ sampling: {} }, undefined, 'completion/complete')), undefined);
});

t.test('what can be asked for is declared as it is, and nothing else', async (t) => {
  const sampling = { tools: {}, context: {} };
  const capabilities = {
    roots: { listChanged: true },
    sampling,
    elicitation: { url: {} },
    experimental: { x: {} },
    tasks: {},
  };
  t.match(declarationOf(request(capabilities)), {
    capabilities: { sampling, elicitation: { url: {} }, roots: {} },
    canBeAsked: true,
    logLevel: undefined,
  });
});

t.test('equal capabilities have equal keys, in whatever order', async (t) => {
  const [one, two] = [
    { sampling: { a: {}, b: {} }, roots: {} },
    { roots: {}, sampling: { b: {}, a: {} } },
  ];
  t.equal(declarationOf(request(one))?.key, declarationOf(request(two))?.key);
  t.not(declarationOf(request(one))?.key, declarationOf(request({ roots: {} }))?.key);
});

t.test('a log level alone is a declaration; one that is none is refused', async (t) => {
  t.match(declarationOf(request({}, 'error')), { canBeAsked: false, capabilities: {}, logLevel: 'error' });
  for (const level of ['loud', 7, null, {}, 'Error'])
    t.throws(() => declarationOf(request({}, level)), { code: -32602, status: 400, message: /expected debug, info/ });
});

t.test('log messages are wanted from the level on', async (t) => {
  const log = (level: unknown): Message => read({ method: 'notifications/message', params: { level } });
  t.ok(isLogWanted(request({}, 'warning'), log('warning')));
  t.ok(isLogWanted(request({}, 'warning'), log('emergency')));
  t.notOk(isLogWanted(request({}, 'warning'), log('notice')));
  t.notOk(isLogWanted(request({}, 'debug'), log('loud')));
  t.notOk(isLogWanted(request({}), log('emergency')));
});

t.test('a client is asked what it declared, in the modes that it declared', async (t) => {
  const sampling = read({ id: 1, method: 'sampling/createMessage', params: {} });
  const tools = read({ id: 1, method: 'sampling/createMessage', params: { toolChoice: {} } });
  const form = read({ id: 1, method: 'elicitation/create', params: {} });
  const url = read({ id: 1, method: 'elicitation/create', params: { mode: 'url' } });
  const roots = read({ id: 1, method: 'roots/list' });
  const cases: [Message, object, number | undefined, object | undefined][] = [
    [sampling, { sampling: {} }, undefined, undefined],
    [sampling, {}, -32601, { sampling: {} }],
    [tools, { sampling: { tools: {} } }, undefined, undefined],
    [tools, { sampling: {} }, -32602, { sampling: { tools: {} } }],
    [form, { elicitation: {} }, undefined, undefined],
    [form, { elicitation: { form: {}, url: {} } }, undefined, undefined],
    [form, { elicitation: { url: {} } }, -32602, { elicitation: { form: {} } }],
    [url, { elicitation: { url: {} } }, undefined, undefined],
    [url, { elicitation: {} }, -32602, { elicitation: { url: {} } }],
    [url, { sampling: {} }, -32601, { elicitation: { url: {} } }],
    [roots, { roots: {} }, undefined, undefined],
    [roots, {}, -32601, { roots: {} }],
  ];
  for (const [asked, capabilities, code, required] of cases) {
    const need = needOf(asked);
    const refusal = need && refusalOf(need, { ...capabilities });
    t.equal(refusal?.code, code, `${asked.method} for ${JSON.stringify(capabilities)}`);
    t.strictSame(refusal?.required, required);
  }
});

t.test('other requests are none that a client can be asked', async (t) => {
  for (const method of ['constructor', 'ping', 'vendor/strange']) t.equal(needOf(read({ id: 1, method })), undefined);
});
