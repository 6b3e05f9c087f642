import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { once } from 'node:events';
import { listenOn } from './listen.ts';
import type { TlsContext } from './tls.ts';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** All headers of a request together, in bytes. */
  readonly headerBytes: number;
  readonly connectionIdleMs: number;
  readonly receiveTimeoutMs: number;
  /** Set: HTTPS, with whatever certificate it has at the moment. */
  readonly tls?: Pick<TlsContext, 'options' | 'attach'>;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
}

/** The main listener: `node:http` itself, since the call path runs on it. */
export class Listener {
  readonly server: Server;
  readonly #options: ListenerOptions;
  #isDraining = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const common = {
      maxHeaderSize: options.headerBytes,
      keepAliveTimeout: options.connectionIdleMs,
      requestTimeout: options.receiveTimeoutMs,
      headersTimeout: options.receiveTimeoutMs,
      noDelay: true,
    };
    const onRequest: RequestListener = (request, response) => {
      // A client learns with its answer that it has to connect elsewhere.
      if (this.#isDraining) response.setHeader('connection', 'close');
      options.onRequest(request, response);
    };
    if (options.tls === undefined) this.server = createServer(common, onRequest);
    else {
      const server: SecureServer = createSecureServer({ ...common, ...options.tls.options }, onRequest);
      options.tls.attach(server);
      this.server = server;
    }
  }

  /** Resolves when connections are taken. @throws if the port is */
  async listen(): Promise<void> {
    await listenOn(this.server, this.#options);
  }

  /**
   * Takes no new connections, and waits for the running requests.
   * @param deadlineMs then what still runs is broken off
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    const closed = once(this.server, 'close');
    this.server.close();
    const timer = setTimeout(() => this.server.closeAllConnections(), deadlineMs);
    await closed;
    clearTimeout(timer);
  }
}
