import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
export interface ReceivedRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly accept: string | undefined;
}

/** Answers instead of the usual; undefined: the usual answer. */
export type Script = (request: ReceivedRequest) => { readonly status: number; readonly body?: unknown } | undefined;

/**
 * As much of an API server as one folder of ConfigMaps needs, to show on demand what a real one cannot: an expired
 * version, a watch that is silently dead, parts that do not match, a refusal, a lost connection.
 */
export interface ScriptedKubeApi {
  readonly url: string;
  /** All requests so far, in order. */
  readonly requests: ReceivedRequest[];
  /** Changed by a test as it goes along. */
  script: Script;
  /**
   * `dumb`: it accepts watches and then says nothing on them, not even their end; `stalled`: it answers nothing at all;
   * `hasty`: it ends every watch at once.
   */
  mood: 'well' | 'dumb' | 'stalled' | 'hasty';
  /** Watches that are open now. */
  readonly watches: number;
  put(name: string, data: Readonly<Record<string, string>>): void;
  remove(name: string): void;
  /** Writes a line on each open watch. */
  say(line: unknown): void;
  /** Cuts all connections as a crash does. */
  cut(): void;
  /** Stops listening and cuts all connections. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  restart(): Promise<void>;
}

interface OpenWatch {
  readonly name: string;
  readonly response: ServerResponse;
}

/** @param options `tls`: serve HTTPS; `host`: listen there */
export async function scriptedKubeApi(
  options: { readonly tls?: ServerOptions; readonly host?: string } = {},
): Promise<ScriptedKubeApi> {
  const { host = '127.0.0.1' } = options;
  const stored = new Map<string, { readonly version: number; readonly data: Readonly<Record<string, string>> }>();
  const watches = new Set<OpenWatch>();
  let version = 100;
  const server: Server = options.tls === undefined ? createServer(answer) : createTlsServer(options.tls, answer);

  const api: ScriptedKubeApi = {
    url: '',
    requests: [],
    script: () => undefined,
    mood: 'well',
    get watches() {
      return watches.size;
    },
    put(name, data) {
      const type = stored.has(name) ? 'MODIFIED' : 'ADDED';
      stored.set(name, { version: ++version, data });
      announce(name, { type, object: toObject(name) });
    },
    remove(name) {
      const object = toObject(name);
      stored.delete(name);
      version++;
      announce(name, { type: 'DELETED', object: { ...object, metadata: { name, resourceVersion: String(version) } } });
    },
    say(line) {
      for (const watch of watches) watch.response.write(`${JSON.stringify(line)}\n`);
    },
    cut: () => server.closeAllConnections(),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
    restart: () => listen((server.address() as AddressInfo | null)?.port ?? port),
  };

  function announce(name: string, event: unknown): void {
    if (api.mood === 'dumb') return;
    for (const watch of watches) if (watch.name === name) watch.response.write(`${JSON.stringify(event)}\n`);
  }

  function toObject(name: string): { metadata: object; data: unknown } {
    const object = stored.get(name);
    return { metadata: { name, resourceVersion: String(object?.version) }, data: object?.data };
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://scripted');
    const { authorization, accept } = request.headers;
    const received = { path, query, authorization, accept };
    api.requests.push(received);
    if (api.mood === 'stalled') return;
    const scripted = api.script(received);
    if (scripted !== undefined) return send(response, scripted.status, scripted.body ?? { message: 'as scripted' });
    const name = query.get('fieldSelector')?.replace('metadata.name=', '');
    if (query.get('watch') === 'true') return openWatch(name ?? '', query, response);
    if (name !== undefined) {
      const items = stored.has(name) ? [toObject(name)] : [];
      return send(response, 200, { metadata: { resourceVersion: String(version) }, items });
    }
    const wanted = path.split('/').at(-1) ?? '';
    if (!stored.has(wanted)) return send(response, 404, { message: `configmaps "${wanted}" not found` });
    return send(response, 200, toObject(wanted));
  }

  function openWatch(name: string, query: URLSearchParams, response: ServerResponse): void {
    const watch = { name, response };
    watches.add(watch);
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    const object = stored.get(name);
    if (api.mood !== 'dumb' && object !== undefined && object.version > Number(query.get('resourceVersion'))) {
      response.write(`${JSON.stringify({ type: 'MODIFIED', object: toObject(name) })}\n`);
    }
    const seconds = api.mood === 'hasty' ? 0 : Number(query.get('timeoutSeconds'));
    const timer = setTimeout(() => {
      if (api.mood !== 'dumb') response.end();
    }, seconds * 1000);
    response.on('close', () => {
      clearTimeout(timer);
      watches.delete(watch);
    });
  }

  function listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject).listen(port, host, () => resolve());
    });
  }

  await listen(0);
  const { port } = server.address() as AddressInfo;
  const scheme = options.tls === undefined ? 'http' : 'https';
  return Object.assign(api, { url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}` });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
