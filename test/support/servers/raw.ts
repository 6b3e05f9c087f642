/**
 * A server made of raw HTTP, for what no real server can be made to do. As a program:
 *   node raw.ts [--era legacy|modern] [--lists JSON] [--faults JSON] [--port N] [--host H]
 * `--lists`: see RawLists; `--faults`: method → fault, see faults.ts. While it runs: POST /faults replaces the faults,
 * POST /lists the lists (announcing nothing), GET /seen tells what was received.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { Faults, type FaultMap } from './faults.ts';
import { listenOptions, serve } from './program.ts';

/** A list in pages: each an array of items, or how many to make. `next` overrides the cursors given out. */
export interface RawLists {
  readonly [kind: string]: {
    readonly pages: readonly (readonly unknown[] | number)[];
    /** `endless`: always a new cursor; `repeated`: always the same; absent: as many as there are pages. */
    readonly cursors?: 'endless' | 'repeated';
  };
}

export interface RawOptions {
  readonly era?: 'legacy' | 'modern';
  readonly lists?: RawLists;
  readonly faults?: FaultMap;
  /** What discover lists, or what initialize answers with. */
  readonly versions?: readonly string[];
  readonly capabilities?: unknown;
  /** Answers a method that the server does not know. */
  readonly answer?: (method: string, params: Record<string, unknown>) => unknown;
}

/** What a raw server has received. */
export interface Seen {
  /** method → how often; GET and DELETE stand for themselves. */
  readonly counts: Record<string, number>;
  /** method → the headers of its last request. */
  readonly headers: Record<string, IncomingMessage['headers']>;
  /** Responses that the client posted. */
  readonly responses: unknown[];
  /** Sessions that were begun and not ended. */
  readonly sessions: string[];
  /** Streams that are open. */
  streams: number;
}

export interface RawServer {
  readonly server: Server;
  readonly seen: Seen;
  setLists(lists: RawLists): void;
  setFaults(faults: FaultMap): void;
  /** Sends a message on every open GET or listen stream. */
  announce(message: Record<string, unknown>): void;
  /** Ends every open stream. */
  endStreams(): void;
  /** Forgets all sessions. */
  forget(): void;
}

interface RpcRequest {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
}

const listKinds: Readonly<Record<string, string>> = {
  'tools/list': 'tools',
  'prompts/list': 'prompts',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
};

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

