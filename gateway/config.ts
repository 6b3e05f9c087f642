import {
  bytes,
  count,
  duration,
  folder,
  listenAddress,
  objectName,
  oneOf,
  registryLocation,
  type ListenAddress,
  type RegistryLocation,
  type ValueKind,
} from './config-values.ts';
import { ADMIN_PORT, environment, GATEWAY_PORT } from './contract/environment.ts';
import { inClusterApi } from './registry/in-cluster.ts';
import type { KubeApiOptions } from './registry/kube-api.ts';
import { logFormats, logLevels, type LogFormat, type LogLevel } from './log.ts';

/** What the environment says, read once when the process starts. */
export interface GatewayConfig {
  /** The Gateway object that this process serves. */
  readonly gateway: { readonly namespace: string; readonly name: string };
  readonly registry: RegistryLocation;
  /** The API server, where the process runs in a pod. */
  readonly kubeApi: KubeApiOptions | undefined;
  readonly listen: ListenAddress;
  readonly adminListen: ListenAddress;
  /** Set: HTTPS on `listen`. */
  readonly tlsDir: string | undefined;
  readonly keysDir: string | undefined;
  readonly cacheDir: string | undefined;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  readonly limits: GatewayLimits;
}

/** What one process grants its clients. */
export interface GatewayLimits {
  /** A request's body, in bytes; more: 413. */
  readonly bodyBytes: number;
  /** All headers of a request together, in bytes; more: 431. */
  readonly headerBytes: number;
  /** Requests that wait for an answer at one time; more: 503. Open streams of sessions are not among them. */
  readonly requests: number;
  /** Legacy sessions at one time, and as many subscriptions of modern clients; more: 503. */
  readonly sessions: number;
  /** A session without a request or an open stream for so long ends. */
  readonly sessionIdleMs: number;
  /** A kept-alive connection without a request for so long is closed. */
  readonly connectionIdleMs: number;
  /** A client that has not sent its whole request by then gets 408. */
  readonly receiveTimeoutMs: number;
  /** The deadline of a call whose Service sets none. */
  readonly callTimeoutMs: number;
  /** How long running work may take to finish after SIGTERM. */
  readonly drainTimeoutMs: number;
}

/** One environment variable: what --help says of it, and how it is read. */
interface Variable<T> {
  readonly name: string;
  readonly kind: ValueKind<T>;
  /** As a user would write it; absent: there is none. */
  readonly fallback?: string;
  readonly required?: true;
  readonly description: string;
}

const { gateway, namespace, registry, listen, adminListen, tlsDir, keysDir, cacheDir } = environment;

const variables = {
  gateway: { name: gateway, kind: objectName, required: true, description: 'Name of the Gateway that it serves.' },
  namespace: { name: namespace, kind: objectName, required: true, description: 'Namespace of that Gateway.' },
  registry: { name: registry, kind: registryLocation, required: true, description: 'Source of the registry document.' },
  listen: { name: listen, kind: listenAddress, fallback: `[::]:${GATEWAY_PORT}`, description: 'Where it serves MCP.' },
  adminListen: {
    name: adminListen,
    kind: listenAddress,
    fallback: `[::]:${ADMIN_PORT}`,
    description: 'Where it serves probes, metrics and the report.',
  },
  tlsDir: { name: tlsDir, kind: folder, description: 'Holds tls.crt and tls.key. Set: HTTPS, else HTTP.' },
  keysDir: { name: keysDir, kind: folder, description: 'Holds the keys that seal ids, else a random key.' },
  cacheDir: { name: cacheDir, kind: folder, description: 'Keeps the last good registry for a restart.' },
  logFormat: {
    name: environment.logFormat,
    kind: oneOf(logFormats),
    fallback: 'json',
    description: 'How a log line is written.',
  },
  logLevel: {
    name: environment.logLevel,
    kind: oneOf(logLevels),
    fallback: 'info',
    description: 'The least level that is logged.',
  },
} as const satisfies Record<string, Variable<unknown>>;

function limit(name: string, kind: ValueKind<number>, fallback: string, description: string): Variable<number> {
  return { name, kind, fallback, description };
}

