import { request as httpRequest, type Agent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text as bodyOf } from 'node:stream/consumers';
import { MessageStream } from './message-stream.ts';

/** MCP over HTTP by hand: for what no SDK client does, and to see what crosses the wire. */

export interface SendOptions {
  /** Default POST. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
  /** Closes the connection. */
  readonly signal?: AbortSignal;
  /** For HTTPS. */
  readonly ca?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A JSON-RPC answer as a test reads it. */
export interface RpcAnswer {
  readonly jsonrpc: string;
  readonly id?: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

const ACCEPT = 'application/json, text/event-stream';
const META = 'io.modelcontextprotocol/';
export const modernVersion = '2026-07-28';

/** Sends a request and resolves with the response when its headers are there. */
export function open(url: string, options: SendOptions = {}): Promise<IncomingMessage> {
  const { method = 'POST', headers = {}, body, agent, signal, ca } = options;
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      { method, headers, ...(agent && { agent }), ...(signal && { signal }), ...(ca && { ca }) },
      resolve,
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Sends a request and reads the whole answer. */
export async function send(url: string, options: SendOptions = {}): Promise<HttpAnswer> {
  const response = await open(url, options);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() };
}

/** All messages of an answer, be it JSON or a stream of events. */
export function messagesOf({ headers, text }: HttpAnswer): RpcAnswer[] {
  if (!String(headers['content-type']).startsWith('text/event-stream')) {
    return text === '' ? [] : [JSON.parse(text) as RpcAnswer];
  }
  return text
    .split(/\r?\n\r?\n/)
    .map((event) =>
      event
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice('data: '.length))
        .join('\n'),
    )
    .filter((data) => data !== '')
    .map((data) => JSON.parse(data) as RpcAnswer);
}

/** The JSON-RPC answer: the one message that is neither request nor notification. @throws if there is not exactly one */
export function answerOf(answer: HttpAnswer): RpcAnswer {
  const answers = messagesOf(answer).filter((message) => !('method' in message));
  if (answers.length !== 1) throw new Error(`${answers.length} answers, HTTP ${answer.status}: ${answer.text}`);
  return answers[0] as RpcAnswer;
}

export type RequestOptions = Omit<SendOptions, 'body' | 'method'> & { readonly id?: string | number };
export type InitializeOptions = RequestOptions & { readonly capabilities?: Readonly<Record<string, unknown>> };

/** A session of a legacy client. */
export class LegacySession {
  readonly url: string;
  readonly id: string;
  readonly initialized: RpcAnswer;
  readonly #options: RequestOptions;
  #nextId = 1;

  private constructor(url: string, id: string, initialized: RpcAnswer, options: RequestOptions) {
    this.url = url;
    this.id = id;
    this.initialized = initialized;
    this.#options = options;
  }

  static async begin(
    url: string,
    version = '2025-11-25',
    { capabilities = {}, ...options }: InitializeOptions = {},
  ): Promise<LegacySession> {
    const answer = await initialize(url, version, { ...options, capabilities });
    const id = answer.headers['mcp-session-id'];
    if (typeof id !== 'string') throw new Error(`No session: HTTP ${answer.status} ${answer.text}`);
    const session = new LegacySession(url, id, answerOf(answer), options);
    await session.notify('notifications/initialized');
    return session;
  }

