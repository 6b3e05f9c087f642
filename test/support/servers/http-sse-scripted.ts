import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { UpstreamMessage } from '../scripted-upstream.ts';

/** A message as it was POSTed, and what may be done with it. */
export interface Posted {
  readonly message: UpstreamMessage;
  readonly headers: IncomingMessage['headers'];
  /** What answers the POST; nothing is sent unless the script does. */
  readonly response: ServerResponse;
  /** Sends a message, or raw text that stands for one, on the session's stream. */
  readonly say: (message: object | string) => void;
  /** Answers with this result. */
  readonly result: (value: unknown) => void;
  /** The session's stream. */
  readonly stream: ServerResponse;
}

export interface HttpSseScript {
  /** What the event `endpoint` carries; undefined: the event never comes. Default: the path of the session's messages. */
  readonly endpoint?: (path: string) => string | undefined;
  /** What answers GET instead of a stream. */
  readonly get?: (response: ServerResponse) => void;
  /** What is done with messages of a method, after the POST was accepted, unless `keepsPost`. */
  readonly methods?: Readonly<Record<string, (posted: Posted) => void | Promise<void>>>;
  /** Methods whose POSTs the script answers itself. */
  readonly keepsPost?: readonly string[];
  readonly capabilities?: Readonly<Record<string, unknown>>;
  readonly port?: number;
}

/**
 * A server of HTTP+SSE (2024-11-05) down to the bytes, in this process: GET /sse, POST /messages?session=ID. It answers
 * initialize, ping and tools/list well unless a script does; closed when the test ends.
 */
export async function httpSseScripted(t: { teardown(end: () => Promise<void>): void }, script: HttpSseScript = {}) {
  const streams = new Map<string, ServerResponse>();
  const posted: Posted[] = [];
  let opened = 0;

  function open(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    const id = randomUUID();
    const path = `/messages?session=${id}`;
    const uri = script.endpoint === undefined ? path : script.endpoint(path);
    if (uri === undefined) return;
    streams.set(id, response);
    opened++;
    response.on('close', () => streams.delete(id));
    response.write(`: hello\n\nevent: endpoint\ndata: ${uri}\n\n`);
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://server');
    if (request.method === 'GET' && url.pathname === '/sse') return script.get ? script.get(response) : open(response);
    if (request.method !== 'POST' || url.pathname !== '/messages') return void response.writeHead(405).end();
    const stream = streams.get(url.searchParams.get('session') ?? '');
    const message = JSON.parse(await text(request)) as UpstreamMessage;
    if (stream === undefined) return void response.writeHead(404).end('no such session');
    const say = (said: object | string): void => {
      stream.write(`event: message\ndata: ${typeof said === 'string' ? said : JSON.stringify(said)}\n\n`);
    };
    const result = (value: unknown): void => say({ jsonrpc: '2.0', id: message.id, result: value });
    const arrival: Posted = { message, headers: request.headers, response, say, result, stream };
    posted.push(arrival);
    const { method = '' } = message;
    if (script.keepsPost?.includes(method) !== true) response.writeHead(202).end('Accepted');
    const own = script.methods?.[method];
    if (own !== undefined) return own(arrival);
    if (method === 'initialize') {
      const capabilities = script.capabilities ?? { tools: {} };
      const serverInfo = { name: 'scripted', version: '1' };
      result({ protocolVersion: '2024-11-05', capabilities, serverInfo });
    } else if (method === 'tools/list') {
      result({ tools: [{ name: 'ask', inputSchema: { type: 'object' } }] });
    } else if (method === 'ping') result({});
  }

  const server = createServer((request, response) => {
    take(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  server.listen(script.port ?? 0, '127.0.0.1');
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
    port,
    target: `127.0.0.1:${port}`,
    /** Session → its open stream. */
    streams,
    /** How many streams were opened. */
    get opened() {
      return opened;
    },
    /** All messages that arrived, in order. */
    posted,
    of: (method: string) => posted.filter(({ message }) => message.method === method),
    close,
  };
}
