import { isUtf8 } from 'node:buffer';
import type { Dispatcher } from 'undici';
import { BATCH_VERSION, isBatch, readMessages } from '../jsonrpc/batch.ts';
import type { Message } from '../jsonrpc/message.ts';
import { TopLevelScan } from '../jsonrpc/top-level.ts';
import { Utf8Check } from '../jsonrpc/utf8-check.ts';
import { isAnswerTo, isSameId } from './answer-edits.ts';
import { HELD_ANSWER_BYTES } from './answer-stream.ts';
import { foreignAnswer, noRoom, notUtf8, serverError, unexpectedAnswer } from './faults.ts';
import type { AnswerContext, AnswerHolder } from './leg.ts';
import { takeNotice, type NoticeListener } from './notices.ts';

/** An answer that has to be translated is held whatever its size, up to this. */
const TRANSLATED_ANSWER_BYTES = 16 * 1024 * 1024;

export interface JsonAnswerOptions {
  /** Who hears what the server says beside its answer. */
  readonly listener: NoticeListener;
  readonly context: AnswerContext;
  readonly holder: AnswerHolder;
  /** The id that the answer must carry, as JSON text. */
  readonly sentId: string;
  /** The revision that is spoken with the server: some have batches. */
  readonly version: string;
  readonly status: number;
  readonly contentType: string;
}

/**
 * A server's JSON answer as the client's. It is held until it is complete, so that one that breaks off becomes an error; a
 * large one that needs no translation is passed on as it comes.
 */
export class JsonAnswer {
  readonly #options: JsonAnswerOptions;
  #held: Buffer[] = [];
  #size = 0;
  /** Set where the answer is passed on as it comes. */
  #passing: { readonly scan: TopLevelScan; readonly utf8: Utf8Check } | undefined;

  constructor(options: JsonAnswerOptions) {
    this.#options = options;
  }

  /** Takes a chunk of the answer. @throws McpError if it is too large to translate, or cannot be passed on */
  push(chunk: Buffer, controller: Dispatcher.DispatchController): void {
    if (this.#passing === undefined) this.#hold(chunk, controller);
    else {
      const { call, reply } = this.#options.context;
      if (!this.#passing.utf8.push(chunk)) throw notUtf8(call.server);
      this.#passing.scan.push(chunk);
      reply.pass(chunk, controller);
    }
  }

  /** The answer is complete. @returns it; undefined: it has been passed on as it came @throws if it is none */
  end(): Message | undefined {
    const { context, sentId } = this.#options;
    const { call, reply } = context;
    if (this.#passing === undefined) {
      const bytes = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held, this.#size);
      const messages = this.#read(bytes);
      const answer = messages.find((message) => message.kind === 'response' && isAnswerTo(message, sentId));
      if (answer === undefined) throw foreignAnswer(call.server);
      if (messages.length > 1) this.#takeNotices(messages);
      return answer;
    }
    if (!this.#passing.utf8.end()) throw notUtf8(call.server);
    const { kind, id } = this.#passing.scan.end();
    if (kind !== 'response' || !isSameId(id, sentId)) throw foreignAnswer(call.server);
    reply.endJson();
    return undefined;
  }

  /** What came in one batch with the answer is no later than it. */
  #takeNotices(messages: readonly Message[]): void {
    const { context, sentId } = this.#options;
    for (const message of messages) {
      const passed =
        message.kind === 'response' ? undefined : takeNotice(context, sentId, this.#options.listener, message);
      if (passed !== undefined) context.reply.message(passed);
    }
  }

  #hold(chunk: Buffer, controller: Dispatcher.DispatchController): void {
    this.#held.push(chunk);
    this.#size += chunk.length;
    const { context, holder, version } = this.#options;
    const { call, leg, reply } = context;
    const hasRoom = holder.mayHold(this.#size);
    const isMany = version === BATCH_VERSION && isBatch(this.#held[0] as Buffer);
    if (leg.isRaw && !reply.hasBegun && !isMany) {
      if (!hasRoom || this.#size > HELD_ANSWER_BYTES) this.#pass(controller);
    } else if (!hasRoom) throw noRoom(call.server);
    else if (this.#size > TRANSLATED_ANSWER_BYTES) {
      const says = `sent an answer of over ${TRANSLATED_ANSWER_BYTES / 1024 / 1024} MiB, too large to translate.`;
      throw serverError('upstream_fault', call.server, says);
    }
  }

  /** From here on a fault can only be shown by breaking off. */
  #pass(controller: Dispatcher.DispatchController): void {
    const { context, holder, status } = this.#options;
    const { leg, reply } = context;
    const held = Buffer.concat(this.#held, this.#size);
    this.#held = [];
    holder.mayHold(0);
    this.#passing = { scan: new TopLevelScan(), utf8: new Utf8Check() };
    reply.beginJson(leg.status(status, undefined));
    this.push(held, controller);
  }

  #read(bytes: Buffer): readonly Message[] {
    const { context, version, status, contentType } = this.#options;
    const { server } = context.call;
    try {
      // RFC 8259, section 8.1.
      if (!isUtf8(bytes)) throw notUtf8(server);
      return readMessages(bytes, version);
    } catch (error) {
      // Another API's words, or a proxy's: the status says more of them than what is wrong with them as a message.
      if (status < 300) throw error;
      throw unexpectedAnswer(server, status, contentType);
    }
  }
}
