import t from 'tap';
import { describeVariables, readConfig } from '../../../gateway/config.ts';
import { ConfigError } from '../../../gateway/contract/variables.ts';

const minimal = {
  FETCHFY_GATEWAY: 'main',
  FETCHFY_NAMESPACE: 'tools',
  FETCHFY_REGISTRY: 'directory:/registry',
};

function problemsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

t.test('three variables suffice; the rest has defaults', async (t) => {
  t.strictSame(readConfig(minimal), {
    gateway: { namespace: 'tools', name: 'main' },
    gatewayUid: undefined,
    registry: { kind: 'directory', path: '/registry' },
    kubeApi: undefined,
    listen: { host: '::', port: 8080 },
    adminListen: { host: '::', port: 9090 },
    tlsDir: undefined,
    clientCaDir: undefined,
    caDir: undefined,
    apiKeysDir: undefined,
    credentialsDir: undefined,
    allowLoopback: false,
    keysDir: undefined,
    cacheDir: undefined,
    log: { level: 'info', format: 'json' },
    limits: {
      bodyBytes: 4 * 1024 * 1024,
      headerBytes: 16 * 1024,
      requests: 4096,
      sessions: 20_000,
      sessionIdleMs: 1_800_000,
      connectionIdleMs: 75_000,
      receiveTimeoutMs: 30_000,
      sendTimeoutMs: 60_000,
      connections: 32_768,
      callTimeoutMs: 60_000,
      questionMs: 300_000,
      drainTimeoutMs: 25_000,
    },
  });
});

t.test('each missing required variable is named, all at once', async (t) => {
  t.strictSame(
    problemsOf({}).map((problem) => problem.split(';')[0]),
    ['FETCHFY_NAMESPACE is not set', 'FETCHFY_GATEWAY is not set', 'FETCHFY_REGISTRY is not set'],
  );
});

t.test('an empty variable counts as not set', async (t) => {
  t.equal(readConfig({ ...minimal, FETCHFY_TLS_DIR: '', FETCHFY_MAX_BODY: '' }).tlsDir, undefined);
  t.match(problemsOf({ ...minimal, FETCHFY_GATEWAY: '' }), ['FETCHFY_GATEWAY is not set; expected the name']);
});

const accepted: [name: string, value: string, read: (config: ReturnType<typeof readConfig>) => unknown, as: unknown][] =
  [
    ['FETCHFY_GATEWAY_UID', '6f1c2a', (c) => c.gatewayUid, '6f1c2a'],
    ['FETCHFY_REGISTRY', 'directory:/run/reg:x', (c) => c.registry, { kind: 'directory', path: '/run/reg:x' }],
    ['FETCHFY_LISTEN', '127.0.0.1:0', (c) => c.listen, { host: '127.0.0.1', port: 0 }],
    ['FETCHFY_LISTEN', '[::1]:65535', (c) => c.listen, { host: '::1', port: 65_535 }],
    ['FETCHFY_ADMIN_LISTEN', 'localhost:9', (c) => c.adminListen, { host: 'localhost', port: 9 }],
    ['FETCHFY_TLS_DIR', '/tls', (c) => c.tlsDir, '/tls'],
    ['FETCHFY_LOG_FORMAT', 'text', (c) => c.log.format, 'text'],
    ['FETCHFY_LOG_LEVEL', 'debug', (c) => c.log.level, 'debug'],
    ['FETCHFY_MAX_BODY', '65536', (c) => c.limits.bodyBytes, 65_536],
    ['FETCHFY_MAX_BODY', '1Gi', (c) => c.limits.bodyBytes, 1024 ** 3],
    ['FETCHFY_MAX_HEADERS', '8Ki', (c) => c.limits.headerBytes, 8192],
    ['FETCHFY_MAX_REQUESTS', '1', (c) => c.limits.requests, 1],
    ['FETCHFY_MAX_SESSIONS', '100000', (c) => c.limits.sessions, 100_000],
    ['FETCHFY_SESSION_IDLE', '1h30m', (c) => c.limits.sessionIdleMs, 5_400_000],
    ['FETCHFY_CONNECTION_IDLE', '5s', (c) => c.limits.connectionIdleMs, 5000],
    ['FETCHFY_RECEIVE_TIMEOUT', '1s', (c) => c.limits.receiveTimeoutMs, 1000],
    ['FETCHFY_CALL_TIMEOUT', '1500ms', (c) => c.limits.callTimeoutMs, 1500],
    ['FETCHFY_QUESTION_TIMEOUT', '2m', (c) => c.limits.questionMs, 120_000],
    ['FETCHFY_DRAIN_TIMEOUT', '596h', (c) => c.limits.drainTimeoutMs, 2_145_600_000],
  ];