/** No name may end as the variables do that Kubernetes makes of Services (_HOST, _PORT, _PROTO, _ADDR). */
const limits = {
  bodyBytes: limit('FETCHFY_MAX_BODY', bytes, '4Mi', "A request's body."),
  headerBytes: limit('FETCHFY_MAX_HEADERS', bytes, '16Ki', "A request's headers together."),
  requests: limit('FETCHFY_MAX_REQUESTS', count, '4096', 'Requests that wait for an answer at one time.'),
  sessions: limit('FETCHFY_MAX_SESSIONS', count, '20000', 'Sessions at one time, and subscriptions.'),
  sessionIdleMs: limit('FETCHFY_SESSION_IDLE', duration, '30m', 'An unused session ends after this.'),
  connectionIdleMs: limit('FETCHFY_CONNECTION_IDLE', duration, '75s', 'An unused connection closes after this.'),
  receiveTimeoutMs: limit('FETCHFY_RECEIVE_TIMEOUT', duration, '30s', 'A client must have sent its request by then.'),
  callTimeoutMs: limit('FETCHFY_CALL_TIMEOUT', duration, '60s', "A call's deadline, if its Service sets none."),
  drainTimeoutMs: limit(environment.drainTimeout, duration, '25s', 'Running work may take this long at SIGTERM.'),
} as const satisfies Record<keyof GatewayLimits, Variable<number>>;

/** The environment cannot be used; `problems` has one sentence for each variable that is wrong. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'ERR_CONFIG_INVALID';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Reads the configuration of a gateway. A variable that is empty counts as not set.
 * @throws ConfigError that names every variable that is wrong, what was found and what was expected
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): GatewayConfig {
  const problems: string[] = [];
  function optional<T>(item: Variable<T>): T | undefined {
    const given = env[item.name];
    const set = given !== undefined && given !== '';
    const text = set ? given : item.fallback;
    const value = text === undefined ? undefined : item.kind.parse(text);
    if (set && value === undefined) problems.push(`${item.name} is "${given}"; expected ${item.kind.expected}.`);
    if (!set && item.required) problems.push(`${item.name} is not set; expected ${item.kind.expected}.`);
    return value;
  }
  // Where this is undefined there is a problem, which is thrown below before anyone sees the hole.
  const read = <T>(item: Variable<T>): T => optional(item) as T;
  const config: GatewayConfig = {
    gateway: { namespace: read(variables.namespace), name: read(variables.gateway) },
    registry: read(variables.registry),
    kubeApi: inClusterApi(env),
    listen: read(variables.listen),
    adminListen: read(variables.adminListen),
    tlsDir: optional(variables.tlsDir),
    keysDir: optional(variables.keysDir),
    cacheDir: optional(variables.cacheDir),
    log: { level: read(variables.logLevel), format: read(variables.logFormat) },
    limits: {
      bodyBytes: read(limits.bodyBytes),
      headerBytes: read(limits.headerBytes),
      requests: read(limits.requests),
      sessions: read(limits.sessions),
      sessionIdleMs: read(limits.sessionIdleMs),
      connectionIdleMs: read(limits.connectionIdleMs),
      receiveTimeoutMs: read(limits.receiveTimeoutMs),
      callTimeoutMs: read(limits.callTimeoutMs),
      drainTimeoutMs: read(limits.drainTimeoutMs),
    },
  };
  // `registry` is a hole where its variable was wrong.
  const source: RegistryLocation | undefined = config.registry;
  if (source?.kind === 'configmap' && config.kubeApi === undefined) {
    problems.push(
      `${variables.registry.name} names a ConfigMap, but KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, as they are in every pod; outside of a cluster use directory:PATH.`,
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** A line for each variable, for --help. */
export function describeVariables(): string {
  return [
    'Environment:',
    ...Object.values(variables).map(describe),
    '',
    'Limits:',
    ...Object.values(limits).map(describe),
  ].join('\n');
}

function describe(item: Variable<unknown>): string {
  const presence = item.required ? 'required' : item.fallback === undefined ? 'optional' : `default ${item.fallback}`;
  return `  ${item.name.padEnd(24)} ${item.description} (${presence})\n${' '.repeat(29)}${item.kind.expected}`;
}
