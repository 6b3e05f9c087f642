import t from 'tap';
import { readDeclaration } from '../../../hooks/registry/annotations.ts';
import { Fault } from '../../../hooks/registry/fault.ts';
import { service } from '../support/objects.ts';

const declarationOf = (annotations: Record<string, string>) => readDeclaration(service('weather', { annotations }));
const reasonOf = (annotations: Record<string, string>) => {
  const found = declarationOf(annotations);
  return found instanceof Fault ? found.reason : undefined;
};

t.test('a Service that says nothing is a tool server at /mcp, prefixed by its name', async (t) => {
  t.strictSame(declarationOf({}), { type: 'tool', path: '/mcp', prefix: 'weather', route: 'endpoints' });
});

t.test('an empty annotation counts as absent, and white space around a value does not count', async (t) => {
  t.strictSame(declarationOf({ type: ' ', endpoint: '', timeout: ' 30s\n', description: '  ' }), {
    type: 'tool',
    path: '/mcp',
    prefix: 'weather',
    route: 'endpoints',
    timeoutMs: 30_000,
  });
});

t.test('an agent that says nothing may speak A2A or MCP; one that says which speaks that', async (t) => {
  const protocolOf = (annotations: Record<string, string>) => {
    const found = declarationOf({ type: 'agent', ...annotations });
    return found instanceof Fault ? found : found.protocol;
  };
  t.equal(protocolOf({}), 'auto');
  t.equal(protocolOf({ protocol: ' ' }), 'auto', 'an empty annotation counts as absent');
  t.equal(protocolOf({ protocol: 'auto' }), 'auto');
  t.equal(protocolOf({ protocol: 'a2a' }), 'a2a');
  t.equal(protocolOf({ protocol: 'mcp' }), undefined, 'MCP is not said');
});

t.test('a tool server speaks MCP, whether or not it says so', async (t) => {
  const plain = { type: 'tool', path: '/mcp', prefix: 'weather', route: 'endpoints' };
  t.strictSame(declarationOf({ protocol: 'mcp' }), plain);
  t.strictSame(declarationOf({ type: 'tool', protocol: 'mcp' }), plain);
  for (const protocol of ['a2a', 'auto', 'A2A', 'grpc']) t.equal(reasonOf({ protocol }), 'UnknownProtocol', protocol);
});

t.test("the path is that of MCP, but of an agent that speaks A2A the one of its card: '/' by default", async (t) => {
  const pathOf = (annotations: Record<string, string>) => {
    const found = declarationOf({ type: 'agent', ...annotations });
    return found instanceof Fault ? found : found.path;
  };
  t.equal(pathOf({}), '/mcp');
  t.equal(pathOf({ protocol: 'mcp' }), '/mcp');
  t.equal(pathOf({ protocol: 'a2a' }), '/');
  for (const protocol of ['mcp', 'a2a', 'auto']) t.equal(pathOf({ protocol, endpoint: '/x/y' }), '/x/y', protocol);
});

t.test('paths are taken as RFC 3986 has them', async (t) => {
  for (const endpoint of ['/', '/mcp', '/mcp/', '/a/b.c/d', '/a..b', '/%7Euser/x', "/a;b=c,d:e@f!g$h&i'(j)*k+l"]) {
    t.match(declarationOf({ endpoint }), { path: endpoint });
  }
  for (const endpoint of [
    'mcp',
    '//host/mcp',
    '/a//b',
    '/../x',
    '/x/..',
    '/x/./y',
    '/.',
    '/a b',
    '/a?b',
    '/a#b',
    '/ä',
    '/%zz',
  ]) {
    t.equal(reasonOf({ endpoint }), 'InvalidEndpoint', endpoint);
  }
});

t.test('timeouts are durations as Kubernetes and Go write them', async (t) => {
  for (const [timeout, timeoutMs] of Object.entries({
    '30s': 30_000,
    '500ms': 500,
    '1m30s': 90_000,
    '1.5h': 5_400_000,
    '24h': 86_400_000,
    '0.4s': 400,
  })) {
    t.match(declarationOf({ timeout }), { timeoutMs });
  }
  for (const timeout of ['0s', '0.1ms', '-1s', '24h1ms', '1d', '30 s', 's', '1e3s', `${'0'.repeat(80)}1s`]) {
    t.equal(reasonOf({ timeout }), 'InvalidTimeout', timeout);
  }
});

t.test('a declared prefix has 1 to 32 letters, digits and hyphens', async (t) => {
  t.match(declarationOf({ prefix: 'A-z9' }), { prefix: 'A-z9' });
  t.match(declarationOf({ prefix: 'p'.repeat(32) }), { prefix: 'p'.repeat(32) });
  for (const prefix of ['a_b', 'a.b', 'ä', 'p'.repeat(33)]) t.equal(reasonOf({ prefix }), 'InvalidPrefix', prefix);
});

t.test('a digest of tools is sha256 in lower-case hexadecimal, as the status has it', async (t) => {
  const toolsDigest = `sha256:${'0123456789abcdef'.repeat(4)}`;
  t.match(declarationOf({ 'tools-digest': ` ${toolsDigest} ` }), { toolsDigest });
  t.notOk('toolsDigest' in declarationOf({ 'tools-digest': '' }), 'an empty one is none');
  for (const value of [
    toolsDigest.slice(0, -1),
    toolsDigest.slice(7),
    toolsDigest.toUpperCase(),
    `${toolsDigest}0`,
    'any',
  ]) {
    t.equal(reasonOf({ 'tools-digest': value }), 'InvalidToolsDigest', value);
  }
});

t.test('bounds are of bytes, and what just fits is taken', async (t) => {
  t.match(declarationOf({ description: 'ä'.repeat(256) }), { description: 'ä'.repeat(256) });
  t.match(declarationOf({ version: '1'.repeat(64) }), { version: '1'.repeat(64) });
  t.match(declarationOf({ endpoint: `/${'a'.repeat(255)}` }), { path: `/${'a'.repeat(255)}` });
});

t.test('a fault repeats no more of a value than a person reads', async (t) => {
  const found = declarationOf({ type: 'x'.repeat(200_000) });
  t.ok(found instanceof Fault && found.message.length < 200);
});

t.test('a scheme is http or https', async (t) => {
  t.match(declarationOf({ scheme: 'https' }), { scheme: 'https' });
  t.match(declarationOf({ scheme: ' http ' }), { scheme: 'http' });
  t.notMatch(declarationOf({}), { scheme: /./ });
  for (const scheme of ['HTTPS', 'tls', 'https://']) t.equal(reasonOf({ scheme }), 'InvalidScheme', scheme);
});
