import {
  bytes,
  count,
  duration,
  flag,
  folder,
  objectName,
  objectUid,
  registryLocation,
  type RegistryLocation,
} from './config-values.ts';
import { environment, GATEWAY_PORT } from './contract/environment.ts';
import {
  adminListenVariable,
  describeVariable,
  listenVariable,
  logFormat,
  logLevel,
  VariableReader,
  type ListenAddress,
  type LogFormat,
  type LogLevel,
  type ValueKind,
  type Variable,
} from './contract/variables.ts';
import { inClusterApi } from './registry/in-cluster.ts';
import type { KubeApiOptions } from './registry/kube-api.ts';

/** What the environment says, read once when the process starts. */
export interface GatewayConfig {
  /** The Gateway object that this process serves. */
  readonly gateway: { readonly namespace: string; readonly name: string };
  /** That object's uid; undefined: nobody knows it. */
  readonly gatewayUid: string | undefined;
  readonly registry: RegistryLocation;
  /** The API server, where the process runs in a pod. */
  readonly kubeApi: KubeApiOptions | undefined;
  readonly listen: ListenAddress;
  readonly adminListen: ListenAddress;
  /** Set: HTTPS on `listen`. */
  readonly tlsDir: string | undefined;
  /** Set: clients are asked for a certificate that the CA in it has signed. */
  readonly clientCaDir: string | undefined;
  readonly caDir: string | undefined;
  readonly apiKeysDir: string | undefined;
  readonly credentialsDir: string | undefined;
  /** Whether servers may be on this machine. */
  readonly allowLoopback: boolean;
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
  /** A client that takes nothing of what it is sent for so long is cut off. */
  readonly sendTimeoutMs: number;
  /** Connections of clients at one time; more are closed at once. */
  readonly connections: number;
  /** The deadline of a call whose Service sets none. */
  readonly callTimeoutMs: number;
  /** How long a client may take to answer what a server asks it amid a call. */
  readonly questionMs: number;
  /** How long running work may take to finish after SIGTERM. */
  readonly drainTimeoutMs: number;
}

const {
  gateway,
  namespace,
  gatewayUid,
  registry,
  tlsDir,
  clientCaDir,
  caDir,
  apiKeysDir,
  credentialsDir,
  keysDir,
  cacheDir,
} = environment;

const variables = {
  gateway: { name: gateway, kind: objectName, required: true, description: 'Name of the Gateway that it serves.' },
  namespace: { name: namespace, kind: objectName, required: true, description: 'Namespace of that Gateway.' },
  gatewayUid: {
    name: gatewayUid,
    kind: objectUid,
    description: 'uid of that Gateway, by which it knows its own requests.',
  },
  registry: { name: registry, kind: registryLocation, required: true, description: 'Source of the registry document.' },
  listen: listenVariable(GATEWAY_PORT, 'Where it serves MCP.'),
  adminListen: adminListenVariable('Where it serves probes, metrics and the report.'),
  tlsDir: { name: tlsDir, kind: folder, description: 'Holds tls.crt and tls.key. Set: HTTPS, else HTTP.' },
  clientCaDir: {
    name: clientCaDir,
    kind: folder,
    description: 'Holds ca.crt. Set: clients are asked for certificates.',
  },
  caDir: { name: caDir, kind: folder, description: 'Holds CAs (*.crt, *.pem) to trust beside the public ones.' },
  apiKeysDir: { name: apiKeysDir, kind: folder, description: 'Holds the hashes of API keys.' },
  credentialsDir: { name: credentialsDir, kind: folder, description: 'Holds what is shown to servers.' },
  allowLoopback: {
    name: environment.allowLoopback,
    kind: flag,
    fallback: 'false',
    description: 'Whether servers may be on this machine.',
  },
  keysDir: { name: keysDir, kind: folder, description: 'Holds the keys that seal ids, else a random key.' },
  cacheDir: { name: cacheDir, kind: folder, description: 'Keeps the last good registry for a restart.' },
  logFormat,
  logLevel,
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
  sendTimeoutMs: limit('FETCHFY_SEND_TIMEOUT', duration, '60s', 'A client that takes nothing for so long is cut off.'),
  connections: limit('FETCHFY_MAX_CONNECTIONS', count, '32768', "Clients' connections at one time."),
  callTimeoutMs: limit('FETCHFY_CALL_TIMEOUT', duration, '60s', "A call's deadline, if its Service sets none."),
  questionMs: limit('FETCHFY_QUESTION_TIMEOUT', duration, '5m', "A client's time to answer what a server asks it."),
  drainTimeoutMs: limit(environment.drainTimeout, duration, '25s', 'Running work may take this long at SIGTERM.'),
} as const satisfies Record<keyof GatewayLimits, Variable<number>>;

/**
 * Reads the configuration of a gateway. A variable that is empty counts as not set.
 * @throws ConfigError that names every variable that is wrong, what was found and what was expected
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): GatewayConfig {
  const given = new VariableReader(env);
  const config: GatewayConfig = {
    gateway: { namespace: given.read(variables.namespace), name: given.read(variables.gateway) },
    gatewayUid: given.optional(variables.gatewayUid),
    registry: given.read(variables.registry),
    kubeApi: inClusterApi(env),
    listen: given.read(variables.listen),
    adminListen: given.read(variables.adminListen),
    tlsDir: given.optional(variables.tlsDir),
    clientCaDir: given.optional(variables.clientCaDir),
    caDir: given.optional(variables.caDir),
    apiKeysDir: given.optional(variables.apiKeysDir),
    credentialsDir: given.optional(variables.credentialsDir),
    allowLoopback: given.read(variables.allowLoopback),
    keysDir: given.optional(variables.keysDir),
    cacheDir: given.optional(variables.cacheDir),
    log: { level: given.read(variables.logLevel), format: given.read(variables.logFormat) },
    limits: {
      bodyBytes: given.read(limits.bodyBytes),
      headerBytes: given.read(limits.headerBytes),
      requests: given.read(limits.requests),
      sessions: given.read(limits.sessions),
      sessionIdleMs: given.read(limits.sessionIdleMs),
      connectionIdleMs: given.read(limits.connectionIdleMs),
      receiveTimeoutMs: given.read(limits.receiveTimeoutMs),
      sendTimeoutMs: given.read(limits.sendTimeoutMs),
      connections: given.read(limits.connections),
      callTimeoutMs: given.read(limits.callTimeoutMs),
      questionMs: given.read(limits.questionMs),
      drainTimeoutMs: given.read(limits.drainTimeoutMs),
    },
  };
  // `registry` is a hole where its variable was wrong.
  const source: RegistryLocation | undefined = config.registry;
  if (source?.kind === 'configmap' && config.kubeApi === undefined) {
    given.problem(
      `${variables.registry.name} names a ConfigMap, but KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, as they are in every pod; outside of a cluster use directory:PATH.`,
    );
  }
  given.finish();
  return config;
}

/** Two lines for each variable, for --help. */
export function describeVariables(): string {
  return [
    'Environment:',
    ...Object.values(variables).map(describeVariable),
    '',
    'Limits:',
    ...Object.values(limits).map(describeVariable),
  ].join('\n');
}
