import { readFileSync } from 'node:fs';
import { Agent, request, type Dispatcher } from 'undici';
import type { Kind, KubeObject, Reference } from './kube-objects.ts';

export interface KubeClientOptions {
  /** The API server's URL. */
  server: string;
  /** Files with which to trust it and to be known to it; none where a proxy does that. */
  credentials?: { authority: string; certificate: string; key: string };
}

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface LogOptions {
  container?: string;
  /** The log of the container that ended before the one that runs. */
  previous?: boolean;
  /** Lines from its end. */
  tailLines?: number;
}

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

/** The API server's refusal. */
export class KubeError extends Error {
  readonly status: number;
  /** Its word for why, e.g. `AlreadyExists`. */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = 'KubeError';
    this.status = status;
    this.reason = reason;
  }
}

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

/** A small client of the Kubernetes API for tests: it names kinds as manifests do, and finds their URLs by discovery. */
export class KubeClient {
  #server: string;
  #dispatcher: Agent;
  #discovered = new Map<string, Promise<ApiResource[]>>();

  constructor({ server, credentials }: KubeClientOptions) {
    this.#server = server.replace(/\/$/, '');
    const connect = credentials && {
      ca: readFileSync(credentials.authority),
      cert: readFileSync(credentials.certificate),
      key: readFileSync(credentials.key),
    };
    // A watch is silent for as long as nothing happens.
    this.#dispatcher = new Agent({ bodyTimeout: 0, ...(connect && { connect }) });
  }

  /** The object, or undefined if there is none. */
  async get<T extends KubeObject = KubeObject>(reference: Reference): Promise<T | undefined> {
    try {
      return await this.#json<T>('GET', await this.#path(reference));
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** The objects of the kind, of all namespaces unless one is named. */
  async list<T extends KubeObject = KubeObject>(kind: Kind, options: ListOptions = {}): Promise<T[]> {
    const { items } = await this.#json<{ items: T[] }>('GET', await this.#listPath(kind, options));
    return items.map((item) => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind }));
  }

  async create<T extends KubeObject>(object: T): Promise<T> {
    const { apiVersion, kind, metadata } = object;
    const path = await this.#listPath({ apiVersion, kind }, { ...(metadata.namespace && metadata) });
    return this.#json<T>('POST', path, object);
  }

  /** Creates the object, or changes what it names of it, as `kubectl apply --server-side --force-conflicts` does. */
  async apply<T extends KubeObject>(object: T, fieldManager = 'fetchfy-test'): Promise<T> {
    const { apiVersion, kind, metadata } = object;
    const path = await this.#path({ apiVersion, kind, ...metadata });
    return this.#json<T>('PATCH', `${path}?fieldManager=${fieldManager}&force=true`, object, 'apply-patch');
  }

  /** Writes the whole object, as it was read and then changed. */
  async replace<T extends KubeObject>(object: T): Promise<T> {
    const { apiVersion, kind, metadata } = object;
    return this.#json<T>('PUT', await this.#path({ apiVersion, kind, ...metadata }), object);
  }

  /**
   * Changes fields of the object; null removes one.
   *
   * @param subresource e.g. `status`, `scale`
   */
  async patch<T extends KubeObject = KubeObject>(
    reference: Reference,
    change: Record<string, unknown>,
    subresource?: string,
  ): Promise<T> {
    const path = await this.#path(reference);
    return this.#json<T>('PATCH', subresource ? `${path}/${subresource}` : path, change, 'merge-patch');
  }

  /** Deletes the object, and does nothing if there is none. What it owns is deleted after it. */
  async delete(reference: Reference, options: { gracePeriodSeconds?: number } = {}): Promise<void> {
    try {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', ...options };
      await this.#json('DELETE', await this.#path(reference), body);
    } catch (error) {
      if (!(error instanceof KubeError && error.status === 404)) throw error;
    }
  }