for (const [name, value, read, as] of accepted) {
  t.test(`${name} takes "${value}"`, async (t) => {
    t.strictSame(read(readConfig({ ...minimal, [name]: value })), as);
  });
}

const refused: [name: string, value: string][] = [
  ['FETCHFY_GATEWAY', 'Main'],
  ['FETCHFY_NAMESPACE', 'a'.repeat(64)],
  ['FETCHFY_GATEWAY_UID', 'two words'],
  ['FETCHFY_REGISTRY', 'configmap:tools'],
  ['FETCHFY_REGISTRY', 'configmap:../x'],
  ['FETCHFY_REGISTRY', 'directory:'],
  ['FETCHFY_REGISTRY', 'file:/x'],
  ['FETCHFY_LISTEN', '8080'],
  ['FETCHFY_LISTEN', '::1:8080'],
  ['FETCHFY_LISTEN', '[localhost]:8080'],
  ['FETCHFY_LISTEN', 'localhost:65536'],
  ['FETCHFY_LOG_LEVEL', 'verbose'],
  ['FETCHFY_MAX_BODY', '4MB'],
  ['FETCHFY_MAX_BODY', '0'],
  ['FETCHFY_MAX_BODY', '3Gi'],
  ['FETCHFY_MAX_REQUESTS', '0'],
  ['FETCHFY_MAX_REQUESTS', '-1'],
  ['FETCHFY_CALL_TIMEOUT', '60'],
  ['FETCHFY_CALL_TIMEOUT', '0s'],
  ['FETCHFY_CALL_TIMEOUT', '597h'],
  ['FETCHFY_CALL_TIMEOUT', '1.5s'],
];
for (const [name, value] of refused) {
  t.test(`${name} refuses "${value}" with its name, the value and what was expected`, async (t) => {
    const problems = problemsOf({ ...minimal, [name]: value });
    t.equal(problems.length, 1);
    t.ok(problems[0]?.startsWith(`${name} is "${value}"; expected `), problems.join());
  });
}

t.test('a registry of ConfigMaps is taken in a pod, with the API server that the pod is told', async (t) => {
  const env = { ...minimal, FETCHFY_REGISTRY: 'configmap:tools/main-registry' };
  const config = readConfig({ ...env, KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' });
  t.strictSame(config.registry, { kind: 'configmap', namespace: 'tools', name: 'main-registry' });
  t.strictSame(config.kubeApi, {
    url: 'https://[fd00::1]:443',
    tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
    caFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
  });
  t.match(problemsOf(env), [/KUBERNETES_SERVICE_HOST.*directory:PATH/]);
});

t.test('--help describes every variable that is read', async (t) => {
  const seen = new Set<string>();
  const spy = new Proxy<Record<string, string>>(
    { ...minimal },
    {
      get: (target, name: string) => {
        if (name.startsWith('FETCHFY_')) seen.add(name);
        return target[name];
      },
    },
  );
  readConfig(spy);
  t.ok(seen.size >= 19, `${seen.size} variables read`);
  for (const name of seen) t.match(describeVariables(), new RegExp(`^ {2}${name} `, 'm'));
});
