import { readFileSync } from 'node:fs';
import { Agent, request, type Dispatcher } from 'undici';

/** An API server, and the files by which to trust it and to be known to it. */
export interface KubeAccess {
  readonly server: string;
  readonly credentials?: { readonly authority: string; readonly certificate: string; readonly key: string };
}

/** The API server's refusal: a metav1.Status. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly reason: string;
  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** JSON over HTTP with an API server. */
export class KubeHttp {
  readonly #server: string;
  readonly #agent: Agent;

  constructor({ server, credentials }: KubeAccess) {
    this.#server = server.replace(/\/$/, '');
    const connect = credentials && {
      ca: readFileSync(credentials.authority),
      cert: readFileSync(credentials.certificate),
      key: readFileSync(credentials.key),
    };
    // A watch is silent for as long as nothing happens.
    this.#agent = new Agent({ bodyTimeout: 0, ...(connect && { connect }) });
  }

  /** @throws StatusError, or the network's error */
  async json<T>(method: Dispatcher.HttpMethod, path: string, body?: unknown): Promise<T> {
    const response = await this.#request(method, path, body);
    return (await response.body.json()) as T;
  }

  /** The objects of a stream, one a line, until it ends or the signal is given. */
  async *lines<T>(path: string, signal: AbortSignal): AsyncGenerator<T> {
    const response = await this.#request('GET', path, undefined, signal);
    let rest = '';
    for await (const chunk of response.body.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as T;
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #request(
    method: Dispatcher.HttpMethod,
    path: string,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const response = await request(this.#server + path, {
      method,
      dispatcher: this.#agent,
      headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    if (response.statusCode < 300) return response;
    const text = await response.body.text();
    const { reason, message } = readStatus(text);
    throw new StatusError(
      response.statusCode,
      reason ?? '',
      message ?? `${method} ${path}: HTTP ${response.statusCode} ${text}`,
    );
  }
}

function readStatus(text: string): { readonly reason?: string; readonly message?: string } {
  try {
    return JSON.parse(text) as { reason?: string; message?: string };
  } catch {
    return {};
  }
}
