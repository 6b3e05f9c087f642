import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { sendJson } from '../http/respond.ts';
import { readBody } from '../http/body.ts';
import { isBatch } from '../jsonrpc/batch.ts';
import { InvalidMessageError, readMessage, type Message } from '../jsonrpc/message.ts';
import { JsonScanError } from '../jsonrpc/message-scan.ts';
import type { Logger } from '../log.ts';
import { Batch, batchSession, readBatch } from './batch.ts';
import { eraOf } from './era.ts';
import { asMcpError, errorResponse, McpError, ScopeError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { LegacyServer } from './legacy-server.ts';
import type { ModernServer } from './modern-server.ts';

export interface McpEndpointOptions {
  readonly legacy: LegacyServer;
  readonly modern: ModernServer;
  /** The most bytes of a request's body. */
  readonly bodyBytes: number;
  readonly log: Logger;
}

/** An MCP endpoint over HTTP: reads the message, tells the era, and turns what is thrown into the one answer. */
export class McpEndpoint {
  readonly #options: McpEndpointOptions;

  constructor(options: McpEndpointOptions) {
    this.#options = options;
  }

  /** Serves one request. */
  handle(exchange: Exchange): void {
    const { method } = exchange.request;
    if (method === 'POST') {
      readBody(exchange.request, this.#options.bodyBytes, exchange, (error, body) => {
        if (error !== undefined) this.#fail(exchange, undefined, 'unread', error);
        else this.#post(exchange, body);
      });
      return;
    }
    try {
      if (method === 'GET') this.#options.legacy.get(exchange);
      else if (method === 'DELETE') this.#options.legacy.delete(exchange);
      else {
        throw new McpError('method_not_allowed', `An MCP endpoint takes POST, GET and DELETE, not ${String(method)}.`, {
          headers: { allow: 'POST, GET, DELETE' },
        });
      }
    } catch (error) {
      this.#fail(exchange, undefined, method ?? '', error);
    }
  }

  #post(exchange: Exchange, body: Buffer): void {
    let message: Message;
    try {
      checkContentType(exchange.request);
      // RFC 8259, section 8.1; else the gateway and a server could read two names.
      if (!isUtf8(body)) throw new McpError('parse', 'The message is not UTF-8.');
      if (isBatch(body)) return this.#batch(exchange, body);
      message = readMessage(body);
    } catch (error) {
      return this.#fail(exchange, undefined, 'unread', error);
    }
    this.#serve(exchange, message);
  }

  #serve(exchange: Exchange, message: Message): void {
    try {
      const era = eraOf(message, exchange.request.headers);
      const served =
        era === 'modern' ? this.#options.modern.post(exchange, message) : this.#options.legacy.post(exchange, message);
      served?.catch((error: unknown) => this.#fail(exchange, message, message.method, error));
    } catch (error) {
      this.#fail(exchange, message, message.method, error);
    }
  }

  /** @throws what is wrong with the batch as a whole */
  #batch(exchange: Exchange, body: Buffer): void {
    const items = readBatch(body);
    const session = batchSession(exchange, this.#options.legacy);
    new Batch(exchange, body.length, session.streams).serve(items, (part, { message, error }) => {
      if (message === undefined) this.#fail(part, undefined, 'unread', error);
      else this.#serve(part, message);
    });
  }

  #fail(exchange: Exchange, message: Message | undefined, method: string, thrown: unknown): void {
    const error = toMcpError(thrown);
    if (error.type === 'internal')
      this.#options.log.error('A request failed by a fault of the gateway.', { method, error: thrown });
    const readId = thrown instanceof InvalidMessageError ? thrown.id : message?.id;
    const headers =
      error instanceof ScopeError ? { 'www-authenticate': exchange.challenge(error.scopes) } : error.headers;
    sendJson(exchange.response, error.status, errorResponse(readId, error), headers);
    exchange.ended(method, error.type, { failure: error, message });
  }
}

/** A form or a plain text is what a foreign page can send across origins without asking: only JSON is read. */
function checkContentType(request: IncomingMessage): void {
  const type = request.headers['content-type'];
  if (type !== undefined && /^application\/json\s*(;|$)/i.test(type)) return;
  throw new McpError(
    'unsupported_media_type',
    `Content-Type is ${type === undefined ? 'missing' : type.slice(0, 128)}; expected application/json.`,
  );
}

function toMcpError(thrown: unknown): McpError {
  if (thrown instanceof McpError) return thrown;
  if (thrown instanceof JsonScanError) {
    const isJson = thrown.code === 'ERR_JSON_NOT_AN_OBJECT' || thrown.code === 'ERR_JSON_TOO_MANY';
    return new McpError(isJson ? 'invalid_request' : 'parse', thrown.message, { cause: thrown });
  }
  if (thrown instanceof InvalidMessageError) return new McpError('invalid_request', thrown.message, { cause: thrown });
  return asMcpError(thrown);
}
