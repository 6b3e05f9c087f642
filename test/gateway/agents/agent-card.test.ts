import t from 'tap';
import { MAX_SKILLS, readAgentCard } from '../../../gateway/agents/agent-card.ts';
import { AgentError } from '../../../gateway/agents/agent-error.ts';
import { cardOf } from '../../support/scripted-card.ts';

const withInterfaces = (...supportedInterfaces: readonly unknown[]): unknown => cardOf([], { supportedInterfaces });
const jsonrpc = { url: 'https://a.example/a2a', protocolBinding: 'JSONRPC', protocolVersion: '1.0' };

t.test('a card of 1.0 is read', async (t) => {
  const skill = { id: 'sum', name: 'Sum', description: 'Adds.', tags: ['x'], examples: ['1 and 2'] };
  t.match(readAgentCard(cardOf([], { skills: [skill] })), {
    name: 'Scripted',
    description: 'Has nothing but a card.',
    version: '1.0.0',
    skills: [{ id: 'sum', name: 'Sum', description: 'Adds.', examples: ['1 and 2'] }],
    inputModes: ['text/plain'],
    outputModes: ['text/plain'],
    isStreaming: true,
    interface: { path: '/a2a', tenant: '', version: '1.0' },
  });
});

t.test('a card of 0.3 is read by its shape', async (t) => {
  const { supportedInterfaces: _, ...rest } = cardOf(['one']);
  const card = { ...rest, protocolVersion: '0.3.0', url: 'https://a.example/old?x=1', preferredTransport: 'JSONRPC' };
  t.match(readAgentCard(card), {
    name: 'Scripted',
    skills: [{ id: 'one' }],
    isStreaming: true,
    interface: { path: '/old?x=1', tenant: '', version: '0.3' },
  });
});

t.test('the first interface counts that speaks JSON-RPC in a version of ours, by path, query and tenant', async (t) => {
  const card = withInterfaces(
    { ...jsonrpc, protocolBinding: 'GRPC' },
    { ...jsonrpc, protocolVersion: '2.0' },
    { ...jsonrpc, url: 'https://evil.example:99/team/one?x=1', tenant: 'blue' },
    jsonrpc,
  );
  t.strictSame(readAgentCard(card).interface, { path: '/team/one?x=1', tenant: 'blue', version: '1.0' });
});

t.test('a patch version is the version', async (t) => {
  t.equal(readAgentCard(withInterfaces({ ...jsonrpc, protocolVersion: '1.0.7' })).interface.version, '1.0');
});

t.test('an interface may name a path alone', async (t) => {
  t.equal(readAgentCard(withInterfaces({ ...jsonrpc, url: '/rpc' })).interface.path, '/rpc');
});

t.test('of more skills than a model can choose from the first are taken', async (t) => {
  const ids = Array.from({ length: MAX_SKILLS + 5 }, (_, index) => `s${index}`);
  t.equal(readAgentCard(cardOf(ids)).skills.length, MAX_SKILLS);
});

t.test('a skill without a name is called by its id', async (t) => {
  t.match(readAgentCard(cardOf([], { skills: [{ id: 'sum' }] })).skills, [{ id: 'sum', name: 'sum' }]);
});

for (const [what, card, says] of [
  ['a text', 'card', /it is not a JSON object/],
  ['nothing', null, /it is not a JSON object/],
  ['a name that is no text', cardOf([], { name: 7 }), /its name has to have 1 to 256 characters|cannot be read/],
  ['a name without end', cardOf([], { name: 'x'.repeat(300) }), /its name has to have 1 to 256 characters/],
  ['skills that are no list', cardOf([], { skills: 'all' }), /is of no use/],
  ['skills that are no objects', cardOf([], { skills: [7] }), /is of no use/],
  ['no interface', withInterfaces(), /it needs an interface with JSONRPC in version 1\.0 or 0\.3; it names none/],
  [
    'an interface of another kind',
    withInterfaces({ ...jsonrpc, protocolBinding: 'HTTP+JSON' }),
    /it names HTTP\+JSON 1\.0/,
  ],
  [
    'an interface at no URL',
    withInterfaces({ ...jsonrpc, url: 'http://[' }),
    /its interface names "http:\/\/\[", which is no URL/,
  ],
  ['depth without end', deep(200), /it nests deeper than 64 levels/],
] as const) {
  t.test(`a card is of no use: ${what}`, async (t) => {
    t.throws(() => readAgentCard(card), { name: 'AgentError', code: 'ERR_AGENT_CARD', message: says });
  });
}

t.test('an extension that is not required harms nothing', async (t) => {
  const extensions = [{ uri: 'https://ext.example/v1' }];
  t.equal(readAgentCard(cardOf([], { capabilities: { extensions } })).isStreaming, false);
  const required = cardOf([], { capabilities: { extensions: [{ ...extensions[0], required: true }] } });
  t.throws(() => readAgentCard(required), AgentError);
});

function deep(levels: number): unknown {
  let value: unknown = {};
  for (let level = 0; level < levels; level++) value = { value };
  return value;
}
