import { Reply, type EventRecorder } from '../call/reply.ts';
import { NO_BODY } from '../http/respond.ts';
import { BATCH_VERSION, batchElements } from '../jsonrpc/batch.ts';
import { readMessage, type Message } from '../jsonrpc/message.ts';
import { BatchPart, type PartAnswer, type PartOwner } from './batch-part.ts';
import { errorResponse, McpError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { LegacyServer } from './legacy-server.ts';
import type { Session } from './session.ts';

/** The most messages that a client may send at once. */
const MAX_MESSAGES = 100;
/** What the answers of one batch may take before they are counted, in bytes. */
const SMALL_BYTES = 64 * 1024;
const COLON = 0x3a;

/** One element of a batch: a message, or what is wrong with it. */
export interface BatchItem {
  readonly message: Message | undefined;
  readonly error?: unknown;
}

/**
 * Reads the messages of a batch (2025-03-26, Base Protocol, Batching). One that is none harms only itself.
 * @throws JsonScanError, McpError for the batch as a whole
 */
export function readBatch(body: Buffer): readonly BatchItem[] {
  const items = batchElements(body, MAX_MESSAGES).map(readItem);
  if (items.length === 0) throw new McpError('invalid_request', 'The batch is empty; expected at least one message.');
  // 2025-03-26, Lifecycle, Initialization: nothing else can be asked before it is answered.
  if (items.some(({ message }) => message?.method === 'initialize')) {
    throw new McpError('invalid_request', 'A batch has initialize in it, which must be sent alone.');
  }
  return items;
}

function readItem(bytes: Buffer): BatchItem {
  try {
    return { message: readMessage(bytes) };
  } catch (error) {
    return { message: undefined, error };
  }
}

/** The session that a batch is sent in. @throws McpError if it is not of the revision that has batches */
export function batchSession(exchange: Exchange, legacy: LegacyServer): Session {
  const id = exchange.request.headers['mcp-session-id'];
  const session = id === undefined ? undefined : legacy.session(exchange);
  if (session?.identity.protocolVersion === BATCH_VERSION) return session;
  const found = session === undefined ? 'there is no session' : `this session's is ${session.identity.protocolVersion}`;
  throw new McpError(
    'invalid_request',
    `Batches are of protocol version ${BATCH_VERSION} alone, and ${found}: send each message by itself.`,
  );
}

/**
 * The answer to a batch: one stream, on which each request gets its response when it is there. A batch that asks for
 * nothing has no stream.
 */
export class Batch implements PartOwner {
  readonly #exchange: Exchange;
  readonly #reply: Reply;
  readonly #bodySize: number;
  /** What answers that are not complete take, in bytes. */
  #held = 0;
  /** What has to be answered yet: the id as JSON text. */
  readonly #due = new Map<BatchPart, string | undefined>();

  /** @param recorder keeps the events of the stream, for a client that comes back */
  constructor(exchange: Exchange, bodySize: number, recorder: EventRecorder) {
    this.#exchange = exchange;
    this.#bodySize = bodySize;
    this.#reply = new Reply(exchange.response, recorder);
  }

  /** Serves each message as if it had come alone. @param serve answers one, also if it is none */
  serve(items: readonly BatchItem[], serve: (part: Exchange, item: BatchItem) => void): void {
    const { response } = this.#exchange;
    const parts = items.map((item) => ({ item, response: new BatchPart(this.#exchange.request, this) }));
    for (const part of parts) if (hasAnswer(part.item)) this.#due.set(part.response, part.item.message?.id);
    const asksNothing = this.#due.size === 0;
    if (asksNothing) response.writeHead(202, NO_BODY).end();
    else {
      const drained = (): void => this.#drained();
      response.on('drain', drained).on('close', drained);
    }
    for (const part of parts) {
      let exchange: Exchange;
      try {
        exchange = this.#exchange.part(part.response, NOT_RECORDED);
      } catch (error) {
        this.#refuse(part.response, error as McpError);
        continue;
      }
      serve(exchange, part.item);
    }
    if (asksNothing) this.#exchange.ended('batch', undefined);
  }

  get isFull(): boolean {
    return this.#exchange.response.writableNeedDrain;
  }

  mayHold(bytes: number, before: number): boolean {
    this.#held += bytes - before;
    const all = this.#bodySize + (this.#held <= SMALL_BYTES ? 0 : this.#held);
    return this.#exchange.holdBody(all) === undefined || bytes <= before;
  }

  event(frame: Buffer): void {
    if (frame[0] === COLON) this.#reply.keepAlive();
    else this.#reply.message(frame, frame);
  }

  over(part: BatchPart, last: PartAnswer | undefined): void {
    const id = this.#due.get(part);
    if (!this.#due.delete(part)) return;
    const bytes = last?.bytes ?? errorResponse(id, brokenOff());
    const frame = last?.isFrame === true ? bytes : undefined;
    if (this.#due.size > 0) return this.#reply.message(bytes, frame);
    this.#reply.finish(bytes, frame);
    this.#exchange.ended('batch', undefined);
  }

  #refuse(part: BatchPart, error: McpError): void {
    this.over(part, { bytes: errorResponse(this.#due.get(part), error), isFrame: false });
  }

  /** The client has read, or has gone: then what is written goes nowhere. */
  #drained(): void {
    for (const part of this.#due.keys()) part.emit('drain');
  }
}

/** Notifications and responses have no answer; what cannot be read has one (JSON-RPC 2.0, section 6). */
function hasAnswer({ message }: BatchItem): boolean {
  return message === undefined || message.kind === 'request';
}

function brokenOff(): McpError {
  return new McpError('upstream_fault', 'The answer broke off, or is too large for a batch: ask for it alone.');
}

/** The events of all messages of a batch are numbered and kept together, as those of one stream. */
const NOT_RECORDED: EventRecorder = {
  record: () => ({ opening: undefined, add: (frame) => frame, end: () => undefined }),
};
