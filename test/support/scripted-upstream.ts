import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A message as it arrived, and how it may be answered. */
export interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly message: UpstreamMessage;
  /** The gateway closed the connection before the answer was complete. */
  readonly isAborted: () => boolean;
}

export interface UpstreamMessage {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: unknown; readonly [name: string]: unknown };
  readonly [name: string]: unknown;
}

/** What a server does with the call of one of its tools, down to the bytes. */
export type Script = (arrival: Arrival) => void | Promise<void>;

export interface ScriptedOptions {
  /** `legacy` keeps sessions, `stateless` is legacy without, `modern` is 2026-07-28. Default legacy. */
  readonly era?: 'legacy' | 'stateless' | 'modern';
  /** Tool name → what its call does. */
  readonly tools: Readonly<Record<string, Script>>;
  /** Methods that are answered by a script too, before anything else. */
  readonly methods?: Readonly<Record<string, Script>>;
  readonly capabilities?: Readonly<Record<string, unknown>>;
  /** Members of each tool in the list. */
  readonly tool?: Readonly<Record<string, unknown>>;
  readonly port?: number;
  /** What a GET does; there is no stream if absent. */
  readonly get?: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface ScriptedUpstream {
  readonly url: string;
  /** `127.0.0.1:PORT` */
  readonly target: string;
  /** All messages that arrived, in order. */
  readonly arrivals: readonly Arrival[];
  /** Sessions that were begun and not ended. */
  readonly sessions: Set<string>;
  /** Sessions that were ended by DELETE. */
  readonly ended: string[];
  /** The arrivals of a method. */
  of(method: string): Arrival[];
  close(): Promise<void>;
}

/** The token that a request asks for progress with. */
export function progressToken({ params }: UpstreamMessage): unknown {
  return (params?.['_meta'] as { readonly progressToken?: unknown } | undefined)?.progressToken;
}

/** A JSON answer with this result. */
export function result(message: UpstreamMessage, value: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id: message.id, result: value });
}

/** A tool's result that is a text. */
export function textResult(message: UpstreamMessage, value: string): string {
  return result(message, { content: [{ type: 'text', text: value }] });
}

/** Answers with JSON. */
export function json(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

/** Answers with this result. */
export function answering(value: unknown): Script {
  return ({ response, message }) => json(response, result(message, value));
}

/** Answers with this JSON-RPC error. @param status of HTTP */
export function failing(error: unknown, status = 200): Script {
  return ({ response, message }) => json(response, JSON.stringify({ jsonrpc: '2.0', id: message.id, error }), status);
}

/** A tool that tells the session of the server's own that its call came in. */
export const tellSession: Script = ({ request, response, message }) =>
  json(response, textResult(message, String(request.headers['mcp-session-id'])));

/** Begins a stream of events. */
export function events(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  return response;
}

/** Sends a part of an answer. Resolves when it is on its way, so that it arrives by itself, before what is done next. */
export function sent(response: ServerResponse, part: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(part, (error) => (error ? reject(error) : resolve()));
  });
}

/** An event with a message. */
export function event(message: string | object): string {
  return `event: message\ndata: ${typeof message === 'string' ? message : JSON.stringify(message)}\n\n`;
}

/**
 * Starts a server in this process that speaks the protocol well but for its tools' calls, which do what their scripts
 * say; closed when the test ends.
 */
export async function scriptedUpstream(
  t: { teardown(end: () => Promise<void>): void },
  options: ScriptedOptions,
): Promise<ScriptedUpstream> {
  const { era = 'legacy', tools, methods = {} } = options;
  const arrivals: Arrival[] = [];
  const sessions = new Set<string>();
  const ended: string[] = [];
  const serverInfo = { name: 'scripted', version: '1' };
  const capabilities = options.capabilities ?? { tools: {} };

  function begunSession(): string {
    const session = randomUUID();
    sessions.add(session);
    return session;
  }

  function serve(arrival: Arrival): void | Promise<void> {
    const { request, response, message } = arrival;
    const session = request.headers['mcp-session-id'];
    const own = methods[message.method ?? ''];
    if (own !== undefined) return own(arrival);
    if (era === 'legacy' && message.method !== 'initialize' && !sessions.has(String(session))) {
      return void response.writeHead(session === undefined ? 400 : 404).end();
    }
    if (message.id === undefined || message.method === undefined) return void response.writeHead(202).end();
    if (message.method === 'initialize' && era !== 'modern') {
      if (era === 'legacy') response.setHeader('mcp-session-id', begunSession());
      const asked = message.params?.['protocolVersion'];
      return json(response, result(message, { protocolVersion: asked, capabilities, serverInfo }));
    }
    if (message.method === 'server/discover' && era === 'modern') {
      const discovery = { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities };
      return json(response, result(message, { ...discovery, ttlMs: 0, cacheScope: 'public' }));
    }
    if (message.method === 'ping') return json(response, result(message, {}));
    if (message.method === 'tools/list') {
      const items = Object.keys(tools).map((name) => ({ name, inputSchema: { type: 'object' }, ...options.tool }));
      const envelope = era === 'modern' ? { resultType: 'complete', ttlMs: 0, cacheScope: 'public' } : {};
      return json(response, result(message, { tools: items, ...envelope }));
    }
    const script = message.method === 'tools/call' ? tools[message.params?.name ?? ''] : undefined;
    if (script !== undefined) return script(arrival);
    const error = { code: -32601, message: `Method not found: ${message.method}` };
    json(response, JSON.stringify({ jsonrpc: '2.0', id: message.id, error }), era === 'modern' ? 404 : 200);
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'DELETE') {
      const session = String(request.headers['mcp-session-id']);
      if (sessions.delete(session)) ended.push(session);
      return void response.writeHead(200).end();
    }
    if (request.method === 'GET' && options.get !== undefined) return options.get(request, response);
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const message = JSON.parse(await text(request)) as UpstreamMessage;
    let isAborted = false;
    response.on('close', () => (isAborted = !response.writableFinished));
    const arrival: Arrival = { request, response, message, isAborted: () => isAborted };
    arrivals.push(arrival);
    await serve(arrival);
  }

  const server: Server = createServer((request, response) => {
    take(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  t.teardown(close);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    target: `127.0.0.1:${port}`,
    arrivals,
    sessions,
    ended,
    of: (method) => arrivals.filter(({ message }) => message.method === method),
    close,
  };
}
