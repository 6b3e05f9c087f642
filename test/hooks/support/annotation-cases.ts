import { annotations as known, readDeclaration } from '../../../hooks/registry/annotations.ts';
import { readConsent } from '../../../hooks/registry/consent.ts';
import { Fault } from '../../../hooks/registry/fault.ts';
import { choosePort } from '../../../hooks/registry/port.ts';
import { service } from './objects.ts';

/** A Service's annotations, by the part of their names after the prefix, and what is wrong with them. */
export interface AnnotationCase {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec?: NonNullable<ReturnType<typeof service>['spec']>;
  /** What the fault says; absent: nothing is wrong. */
  readonly fault?: RegExp;
}

const good = (name: string, ...values: string[]): AnnotationCase[] =>
  values.map((value) => ({ annotations: { [name]: value } }));
const bad = (name: string, fault: RegExp, ...values: string[]): AnnotationCase[] =>
  values.map((value) => ({ annotations: { [name]: value }, fault }));

const agent = { type: 'agent' };
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const two = {
  ports: [
    { name: 'api', port: 80 },
    { name: 'dns', port: 53, protocol: 'UDP' },
  ],
};
const external = { type: 'ExternalName', externalName: 'mcp.example.com', selector: {}, ports: [] };

/** Timeouts that are taken, and the milliseconds that they are. */
export const durations: Readonly<Record<string, number>> = {
  '30s': 30_000,
  ' 30s ': 30_000,
  '500ms': 500,
  '1m30s': 90_000,
  '1.5h': 5_400_000,
  '24h': 86_400_000,
  '0.4s': 400,
  '0.5ms': 1,
  '1440m': 86_400_000,
  '86400s': 86_400_000,
  '86400000ms': 86_400_000,
  '0h0.001s': 1,
  '23h59m60s': 86_400_000,
  '00000001s': 1000,
  '1s1s1s': 3000,
  '12h12h': 86_400_000,
};

