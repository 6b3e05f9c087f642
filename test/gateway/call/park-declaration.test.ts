import t from 'tap';
import { declarationOf, isLogWanted } from '../../../gateway/call/park-declaration.ts';
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