  get headers(): Record<string, string> {
    const own = { 'content-type': 'application/json', accept: ACCEPT, 'mcp-session-id': this.id };
    return { ...own, ...this.#options.headers };
  }

  /** Sends a request and reads the whole answer. */
  request(method: string, params: unknown = {}, options: RequestOptions = {}): Promise<HttpAnswer> {
    return send(this.url, this.#sent(method, params, options));
  }

  /** Sends a request and gives the one JSON-RPC answer. */
  async rpc(method: string, params: unknown = {}, options: RequestOptions = {}): Promise<RpcAnswer> {
    return answerOf(await this.request(method, params, options));
  }

  /** Sends a request and gives the response before its body. */
  open(method: string, params: unknown = {}, options: RequestOptions = {}): Promise<IncomingMessage> {
    return open(this.url, this.#sent(method, params, options));
  }

  /** Calls a tool and gives the one JSON-RPC answer. */
  async call(name: string, args: unknown = {}, options: RequestOptions = {}): Promise<RpcAnswer> {
    return answerOf(await this.request('tools/call', { name, arguments: args }, options));
  }

  notify(method: string, params?: unknown): Promise<HttpAnswer> {
    return this.post({ jsonrpc: '2.0', method, params });
  }

  /** Sends any message. */
  post(message: unknown, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    const body = JSON.stringify(message);
    return send(this.url, { ...this.#options, headers: { ...this.headers, ...headers }, body });
  }

  /** Opens the session's stream, or takes one up again behind an event. */
  async listen(lastEventId?: string): Promise<MessageStream> {
    const headers = {
      ...this.headers,
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    };
    return new MessageStream(await open(this.url, { ...this.#options, method: 'GET', headers }));
  }

  end(): Promise<HttpAnswer> {
    const headers = { ...this.#options.headers, 'mcp-session-id': this.id };
    return send(this.url, { ...this.#options, method: 'DELETE', headers });
  }

  #sent(method: string, params: unknown, options: RequestOptions): SendOptions {
    const { id = this.#nextId++, headers, ...rest } = { ...this.#options, ...options };
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    return { ...rest, headers: { ...this.headers, ...headers }, body };
  }
}

/** Sends `initialize`. */
export function initialize(url: string, version = '2025-11-25', options: InitializeOptions = {}): Promise<HttpAnswer> {
  const { id = 0, headers, capabilities = {}, ...rest } = options;
  const params = { protocolVersion: version, capabilities, clientInfo: { name: 'fetchfy-test', version: '1' } };
  return send(url, {
    ...rest,
    headers: { 'content-type': 'application/json', accept: ACCEPT, ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id, method: 'initialize', params }),
  });
}

/** A modern request: the envelope and the headers that mirror it; `headers` and `meta` change them, '' leaves one out. */
export function modernRequest(
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  { id = 1, headers = {}, meta = {}, ...rest }: RequestOptions & { readonly meta?: Record<string, unknown> } = {},
): SendOptions {
  const envelope = { [`${META}protocolVersion`]: modernVersion, [`${META}clientCapabilities`]: {}, ...meta };
  const name = params['name'] ?? params['uri'];
  const mirrored: Record<string, string> = {
    'content-type': 'application/json',
    accept: ACCEPT,
    'mcp-protocol-version': modernVersion,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': name }),
    ...headers,
  };
  const sent = Object.fromEntries(Object.entries(mirrored).filter(([, value]) => value !== ''));
  return {
    ...rest,
    headers: sent,
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: envelope } }),
  };
}

/** Sends a modern request and reads the whole answer. */
export function modern(url: string, ...request: Parameters<typeof modernRequest>): Promise<HttpAnswer> {
  return send(url, modernRequest(...request));
}

/** Calls a tool as a modern client and gives the one JSON-RPC answer. */
export async function modernCall(
  url: string,
  name: string,
  args: unknown = {},
  options: RequestOptions = {},
): Promise<RpcAnswer> {
  return answerOf(await modern(url, 'tools/call', { name, arguments: args }, options));
}

/** Opens a subscription. */
export async function modernListen(
  url: string,
  notifications: unknown,
  options: RequestOptions = {},
): Promise<MessageStream> {
  return new MessageStream(await open(url, modernRequest('subscriptions/listen', { notifications }, options)));
}

/** Asks for a subscription as `send` asks for other things; one that is taken is closed at once, its text not read. */
export async function modernListenOnce(url: string, options: RequestOptions = {}): Promise<HttpAnswer> {
  const response = await open(url, modernRequest('subscriptions/listen', { notifications: {} }, options));
  const { statusCode: status = 0, headers } = response;
  const text = status === 200 ? '' : await bodyOf(response);
  response.destroy();
  return { status, headers, text };
}

/** The text that a tool answered. @throws with the error's message if it is one */
export function textOf({ result, error }: RpcAnswer): string {
  if (error !== undefined) throw new Error(error.message);
  return (result as { content: { text: string }[] }).content[0]?.text ?? '';
}
