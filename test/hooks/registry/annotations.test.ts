import t from 'tap';
import { readDeclaration } from '../../../hooks/registry/annotations.ts';
import { Fault } from '../../../hooks/registry/fault.ts';
import { annotationCases, durations } from '../support/annotation-cases.ts';
import { service } from '../support/objects.ts';

const declarationOf = (annotations: Record<string, string>) => readDeclaration(service('weather', { annotations }));

/** What is good and what is not is in the table of cases, and what is said of it; here is what becomes of it. */
const single = annotationCases.flatMap(({ annotations, fault }) => {
  const [[name, value] = ['', ''], ...more] = Object.entries(annotations);
  return more.length > 0 ? [] : [{ name, value, fault }];
});

t.test('a Service that says nothing is a tool server at /mcp, prefixed by its name', async (t) => {
  t.strictSame(declarationOf({}), { type: 'tool', path: '/mcp', prefix: 'weather', route: 'endpoints' });
});

t.test('an empty annotation counts as absent, and white space around a value does not count', async (t) => {
  t.strictSame(
    declarationOf({ type: ' ', endpoint: '', timeout: ' 30s\n', description: '  ', 'tools-digest': '', scheme: ' ' }),
    {
      type: 'tool',
      path: '/mcp',
      prefix: 'weather',
      route: 'endpoints',
      timeoutMs: 30_000,
    },
  );
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

t.test('what is good is taken as it stands, but for white space around it', async (t) => {
  const fields = {
    endpoint: 'path',
    description: 'description',
    version: 'version',
    prefix: 'prefix',
    route: 'route',
    scheme: 'scheme',
    'tools-digest': 'toolsDigest',
  };
  for (const [name, field] of Object.entries(fields)) {
    const values = single.filter((each) => each.name === name && each.fault === undefined && each.value.trim() !== '');
    t.not(values.length, 0, name);
    for (const { value } of values) {
      const found = declarationOf({ [name]: value }) as unknown as Readonly<Record<string, unknown>>;
      t.equal(found[field], value.trim());
    }
  }
});

t.test('timeouts are durations as Kubernetes and Go write them', async (t) => {
  for (const [timeout, timeoutMs] of Object.entries(durations)) {
    t.match(declarationOf({ timeout }), { timeoutMs }, timeout);
  }
});

t.test('a fault has the reason of its annotation, or that it is too long', async (t) => {
  const reasons: Readonly<Record<string, string>> = {
    type: 'UnknownType',
    protocol: 'UnknownProtocol',
    endpoint: 'InvalidEndpoint',
    timeout: 'InvalidTimeout',
    prefix: 'InvalidPrefix',
    route: 'InvalidRoute',
    scheme: 'InvalidScheme',
    'tools-digest': 'InvalidToolsDigest',
    description: 'FieldTooLong',
    version: 'FieldTooLong',
  };
  for (const [name, reason] of Object.entries(reasons)) {
    const values = single.filter((each) => each.name === name && each.fault !== undefined);
    t.not(values.length, 0, name);
    for (const { value } of values) {
      const found = declarationOf({ [name]: value }) as Fault;
      t.equal(found.reason, / bytes: it may have /.test(found.message) ? 'FieldTooLong' : reason, value.slice(0, 40));
    }
  }
});
