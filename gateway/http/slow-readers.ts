import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How often connections are looked at, in milliseconds. */
const CHECK_MS = 5000;
/** What Node adds to the time that an idle connection is kept. */
const IDLE_BUFFER_MS = 1000;

/**
 * Cuts the connections of clients that do not take what they are sent: what waits for them is held in memory, and else for
 * ever, since their side of the connection lives. One that takes it slowly is left.
 */
export class SlowReaders {
  readonly #sockets = new Set<Socket>();
  readonly #patienceMs: number;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param server whose own timeouts are for connections without a request
   * @param patienceMs a client that takes nothing for so long is cut, and no later than after twice that and a few seconds
   * @param idleMs the server's `keepAliveTimeout`
   */
  constructor(server: Server, patienceMs: number, idleMs: number) {
    // A connection's timeout is this one or that of idle ones; its length tells which.
    this.#patienceMs = patienceMs === idleMs + IDLE_BUFFER_MS ? patienceMs + 1 : patienceMs;
    server.on('timeout', (socket: Socket) => {
      const isQuiet = socket.timeout === this.#patienceMs && socket.writableLength === 0;
      if (!isQuiet) socket.destroy();
    });
  }

  /** Watches a connection until it ends. */
  watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#timer ??= setInterval(() => this.#check(), Math.min(CHECK_MS, this.#patienceMs)).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Node's own timeout of a socket sees whether the system takes a part of what waits; only who lets it wait needs one. */
  #check(): void {
    for (const socket of this.#sockets) {
      if (socket.writableLength > 0 && socket.timeout !== this.#patienceMs) socket.setTimeout(this.#patienceMs);
    }
  }
}
