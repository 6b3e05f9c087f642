import { isUtf8 } from 'node:buffer';
import type { Dispatcher } from 'undici';
import { readMessages } from '../jsonrpc/batch.ts';
import { readMessage, InvalidMessageError, type Message } from '../jsonrpc/message.ts';
import { FrameSplitter, FrameTooLargeError, readFrame } from '../jsonrpc/sse-frames.ts';
import type { TopLevel } from '../jsonrpc/top-level.ts';
import { Utf8Check } from '../jsonrpc/utf8-check.ts';
import { isAnswerTo, isSameId } from './answer-edits.ts';
import { noRoom, notUtf8, serverError } from './faults.ts';
import { LargeEvent } from './large-event.ts';
import type { AnswerContext, AnswerHolder } from './leg.ts';
import { takeNotice, type NoticeListener } from './notices.ts';
import type { ResumptionPoint } from './resumption.ts';

/** An answer up to this size is held until it is complete, so that one that breaks off becomes an error. */
export const HELD_ANSWER_BYTES = 1024 * 1024;
/** The largest event that is held: one that has to be translated, or spreads over lines. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
const COLON = 0x3a;

export interface AnswerStreamOptions {
  /** Who hears what the server says beside its answer. */
  readonly listener: NoticeListener;
  readonly context: AnswerContext;
  /** The id that the answer must carry, as JSON text. */
  readonly sentId: string;
  /** The revision that is spoken with the server: some have batches. */
  readonly version: string;
  readonly holder: AnswerHolder;
  /** @param frame the answer's own event, where it may pass as it is */
  readonly onAnswer: (answer: Message, frame: Buffer | undefined) => void;
  /** The answer was so large that it has been passed on as it came. */
  readonly onPassed: () => void;
}

/**
 * A server's stream of events as the client's: frame by frame, up to the answer. The server's event ids and retry times
 * are its own hop's and stay behind; so do requests of the server, which nothing was declared for.
 */
export class AnswerStream {
  readonly #options: AnswerStreamOptions;
  #frames = new FrameSplitter(MAX_FRAME_BYTES);
  /** An event that is passed on before it is complete. */
  #large: LargeEvent | undefined;
  #largeUtf8 = new Utf8Check();
  #isOver = false;
  #lastEventId: string | undefined;
  #retryMs: number | undefined;

  constructor(options: AnswerStreamOptions) {
    this.#options = options;
  }

