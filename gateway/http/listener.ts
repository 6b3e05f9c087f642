import {
  createServer,
  ServerResponse,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  type Server,
} from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { once } from 'node:events';
import { Server as NetServer, type Socket } from 'node:net';
import { listenOn } from './listen.ts';
import { SlowReaders } from './slow-readers.ts';
import type { TlsContext } from '../../mounts/tls.ts';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** All headers of a request together, in bytes. */
  readonly headerBytes: number;
  readonly connectionIdleMs: number;
  readonly receiveTimeoutMs: number;
  /** A client that takes nothing of its answer for so long is cut. */
  readonly sendTimeoutMs: number;
  /** Connections at one time; more are closed at once. */
  readonly connections: number;
  /** Set: HTTPS, with whatever certificate it has at the moment. */
  readonly tls?: Pick<TlsContext, 'options' | 'attach'>;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
}

/** How long a connection may be idle while the gateway drains, in milliseconds. */
const DRAIN_IDLE_MS = 500;
/** How often slow senders are looked for at most, in milliseconds. */
const CHECK_MS = 5000;

/** The main listener: `node:http` itself, since the call path runs on it. */
export class Listener {
  readonly server: Server;
  readonly #options: ListenerOptions;
  /** Connections that have not brought a request yet: node:http does not count them as idle. */
  readonly #unused = new Set<Socket>();
  readonly #slowReaders: SlowReaders;
  #isDraining = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const isDraining = (): boolean => this.#isDraining;
    const common = {
      maxHeaderSize: options.headerBytes,
      keepAliveTimeout: options.connectionIdleMs,
      requestTimeout: options.receiveTimeoutMs,
      headersTimeout: options.receiveTimeoutMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, options.receiveTimeoutMs),
      noDelay: true,
      ServerResponse: drainableResponse(isDraining),
    };
    if (options.tls === undefined) this.server = createServer(common, options.onRequest);
    else {
      const secure = { ...common, ...options.tls.options, handshakeTimeout: options.receiveTimeoutMs };
      const server: SecureServer = createSecureServer(secure, options.onRequest);
      options.tls.attach(server);
      this.server = server;
    }
    this.server.maxConnections = options.connections;
    this.#slowReaders = new SlowReaders(this.server, options.sendTimeoutMs, options.connectionIdleMs);
    this.server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      this.#slowReaders.watch(socket);
      this.#unused.add(socket);
      socket.once('close', () => this.#unused.delete(socket));
    });
    this.server.on('request', ({ socket }) => this.#unused.delete(socket));
  }

  /** Resolves when connections are taken. @throws if the port is */
  async listen(): Promise<void> {
    await listenOn(this.server, this.#options);
  }

  /**
   * Takes no new connections, and waits for the running requests. A connection that is open may still bring a request: its
   * answer says that it is the last. One that brings none is closed after a moment, not at once, since its client may be
   * sending just now and could not tell whether that was read.
   * @param deadlineMs then what still runs is broken off
   */
  async drain(deadlineMs: number): Promise<void> {
    const { server } = this;
    this.#isDraining = true;
    const closed = once(server, 'close');
    // What becomes idle from now on; node:http's own close would cut off all idle connections at once.
    server.keepAliveTimeout = DRAIN_IDLE_MS;
    NetServer.prototype.close.call(server);
    const idle = setTimeout(() => {
      server.closeIdleConnections();
      for (const socket of this.#unused) socket.destroy();
    }, DRAIN_IDLE_MS);
    const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
    await closed;
    clearTimeout(idle);
    clearTimeout(timer);
    this.#slowReaders.close();
  }
}

/** A response that says `connection: close` if the gateway drains when its head is written. */
function drainableResponse(isDraining: () => boolean): typeof ServerResponse {
  return class extends ServerResponse {
    override writeHead(
      status: number,
      reasonOrHeaders?: string | OutgoingHttpHeaders | OutgoingHttpHeader[],
      headers?: OutgoingHttpHeaders | OutgoingHttpHeader[],
    ): this {
      if (isDraining()) this.shouldKeepAlive = false;
      if (typeof reasonOrHeaders === 'string') return super.writeHead(status, reasonOrHeaders, headers);
      return super.writeHead(status, reasonOrHeaders);
    }
  } as typeof ServerResponse;
}
