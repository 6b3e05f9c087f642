import { readFile } from 'node:fs/promises';
import { Pool, type Dispatcher } from 'undici';
import { readWatchEvents, type WatchEvent } from './watch-events.ts';

/** How the API server is reached. */
export interface KubeApiOptions {
  /** `https://HOST:PORT`, an IPv6 address in brackets. */
  readonly url: string;
  /** Read anew for each request: a kubelet rotates it. Absent: no token is sent. */
  readonly tokenFile?: string;
  /** Read anew for each connection. Absent: the system's certificate authorities. */
  readonly caFile?: string;
}

/** What is read of a ConfigMap. */
export interface ConfigMap {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

/** What a list says of one name. */
export interface ListedConfigMap {
  /** The version of the list: a watch from here misses nothing. */
  readonly resourceVersion: string;
  readonly configMap: ConfigMap | undefined;
}

/**
 * Connections to the API server, for the few calls that a gateway makes. When one call fails for want of an answer,
 * close it and open another: what is left of a dead network would only delay the next call.
 */
export interface KubeApi {
  /**
   * A list by name, since `list` and `watch` by resourceNames are allowed only with this field selector.
   * @throws KubeApiError
   */
  list(namespace: string, name: string, signal: AbortSignal): Promise<ListedConfigMap>;
  /** @throws KubeApiError */
  get(namespace: string, name: string, signal: AbortSignal): Promise<ConfigMap>;
  /**
   * Resolves when the API server has accepted the watch. It ends it after `seconds`; if it has not said anything for
   * longer than that, the connection is dead and the iteration throws.
   * @throws KubeApiError
   */
  watch(
    namespace: string,
    name: string,
    from: { readonly resourceVersion: string; readonly seconds: number },
    signal: AbortSignal,
  ): Promise<AsyncIterable<WatchEvent>>;
  /** The JSON document at a path. @throws KubeApiError */
  read(path: string, signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

/** A call that the API server refused, or did not answer. */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError';
  readonly code = 'ERR_KUBE_API';
  /** The HTTP status; undefined: there was no answer. */
  readonly status: number | undefined;
  /** What the API server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options: ErrorOptions & { status?: number; retryAfterMs?: number | undefined } = {}) {
    super(message, options);
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}

const CONNECT_TIMEOUT_MS = 3000;
const ANSWER_TIMEOUT_MS = 5000;
/** How much later than agreed a watch may end before its connection counts as dead. */
const WATCH_OVERDUE_MS = 3000;

/** Opens connections as they are needed. @throws if the certificate authority cannot be read */
export async function openKubeApi(options: KubeApiOptions): Promise<KubeApi> {
  const ca = options.caFile === undefined ? undefined : await readFile(options.caFile, 'utf8');
  const pool = new Pool(options.url, {
    connections: 8,
    // Of a watch that shares its connection one would not notice that it alone is stuck.
    allowH2: false,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    connect: {
      ...(ca !== undefined && { ca }),
      timeout: CONNECT_TIMEOUT_MS,
      // A peer that is gone without a word is noticed after this, and ten probes a second apart.
      keepAlive: true,
      keepAliveInitialDelay: 10_000,
    },
  });

  async function request(path: string, signal: AbortSignal, bodyTimeout?: number): Promise<Dispatcher.ResponseData> {
    // The API server has its keys in their own type alone.
    const accept = path.startsWith('/openid/') ? 'application/jwk-set+json' : 'application/json';
    const headers: Record<string, string> = { accept, 'user-agent': 'fetchfy-gateway' };
    if (options.tokenFile !== undefined) {
      headers['authorization'] = `Bearer ${(await readFile(options.tokenFile, 'utf8')).trim()}`;
    }
    let response: Dispatcher.ResponseData;
    try {
      response = await pool.request({
        path,
        method: 'GET',
        headers,
        signal,
        ...(bodyTimeout !== undefined && { bodyTimeout }),
      });
    } catch (cause) {
      throw unreachable(options.url, cause);
    }
    if (response.statusCode !== 200) throw await refusal(response, path);
    return response;
  }

  async function json<T>(path: string, signal: AbortSignal): Promise<T> {
    const response = await request(path, signal);
    try {
      return (await response.body.json()) as T;
    } catch (cause) {
      throw unreachable(options.url, cause);
    }
  }

  return {
    async list(namespace, name, signal) {
      const query = new URLSearchParams({ fieldSelector: `metadata.name=${name}` });
      const list = await json<ConfigMapList>(`${configMaps(namespace)}?${query.toString()}`, signal);
      return { resourceVersion: list.metadata.resourceVersion, configMap: list.items[0] };
    },
    get: (namespace, name, signal) => json<ConfigMap>(`${configMaps(namespace)}/${name}`, signal),
    async watch(namespace, name, { resourceVersion, seconds }, signal) {
      const query = new URLSearchParams({
        fieldSelector: `metadata.name=${name}`,
        watch: 'true',
        resourceVersion,
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(seconds),
      });
      const path = `${configMaps(namespace)}?${query.toString()}`;
      const { body } = await request(path, signal, seconds * 1000 + WATCH_OVERDUE_MS);
      return guarded(readWatchEvents(body), options.url);
    },
    read: (path, signal) => json<unknown>(path, signal),
    close: () => pool.destroy(),
  };
}

interface ConfigMapList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly ConfigMap[];
}

function configMaps(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps`;
}

function unreachable(url: string, cause: unknown): KubeApiError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KubeApiError(`The API server at ${url} does not answer: ${reason}.`, { cause });
}

async function* guarded(events: AsyncIterable<WatchEvent>, url: string): AsyncGenerator<WatchEvent> {
  try {
    yield* events;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KubeApiError(`The watch at ${url} broke off: ${reason}.`, { cause });
  }
}

/** The error for an answer other than 200; its message is that of the API server's Status object. */
async function refusal(response: Dispatcher.ResponseData, path: string): Promise<KubeApiError> {
  const status = response.statusCode;
  let reason = '';
  try {
    const { message } = (await response.body.json()) as { message?: unknown };
    if (typeof message === 'string') reason = `: ${message.slice(0, 500)}`;
  } catch {
    // Not the API server's own answer, perhaps a proxy's: the status says enough.
  }
  const [resource = path] = path.split('?');
  const hint = status === 403 ? ` Expected: ${expectedRight(resource)}.` : '';
  const retryAfter = Number(response.headers['retry-after']);
  return new KubeApiError(`The API server answered ${status} to ${resource}${reason}.${hint}`, {
    status,
    retryAfterMs: Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter * 1000 : undefined,
  });
}

function expectedRight(resource: string): string {
  return resource.startsWith('/api/')
    ? 'the Role of the gateway allows get, list and watch on its registry'
    : 'its ServiceAccount is bound to system:service-account-issuer-discovery, as all are by default';
}