  /** Where to take the stream up if it ends before the answer (2025-11-25, Resumability); undefined: nowhere. */
  get resumption(): ResumptionPoint | undefined {
    if (this.#isOver || this.#large !== undefined || this.#lastEventId === undefined) return undefined;
    return { lastEventId: this.#lastEventId, retryMs: this.#retryMs };
  }

  /** The stream is taken up again: an event that broke off comes anew, if it comes. */
  goOn(): void {
    this.#frames = new FrameSplitter(MAX_FRAME_BYTES);
    this.#options.holder.mayHold(0);
  }

  /** Takes a chunk of the server's stream. @throws if the server sends what is no message, or too large */
  push(chunk: Buffer, controller: Dispatcher.DispatchController): void {
    let rest = chunk;
    if (this.#large !== undefined) {
      const end = this.#large.push(chunk);
      this.#checkLarge(chunk.subarray(0, end));
      this.#options.context.reply.pass(chunk.subarray(0, end), controller);
      if (end === chunk.length) return;
      if (!this.#largeUtf8.end()) throw notUtf8(this.#options.context.call.server);
      this.#endLarge(this.#large.end(), controller);
      rest = chunk.subarray(end);
    }
    for (const frame of this.#frames.push(rest)) {
      if (this.#isOver) this.#drop(frame);
      else this.#take(frame, controller);
    }
    if (!this.#isOver) this.#holdRest(controller);
  }

  /** Takes what comes behind the answer: nobody gets it. */
  drop(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.push(chunk)) this.#drop(frame);
    } catch {
      // A frame too large to be an answer that anyone waits for.
    }
  }

  #drop(frame: Buffer): void {
    const { data, isMessage } = readFrame(frame);
    if (!isMessage || data === undefined || data.length === 0) return;
    try {
      if (readMessage(data).kind === 'response') this.#options.context.drops.count++;
    } catch {
      // What is no message is no answer.
    }
  }

  /** The stream is over. @throws since it was over before the answer */
  end(): never {
    throw serverError('upstream_fault', this.#options.context.call.server, 'ended its stream without an answer.');
  }

  /** What has come of an event is held until the rest is there, unless it is too large for that. */
  #holdRest(controller: Dispatcher.DispatchController): void {
    const { context, holder } = this.#options;
    const { call, leg } = context;
    const size = this.#frames.pendingSize;
    const hasRoom = holder.mayHold(size);
    if (hasRoom && (!leg.isRaw || size <= HELD_ANSWER_BYTES)) return;
    if (!leg.isRaw) throw noRoom(call.server);
    this.#beginLarge(controller);
    holder.mayHold(0);
  }

  #beginLarge(controller: Dispatcher.DispatchController): void {
    const pending = this.#frames.takePending();
    const begun = LargeEvent.begin(pending);
    if (begun === undefined) throw new FrameTooLargeError('A large event is not on one line of data.');
    this.#large = begun.event;
    this.#largeUtf8 = new Utf8Check();
    this.#checkLarge(begun.bytes);
    this.#options.context.reply.beginEvent(begun.bytes, controller);
  }

  #checkLarge(bytes: Buffer): void {
    if (!this.#largeUtf8.push(bytes)) throw notUtf8(this.#options.context.call.server);
  }

  /** @throws if it was neither the answer nor a notification: the client cannot be told */
  #endLarge({ id, kind }: TopLevel, controller: Dispatcher.DispatchController): void {
    const { context, sentId } = this.#options;
    const isAnswer = kind === 'response' && isSameId(id, sentId);
    if (!isAnswer && kind !== 'notification') throw new InvalidMessageError('A large event is not the answer.', id);
    this.#large = undefined;
    context.reply.endEvent(isAnswer, controller);
    this.#isOver = isAnswer;
    if (isAnswer) this.#options.onPassed();
  }

  #take(frame: Buffer, controller: Dispatcher.DispatchController): void {
    const { data, isMessage, hasHopFields, id, retry } = readFrame(frame);
    if (hasHopFields) {
      // An empty id takes the last one back (HTML, Server-sent events).
      if (id !== undefined) this.#lastEventId = id === '' ? undefined : id;
      this.#retryMs = retry ?? this.#retryMs;
    }
    if (!isMessage || data === undefined || data.length === 0) {
      // A server's comment keeps alive what is between it and the client.
      if (frame[0] === COLON) this.#options.context.reply.keepAlive();
      return;
    }
    const { context, sentId, version, onAnswer } = this.#options;
    // RFC 8259, section 8.1.
    if (!isUtf8(data)) throw notUtf8(context.call.server);
    const messages = readMessages(data, version);
    // The very frame where nothing in it is the server's hop's or is rewritten.
    const asItCame = hasHopFields || messages[0]?.bytes !== data ? undefined : frame;
    let answer: Message | undefined;
    for (const message of messages) {
      if (message.kind !== 'response') this.#notice(message, asItCame, controller);
      else if (answer === undefined && isAnswerTo(message, sentId)) answer = message;
    }
    // A batch has no order: what came with the answer is no later than it.
    if (answer === undefined || this.#isOver) return;
    this.#isOver = true;
    onAnswer(answer, asItCame);
  }

  #notice(message: Message, frame: Buffer | undefined, controller: Dispatcher.DispatchController): void {
    const { context, sentId } = this.#options;
    const passed = takeNotice(context, sentId, this.#options.listener, message);
    if (passed !== undefined) context.reply.message(passed, passed === message.bytes ? frame : undefined, controller);
  }
}
