import type { Dispatcher } from 'undici';
import { readMessage, type Message } from '../jsonrpc/message.ts';
import { TopLevelScan } from '../jsonrpc/top-level.ts';
import { isAnswerTo, isSameId } from './answer-edits.ts';
import { HELD_ANSWER_BYTES } from './answer-stream.ts';
import { foreignAnswer, noRoom, serverError, unexpectedAnswer } from './faults.ts';
import type { AnswerContext, AnswerHolder } from './leg.ts';

/** An answer that has to be translated is held whatever its size, up to this. */
const TRANSLATED_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * A server's JSON answer as the client's. It is held until it is complete, so that one that breaks off becomes an error; a
 * large one that needs no translation is passed on as it comes.
 */
export class JsonAnswer {
  readonly #context: AnswerContext;
  readonly #holder: AnswerHolder;
  readonly #sentId: string;
  readonly #status: number;
  readonly #contentType: string;
  #held: Buffer[] = [];
  #size = 0;
  /** Set where the answer is passed on as it comes. */
  #passing: TopLevelScan | undefined;

  /** @param sentId the id that the answer must carry, as JSON text */
  constructor(context: AnswerContext, holder: AnswerHolder, sentId: string, status: number, contentType: string) {
    this.#context = context;
    this.#holder = holder;
    this.#sentId = sentId;
    this.#status = status;
    this.#contentType = contentType;
  }

  /** Takes a chunk of the answer. @throws McpError if it is too large to translate */
  push(chunk: Buffer, controller: Dispatcher.DispatchController): void {
    if (this.#passing === undefined) this.#hold(chunk, controller);
    else {
      this.#passing.push(chunk);
      this.#context.reply.pass(chunk, controller);
    }
  }

  /** The answer is complete. @returns it; undefined: it has been passed on as it came @throws if it is none */
  end(): Message | undefined {
    const { call, reply } = this.#context;
    if (this.#passing === undefined) {
      const bytes = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held, this.#size);
      const answer = this.#read(bytes);
      if (answer.kind !== 'response' || !isAnswerTo(answer, this.#sentId)) throw foreignAnswer(call.server);
      return answer;
    }
    const { kind, id } = this.#passing.end();
    if (kind !== 'response' || !isSameId(id, this.#sentId)) throw foreignAnswer(call.server);
    reply.endJson();
    return undefined;
  }

  #hold(chunk: Buffer, controller: Dispatcher.DispatchController): void {
    this.#held.push(chunk);
    this.#size += chunk.length;
    const { call, leg, reply } = this.#context;
    const hasRoom = this.#holder.mayHold(this.#size);
    if (leg.isRaw && !reply.hasBegun) {
      if (!hasRoom || this.#size > HELD_ANSWER_BYTES) this.#pass(controller);
    } else if (!hasRoom) throw noRoom(call.server);
    else if (this.#size > TRANSLATED_ANSWER_BYTES) {
      const says = `sent an answer of over ${TRANSLATED_ANSWER_BYTES / 1024 / 1024} MiB, too large to translate.`;
      throw serverError('upstream_fault', call.server, says);
    }
  }

  /** From here on a fault can only be shown by breaking off. */
  #pass(controller: Dispatcher.DispatchController): void {
    const { leg, reply } = this.#context;
    const held = Buffer.concat(this.#held, this.#size);
    this.#held = [];
    this.#holder.mayHold(0);
    this.#passing = new TopLevelScan();
    reply.beginJson(leg.status(this.#status, undefined));
    this.push(held, controller);
  }

  #read(bytes: Buffer): Message {
    try {
      return readMessage(bytes);
    } catch (error) {
      // Another API's words, or a proxy's: the status says more of them than what is wrong with them as a message.
      if (this.#status < 300) throw error;
      throw unexpectedAnswer(this.#context.call.server, this.#status, this.#contentType);
    }
  }
}