/** Every rule on annotations, what just passes it and what does not. */
export const annotationCases: readonly AnnotationCase[] = [
  { annotations: {} },
  ...good('type', 'tool', 'agent', ' tool\n', '', ' '),
  ...bad('type', /type is ".*": it must be "tool" or "agent"/, 'robot', 'Tool', 'tool,agent', 'a "quoted" \\ one', 'ü'),
  ...bad('type', /type is "x{79}…": it must be/, 'x'.repeat(81), 'x'.repeat(100_000)),
  ...good('protocol', 'mcp', ''),
  ...bad('protocol', /"mcp", "a2a" or "auto"/, 'grpc', 'A2A'),
  ...bad('protocol', /only agents .* speak A2A/, 'a2a', 'auto'),
  ...['mcp', 'a2a', 'auto', ' '].map((protocol) => ({ annotations: { ...agent, protocol } })),
  { annotations: { type: 'robot', protocol: 'a2a' }, fault: /type is "robot"/ },
  ...good('endpoint', '/', '/mcp', '/mcp/', '/a/b.c/d', '/a..b', '/%7Euser/x', "/a;b=c,d:e@f!g$h&i'(j)*k+l", ''),
  ...good('endpoint', `/${'a'.repeat(255)}`),
  ...bad('endpoint', /path of the MCP endpoint on the Service, such as "\/mcp"/, 'mcp', 'http://x/mcp', '//host/mcp'),
  ...bad(
    'endpoint',
    /endpoint is/,
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
    '/a\nb',
  ),
  ...bad('endpoint', /has 25[78] bytes: it may have at most 256/, `/${'a'.repeat(256)}`, `/${'ä'.repeat(128)}x`),
  {
    annotations: { ...agent, protocol: 'a2a', endpoint: 'x' },
    fault: /path below which the agent's card lies on the Service, such as "\/"/,
  },
  ...good('description', 'A <server> & "more"', 'ä'.repeat(256), 'x'.repeat(512), ` ${'x'.repeat(512)} `),
  ...bad('description', /description has 51[34] bytes: it may have at most 512/, 'x'.repeat(513), 'ä'.repeat(257)),
  ...good('version', '1.0', '1'.repeat(64)),
  ...bad('version', /version has 65 bytes: it may have at most 64/, '1'.repeat(65)),
  ...good('timeout', ...Object.keys(durations)),
  ...bad(
    'timeout',
    /it must be a duration/,
    '0s',
    '0.1ms',
    '-1s',
    '24h1ms',
    '1d',
    '30 s',
    's',
    '1e3s',
    'soon',
    '1',
    '1us',
  ),
  ...bad('timeout', /it must be a duration/, '.5s', '1.s', '25h', '99999999999999h', '86401s', '1441m', '+1s', '1H'),
  ...bad('timeout', /it must be a duration/, `${'0'.repeat(80)}1s`, '1s'.repeat(40), '1s,2s', '99h99h'),
  ...good('prefix', 'A-z9', 'p'.repeat(32), '-', ''),
  ...bad('prefix', /1 to 32 letters, digits and "-"/, 'a_b', 'a.b', 'ä', 'p'.repeat(33), 'a b', 'a\nb'),
  ...good('route', 'endpoints', 'service', ' service'),
  ...bad('route', /must be "endpoints" or "service"/, 'direct', 'Service'),
  ...good('scheme', 'http', ' https ', ''),
  ...bad('scheme', /must be "http" or "https"/, 'HTTPS', 'tls', 'https://'),
  ...good(
    'gateways',
    'tools/main',
    '*/*',
    'tools/*',
    'team-*/main, other/ma*n',
    ' a/b ,\n c/d ',
    `${'n'.repeat(63)}/m`,
  ),
  ...bad(
    'gateways',
    /gateways is ".*": it must be the Gateways that may serve/,
    '',
    ' ',
    'main',
    'a/b/c',
    'a/b,',
    ',a/b',
  ),
  ...bad('gateways', /at most 2048 bytes\./, 'A/b', 'a/', '/b', 'a b/c', '-/a', 'a/b;c/d', '*', `a/${'m'.repeat(64)}`),
  ...bad('gateways', /"(tools\/main,)+to…": it must be/, Array.from({ length: 300 }, () => 'tools/main').join()),
  { annotations: { gateways: '', type: 'robot' }, fault: /mcp\.fetchfy\.ai\/gateways is ""/ },
  ...good('tools-digest', digest, ` ${digest}\n`, ''),
  ...bad(
    'tools-digest',
    /"sha256:" and 64 lower-case hex/,
    'x',
    digest.slice(0, -1),
    digest.slice(7),
    `${digest}0`,
    digest.toUpperCase(),
  ),
  ...bad(
    'tools-digest',
    /"sha256:" and 64 lower-case hex/,
    digest.replace('sha256', 'sha512'),
    digest.replace('a', 'g'),
  ),
  ...good('port', '80', ''),
  ...bad(
    'port',
    /port is ".*", but the Service has no such TCP port; it has: 80\./,
    '81',
    'web',
    '080',
    '80 80',
    '80.0',
  ),
  { annotations: { port: 'api' }, spec: two },
  { annotations: { port: 'dns' }, spec: two, fault: /no such TCP port; it has: api 80\./ },
  { annotations: { port: '53' }, spec: two, fault: /no such TCP port; it has: api 80\./ },
  { annotations: { port: '8080' }, spec: external },
  { annotations: { port: '65536' }, spec: external, fault: /no such TCP port; it has: none\./ },
  { annotations: { port: 'web' }, spec: external, fault: /no such TCP port; it has: none\./ },
  { annotations: { port: '08080' }, spec: external, fault: /no such TCP port; it has: none\./ },
];

/** Whether the hooks read all of a case's annotations; what they do not read they cannot judge. */
export function isReadByHooks({ annotations }: AnnotationCase): boolean {
  const read = new Set<string>(Object.values(known));
  return Object.keys(annotations).every((name) => read.has(`mcp.fetchfy.ai/${name}`));
}

/** What the hooks say of a case's annotations by themselves; undefined: nothing is wrong. */
export function faultByHooks({ annotations, spec }: AnnotationCase): string | undefined {
  const object = service('weather', { annotations, ...(spec === undefined ? {} : { spec }) });
  const consent = readConsent(object, { namespace: 'tools', name: 'main' });
  if (consent instanceof Fault) return consent.message;
  const declaration = readDeclaration(object);
  if (declaration instanceof Fault) return declaration.message;
  if (declaration.port === undefined) return undefined;
  const port = choosePort(object, declaration.port);
  return port instanceof Fault ? port.message : undefined;
}