/** Makes a raw server that is not listening yet. */
export function rawServer(options: RawOptions = {}): RawServer {
  const era = options.era ?? 'legacy';
  const faults = new Faults(options.faults ?? {});
  const sessions = new Set<string>();
  const streams = new Map<ServerResponse, string | number | undefined>();
  const seen: Seen = { counts: {}, headers: {}, responses: [], sessions: [], streams: 0 };
  let lists: RawLists = options.lists ?? { tools: { pages: [1] } };

  function note(method: string, request: IncomingMessage): void {
    seen.counts[method] = (seen.counts[method] ?? 0) + 1;
    seen.headers[method] = request.headers;
  }

  function openStream(response: ServerResponse, subscription?: string | number): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    streams.set(response, subscription);
    seen.streams = streams.size;
    response.on('close', () => {
      streams.delete(response);
      seen.streams = streams.size;
    });
  }

  function send(response: ServerResponse, message: Record<string, unknown>, subscription?: string | number): void {
    const params = { ...(message['params'] as object), _meta: { [SUBSCRIPTION]: subscription } };
    const sent = subscription === undefined ? message : { ...message, params };
    response.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...sent })}\n\n`);
  }

  function capabilities(): unknown {
    if (options.capabilities !== undefined) return options.capabilities;
    const kinds = Object.keys(lists).map((kind) => (kind === 'resourceTemplates' ? 'resources' : kind));
    return Object.fromEntries(kinds.map((kind) => [kind, { listChanged: true }]));
  }

  function resultOf(method: string, params: Record<string, unknown>): unknown {
    const serverInfo = { name: 'raw', version: '1.0.0' };
    if (method === 'initialize' && era === 'legacy') {
      return { protocolVersion: options.versions?.[0] ?? '2025-11-25', capabilities: capabilities(), serverInfo };
    }
    if (method === 'server/discover' && era === 'modern') {
      return {
        resultType: 'complete',
        supportedVersions: options.versions ?? ['2026-07-28'],
        capabilities: capabilities(),
        _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo },
        ttlMs: 0,
        cacheScope: 'public',
      };
    }
    const kind = listKinds[method];
    if (kind !== undefined && lists[kind] !== undefined) return page(kind, lists[kind], params['cursor']);
    if (method === 'ping') return {};
    if (method === 'tools/call') return { content: [{ type: 'text', text: JSON.stringify(params) }] };
    return options.answer?.(method, params);
  }

  async function post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const message = JSON.parse(await text(request)) as RpcRequest;
    const { method, id, params = {} } = message;
    if (method === undefined) {
      seen.responses.push(message);
      response.writeHead(202).end();
      return;
    }
    note(method, request);
    if (id === undefined) {
      response.writeHead(202).end();
      return;
    }
    if (await faults.strike(method, id, request, response, () => resultOf(method, params))) return;
    if (era === 'legacy' && method !== 'initialize' && !sessions.has(String(request.headers['mcp-session-id']))) {
      // As go-sdk and others: a bare status for what comes without a session.
      response.writeHead(request.headers['mcp-session-id'] === undefined ? 400 : 404).end();
      return;
    }
    if (era === 'modern' && method === 'subscriptions/listen') {
      openStream(response, id);
      const notifications = params['notifications'];
      send(response, { method: 'notifications/subscriptions/acknowledged', params: { notifications } }, id);
      return;
    }
    const result = resultOf(method, params);
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (result !== undefined && method === 'initialize') {
      const session = randomUUID();
      sessions.add(session);
      seen.sessions.push(session);
      headers['mcp-session-id'] = session;
    }
    response.writeHead(result === undefined && era === 'modern' ? 404 : 200, headers);
    const outcome =
      result === undefined ? { error: { code: -32601, message: `Method not found: ${method}` } } : { result };
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }));
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/seen') return void response.end(JSON.stringify(seen));
    if (request.url === '/faults')
      return void response.end(String(faults.set(JSON.parse(await text(request)) as FaultMap)));
    if (request.url === '/lists') {
      lists = JSON.parse(await text(request)) as RawLists;
      return void response.end();
    }
    if (request.method === 'POST') return post(request, response);
    note(request.method ?? '', request);
    const session = String(request.headers['mcp-session-id']);
    if (faults.resume(request, response)) return;
    if (era === 'modern') return void response.writeHead(405).end();
    if (!sessions.has(session)) return void response.writeHead(404).end();
    if (request.method === 'DELETE') {
      sessions.delete(session);
      seen.sessions.splice(seen.sessions.indexOf(session), 1);
      return void response.writeHead(200).end();
    }
    if (await faults.strike('GET', undefined, request, response, () => undefined)) return;
    openStream(response);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  return {
    server,
    seen,
    setLists: (next) => void (lists = next),
    setFaults: (next) => void faults.set(next),
    announce: (message) => {
      for (const [response, subscription] of streams) send(response, message, subscription);
    },
    endStreams: () => {
      for (const response of streams.keys()) response.end();
    },
    forget: () => {
      sessions.clear();
      seen.sessions.splice(0);
    },
  };
}

/** A tool with nothing wrong about it. */
export function plainTool(name: string): Record<string, unknown> {
  return { name, description: `The tool ${name}`, inputSchema: { type: 'object' } };
}

function page(kind: string, list: RawLists[string], cursor: unknown): Record<string, unknown> {
  const number = cursor === undefined ? 0 : cursor === '' ? 1 : Number(cursor);
  const source = list.pages[Math.min(number, list.pages.length - 1)] ?? [];
  const items =
    typeof source === 'number'
      ? Array.from({ length: source }, (_, index) => plainTool(`item_${number}_${index}`))
      : source;
  const isLast = list.cursors === undefined && number + 1 >= list.pages.length;
  // The empty string is a cursor like any other.
  const next = list.cursors === 'repeated' ? '7' : number === 0 ? '' : String(number + 1);
  return {
    [kind]: items,
    ...(!isLast && { nextCursor: next }),
    resultType: 'complete',
    ttlMs: 0,
    cacheScope: 'public',
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      ...listenOptions,
      era: { type: 'string', default: 'legacy' },
      lists: { type: 'string' },
      faults: { type: 'string', default: '{}' },
    },
  });
  const { server } = rawServer({
    era: values.era as 'legacy' | 'modern',
    faults: JSON.parse(values.faults) as FaultMap,
    ...(values.lists !== undefined && { lists: JSON.parse(values.lists) as RawLists }),
  });
  await serve(server, values);
}
