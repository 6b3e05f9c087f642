import { setTimeout as delay } from 'node:timers/promises';
import { KubeApiError, type ConfigMap, type KubeApi } from './kube-api.ts';

export interface IndexWatchOptions {
  /** Opens new connections to the API server. */
  readonly open: () => Promise<KubeApi>;
  readonly namespace: string;
  readonly name: string;
  /** How long one watch lasts, in seconds; also how long one that is silently dead can go unnoticed. */
  readonly watchSeconds: number;
}

export interface IndexObserver {
  /**
   * The ConfigMap as it now is; undefined: there is none.
   * @param connection for what else must be read; its signal aborts when the connection is given up, and then the
   *   ConfigMap is told again over another
   */
  present(configMap: ConfigMap | undefined, connection: Connection): void;
  fault(error: Error): void;
}

export interface Connection {
  readonly api: KubeApi;
  readonly signal: AbortSignal;
}

/** A refusal (a Role that is not there yet) is tried again after this; after a minute of refusals less often. */
const REFUSED_MS = { first: 200, later: 2000, laterAfter: 300 } as const;
/** No answer, or a server in distress: tried again after this, doubled each time. */
const BACKOFF_MS = { first: 50, most: 2000 } as const;
/** A watch that ends sooner counts as failed: a server that ends each at once must not be stormed. */
const SHORT_WATCH_MS = 1000;

/**
 * Follows one ConfigMap by list and watch until the signal aborts; never throws. Anything that goes wrong, 410 Gone
 * among it, leads to a new connection and a new list: the list is one object and always right.
 */
export async function watchIndex(options: IndexWatchOptions, observer: IndexObserver, end: AbortSignal): Promise<void> {
  let failures = 0;
  while (!end.aborted) {
    const lost = new AbortController();
    const signal = AbortSignal.any([end, lost.signal]);
    let api: KubeApi | undefined;
    let error: Error;
    try {
      api = await options.open();
      error = await follow(options, observer, { api, signal }, () => (failures = 0));
    } catch (thrown) {
      error = thrown as Error;
    }
    lost.abort();
    await api?.close();
    if (end.aborted) return;
    // Once, that is: a server that says so each time must not be stormed.
    if (isGone(error) && failures === 0) {
      failures = 1;
      continue;
    }
    observer.fault(error);
    await delay(pauseAfter(error, failures++), undefined, { signal: end }).catch(() => undefined);
  }
}

/** Lists, then watches for as long as all is well. Returns (or throws) what was wrong. */
async function follow(
  options: IndexWatchOptions,
  observer: IndexObserver,
  connection: Connection,
  well: () => void,
): Promise<Error> {
  const { namespace, name, watchSeconds } = options;
  const { api, signal } = connection;
  const listed = await api.list(namespace, name, signal);
  observer.present(listed.configMap, connection);
  let { resourceVersion } = listed;
  for (;;) {
    const begun = performance.now();
    const hasLasted = (): boolean => performance.now() - begun >= Math.min(SHORT_WATCH_MS, watchSeconds * 500);
    const from = { resourceVersion, seconds: watchSeconds };
    for await (const event of await api.watch(namespace, name, from, signal)) {
      if (event.type === 'ERROR') return ended(event.object, options);
      if (hasLasted()) well();
      ({ resourceVersion } = event.object.metadata);
      if (event.type !== 'BOOKMARK') observer.present(event.type === 'DELETED' ? undefined : event.object, connection);
    }
    if (!hasLasted()) return ended({ message: 'it ends each at once' }, options);
    well();
  }
}

function ended(status: { readonly code?: number; readonly message?: string }, watched: IndexWatchOptions): Error {
  const { namespace, name } = watched;
  const message = `The API server ended the watch on ConfigMap ${namespace}/${name}: ${status.message}.`;
  return new KubeApiError(message, status.code === undefined ? {} : { status: status.code });
}

/** 410: the version is too old to watch from. A list gives another, at once. */
function isGone(error: Error): boolean {
  return error instanceof KubeApiError && error.status === 410;
}

function pauseAfter(error: Error, failures: number): number {
  const status = error instanceof KubeApiError ? error.status : undefined;
  if (status === 401 || status === 403 || status === 404) {
    return failures < REFUSED_MS.laterAfter ? REFUSED_MS.first : REFUSED_MS.later;
  }
  const backoff = Math.min(BACKOFF_MS.first * 2 ** Math.min(failures, 10), BACKOFF_MS.most);
  // Many gateways lose one API server at one moment: they should not all return at one moment.
  const jittered = backoff * (0.5 + Math.random());
  const asked = error instanceof KubeApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(jittered, Math.min(asked, 30_000));
}
