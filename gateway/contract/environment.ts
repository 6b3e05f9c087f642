/**
 * The environment variables of hooks and gateway: one of the three written contracts between the two
 * (the others: the registry document, the report).
 */
export const environment = {
  /** Hooks: the image of the gateway containers; the hooks' only knowledge of the data plane's build. */
  gatewayImage: 'FETCHFY_GATEWAY_IMAGE',
  /** Gateway: the name of the Gateway object that it serves. */
  gateway: 'FETCHFY_GATEWAY',
  /** Gateway: the namespace of the Gateway object that it serves. */
  namespace: 'FETCHFY_NAMESPACE',
  /** Gateway: the uid of that Gateway object, by which it is told from all others; absent: nobody knows it. */
  gatewayUid: 'FETCHFY_GATEWAY_UID',
  /** Gateway: where the registry document comes from, `configmap:<namespace>/<name>` or `directory:PATH`. */
  registry: 'FETCHFY_REGISTRY',
  /** Hooks and gateway: `HOST:PORT` of the main listener; `[::]` listens on IPv6 and IPv4. */
  listen: 'FETCHFY_LISTEN',
  /** Gateway: `HOST:PORT` of the admin listener (probes, metrics, the report). */
  adminListen: 'FETCHFY_ADMIN_LISTEN',
  /** Hooks and gateway: a folder with `tls.crt` and `tls.key`; set: HTTPS on the main listener. */
  tlsDir: 'FETCHFY_TLS_DIR',
  /** Hooks: a folder of files that each hold a token; set: a call must show one of them. */
  tokenDir: 'FETCHFY_TOKEN_DIR',
  /** Gateway: a folder with `ca.crt`, which has signed the certificates of clients; only with `tlsDir`. */
  clientCaDir: 'FETCHFY_CLIENT_CA_DIR',
  /** Gateway: a folder with certificates of CAs (`*.crt`, `*.pem`) that are trusted beside the public ones. */
  caDir: 'FETCHFY_CA_DIR',
  /** Gateway: a folder with the hashes of API keys, a file a key. */
  apiKeysDir: 'FETCHFY_API_KEYS_DIR',
  /** Gateway: a folder with what is shown to servers, a file `<namespace>.<service>` each. */
  credentialsDir: 'FETCHFY_CREDENTIALS_DIR',
  /** Gateway: `true`: servers may be on the gateway's own machine (local mode, tests). */
  allowLoopback: 'FETCHFY_ALLOW_LOOPBACK',
  /** Gateway: an optional folder with the keys that seal ids; absent: a random key a process. */
  keysDir: 'FETCHFY_KEYS_DIR',
  /** Gateway: a folder for the last good registry, read when the API server is away at start. */
  cacheDir: 'FETCHFY_CACHE_DIR',
  /** Gateway: how long running work may take to finish after SIGTERM, a duration such as `60s`. */
  drainTimeout: 'FETCHFY_DRAIN_TIMEOUT',
  /** Both: `json` (default in a container) or `text`. */
  logFormat: 'FETCHFY_LOG_FORMAT',
  /** Both: `debug`, `info` (default), `warn` or `error`. */
  logLevel: 'FETCHFY_LOG_LEVEL',
} as const;

/** The port that a gateway container serves MCP on, whatever `mcpPort` its Service has. */
export const GATEWAY_PORT = 8080;
/** The port of a gateway's admin listener; on no Service. */
export const ADMIN_PORT = 9090;
/** The path on the admin port under which a gateway serves its report. */
export const REPORT_PATH = '/services';