  /** What happens to objects of the kind, beginning with those that there are, until the signal is given. */
  async *watch<T extends KubeObject = KubeObject>(
    kind: Kind,
    options: ListOptions & { resourceVersion?: string; signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<T>> {
    const { signal, resourceVersion, ...selection } = options;
    const path = await this.#listPath(kind, selection, { watch: 'true', ...(resourceVersion && { resourceVersion }) });
    try {
      const { body } = await this.#request('GET', path, { signal });
      let rest = '';
      for await (const chunk of body.setEncoding('utf8')) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line) as WatchEvent<T>;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** What a container has written. */
  async logs(namespace: string, pod: string, options: LogOptions = {}): Promise<string> {
    const query = new URLSearchParams(
      Object.entries(options).map(([name, value]): [string, string] => [name, String(value)]),
    );
    return this.raw(`/api/v1/namespaces/${namespace}/pods/${pod}/log?${query.toString()}`);
  }

  /** The text at a path of the API server, e.g. `/readyz`. */
  async raw(path: string): Promise<string> {
    const { body } = await this.#request('GET', path);
    return body.text();
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #path({ apiVersion, kind, name, namespace }: Reference): Promise<string> {
    return `${await this.#collection({ apiVersion, kind }, namespace)}/${name}`;
  }

  async #listPath(kind: Kind, options: ListOptions, more: Record<string, string> = {}): Promise<string> {
    const query = new URLSearchParams(more);
    if (options.labelSelector) query.set('labelSelector', options.labelSelector);
    if (options.fieldSelector) query.set('fieldSelector', options.fieldSelector);
    const path = await this.#collection(kind, options.namespace);
    return query.size > 0 ? `${path}?${query.toString()}` : path;
  }

  async #collection({ apiVersion, kind }: Kind, namespace: string | undefined): Promise<string> {
    const find = async () => (await this.#resources(apiVersion)).find((each) => each.kind === kind);
    let resource = await find();
    if (!resource) {
      // A CustomResourceDefinition may have brought it since.
      this.#discovered.delete(apiVersion);
      resource = await find();
    }
    if (!resource) throw new KubeError(404, 'NoKindMatch', `the API server knows no kind ${kind} in ${apiVersion}`);
    const within = resource.namespaced && namespace ? `/namespaces/${namespace}` : '';
    return `${groupPath(apiVersion)}${within}/${resource.name}`;
  }

  async #resources(apiVersion: string): Promise<ApiResource[]> {
    const known = this.#discovered.get(apiVersion);
    if (known) return known;
    const answer = this.#json<{ resources: ApiResource[] }>('GET', groupPath(apiVersion));
    // Subresources are listed beside their resources, some under the same kind.
    const found = answer.then(({ resources }) => resources.filter(({ name }) => !name.includes('/')));
    this.#discovered.set(apiVersion, found);
    found.catch(() => this.#discovered.delete(apiVersion));
    return found;
  }

  async #json<T>(method: Dispatcher.HttpMethod, path: string, body?: unknown, patch?: string): Promise<T> {
    const type = patch ? `application/${patch === 'apply-patch' ? 'apply-patch+yaml' : `${patch}+json`}` : undefined;
    const answer = await this.#request(method, path, {
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': type ?? 'application/json' },
      }),
    });
    return (await answer.body.json()) as T;
  }

  async #request(
    method: Dispatcher.HttpMethod,
    path: string,
    options: { body?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<Dispatcher.ResponseData> {
    const response = await request(this.#server + path, { method, dispatcher: this.#dispatcher, ...options });
    if (response.statusCode < 400) return response;
    const text = await response.body.text();
    throw toKubeError(response.statusCode, `${method} ${path}`, text);
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function toKubeError(status: number, what: string, text: string): KubeError {
  try {
    const { reason, message } = JSON.parse(text) as { reason?: string; message?: string };
    return new KubeError(status, reason ?? 'Unknown', `${what}: ${status} ${message ?? text}`);
  } catch {
    return new KubeError(status, 'Unknown', `${what}: ${status} ${text}`);
  }
}
