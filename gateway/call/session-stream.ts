import { readMessages } from '../jsonrpc/batch.ts';
import type { Message } from '../jsonrpc/message.ts';
import { FrameSplitter, readFrame } from '../jsonrpc/sse-frames.ts';
import type { RoutedServer } from '../routing/route.ts';
import { keepOpen } from '../upstream/keep-open.ts';
import { resumeHeaders } from './legacy-request.ts';
import type { UpstreamSession } from './upstream-session.ts';
import type { Pools } from '../upstream/pools.ts';

/** How long a call waits for the stream to be open, in milliseconds: servers without one may leave it unanswered. */
const OPEN_MS = 2000;
const MAX_EVENT_BYTES = 16 * 1024 * 1024;
/** How long a server is left alone that does not say how long, at first, in milliseconds: as the SDKs' clients do. */
const RETRY_MS = 1000;
/** Statuses that say that there is no such stream, or no such session. */
const REFUSED = new Set([400, 404, 405, 406, 501]);

/** Who a session's stream is for. */
export interface StreamOwner {
  message(message: Message): void;
  /** The server does not know the session any more. */
  gone(): void;
}

/**
 * What a legacy server says in a session outside of its answers: its GET stream, kept open and taken up where it broke
 * off (2025-11-25, Transports, Listening for Messages from the Server).
 */
export class SessionStream {
  /** Resolves when the stream is open, or was refused; when a server does not say, after a while. Never rejects. */
  readonly opened: Promise<void>;
  readonly #closed = new AbortController();
  readonly #open: () => void;
  #isBroken = false;
  #lastEventId: string | undefined;
  #retryMs: number | undefined;

  constructor(pools: Pools, server: RoutedServer, session: UpstreamSession, owner: StreamOwner) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#open = resolve;
    setTimeout(resolve, OPEN_MS).unref();
    void this.#listen(pools, server, session, owner).finally(resolve);
  }

  /** Whether it was open and is not now: what the server says may be lost. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  close(): void {
    this.#closed.abort();
  }

  async #listen(pools: Pools, server: RoutedServer, session: UpstreamSession, owner: StreamOwner): Promise<void> {
    const open = async (): Promise<boolean> => {
      const isThere = await this.#read(pools, server, session, owner).catch(hasMore);
      this.#isBroken ||= isThere;
      return isThere;
    };
    await keepOpen(this.#closed.signal, open, { minMs: RETRY_MS, waitMs: () => this.#retryMs });
  }

  /** @returns false: the server has no such stream */
  async #read(pools: Pools, { entry }: RoutedServer, session: UpstreamSession, owner: StreamOwner): Promise<boolean> {
    const sent = resumeHeaders(session, this.#lastEventId);
    sent.push('host', entry.host);
    const { statusCode, headers, body } = await pools.forStreams(entry, session.target, session.subject).request({
      method: 'GET',
      path: entry.path,
      headers: sent,
      signal: this.#closed.signal,
    });
    const type = headers['content-type'];
    if (statusCode !== 200 || typeof type !== 'string' || !/^text\/event-stream/i.test(type)) {
      await body.dump();
      // 404 is the word for a session that is not known (any more).
      if (statusCode === 404) owner.gone();
      return statusCode !== 200 && !REFUSED.has(statusCode);
    }
    this.#open();
    this.#isBroken = false;
    const frames = new FrameSplitter(MAX_EVENT_BYTES);
    for await (const chunk of body as AsyncIterable<Buffer>) {
      for (const bytes of frames.push(chunk)) {
        const { data, isMessage, id, retry } = readFrame(bytes);
        this.#lastEventId = id ?? this.#lastEventId;
        this.#retryMs = retry ?? this.#retryMs;
        if (!isMessage || data === undefined || data.length === 0) continue;
        for (const message of readMessages(Buffer.from(data), session.protocolVersion)) owner.message(message);
      }
    }
    return true;
  }
}

/** The connection broke, or what came is no message: the server may have more to say. */
function hasMore(): boolean {
  return true;
}
