import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { sendJson } from '../http/respond.ts';
import { readMessage, type Message } from '../jsonrpc/message.ts';
import { TopLevelScan } from '../jsonrpc/top-level.ts';
import { errorCode, isAnswerTo, isSameId } from './answer-edits.ts';
import { HELD_ANSWER_BYTES } from './answer-stream.ts';
import { BackPressure } from './back-pressure.ts';
import { foreignAnswer, noRoom, serverError, unexpectedAnswer } from './faults.ts';
import type { CallRequest, Leg } from './leg.ts';

/** An answer that has to be translated is held whatever its size, up to this. */
const TRANSLATED_ANSWER_BYTES = 16 * 1024 * 1024;

export interface JsonAnswerOptions {
  readonly call: CallRequest;
  readonly leg: Leg;
  readonly response: ServerResponse;
  /** The id that the answer must carry, as JSON text. */
  readonly sentId: string;
  readonly status: number;
  readonly contentType: string;
  /** Whether so much of the answer may be held. */
  readonly mayHold: (bytes: number) => boolean;
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
  #passing: { readonly scan: TopLevelScan; readonly backPressure: BackPressure } | undefined;

  constructor(options: JsonAnswerOptions) {
    this.#options = options;
  }

  /**
   * Takes a chunk of the answer.
   * @returns false: the answer's end is known from the response's
   * @throws McpError if it is too large to translate
   */
  push(chunk: Buffer, controller: Dispatcher.DispatchController): false {
    if (this.#passing === undefined) this.#hold(chunk, controller);
    else {
      this.#passing.scan.push(chunk);
      this.#passing.backPressure.write(chunk, controller);
    }
    return false;
  }

  /** The answer is complete: it is the client's now. @throws if it is none */
  end(): void {
    if (this.#passing === undefined) this.#send();
    else {
      const { kind, id } = this.#passing.scan.end();
      const { call, response, sentId } = this.#options;
      if (kind !== 'response' || !isSameId(id, sentId)) throw foreignAnswer(call.server);
      response.end();
    }
  }

  #hold(chunk: Buffer, controller: Dispatcher.DispatchController): void {
    this.#held.push(chunk);
    this.#size += chunk.length;
    const { call, leg, mayHold } = this.#options;
    const hasRoom = mayHold(this.#size);
    if (leg.isRaw) {
      if (!hasRoom || this.#size > HELD_ANSWER_BYTES) this.#pass(controller);
    } else if (!hasRoom) throw noRoom(call.server);
    else if (this.#size > TRANSLATED_ANSWER_BYTES) {
      const says = `sent an answer of over ${TRANSLATED_ANSWER_BYTES / 1024 / 1024} MiB, too large to translate.`;
      throw serverError('upstream_fault', call.server, says);
    }
  }

  /** From here on a fault can only be shown by breaking off. */
  #pass(controller: Dispatcher.DispatchController): void {
    const { leg, mayHold, response, status } = this.#options;
    const held = Buffer.concat(this.#held, this.#size);
    this.#held = [];
    mayHold(0);
    this.#passing = { scan: new TopLevelScan(), backPressure: new BackPressure(response) };
    if (!response.destroyed) response.writeHead(leg.status(status, undefined), ['content-type', 'application/json']);
    this.push(held, controller);
  }

  #send(): void {
    const { call, leg, response, sentId, status } = this.#options;
    const bytes = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held, this.#size);
    const answer = this.#read(bytes);
    if (answer.kind !== 'response' || !isAnswerTo(answer, sentId)) throw foreignAnswer(call.server);
    sendJson(response, leg.status(status, errorCode(answer)), leg.answer(call, answer));
  }

  #read(bytes: Buffer): Message {
    const { call, contentType, status } = this.#options;
    try {
      return readMessage(bytes);
    } catch (error) {
      // Another API's words, or a proxy's: the status says more of them than what is wrong with them as a message.
      throw status >= 300 ? unexpectedAnswer(call.server, status, contentType) : error;
    }
  }
}
