import { byPosition, edited, type Edit } from '../jsonrpc/edit.ts';
import type { Message } from '../jsonrpc/message.ts';
import { McpError, type ErrorType } from '../mcp/errors.ts';
import { isReadableError } from './answer-check.ts';
import { idEdits } from './answer-edits.ts';
import { faultOf, serverError } from './faults.ts';
import { Forward, type ForwardOptions } from './forward.ts';
import { Fulfilment, roundEdit } from './fulfilment.ts';
import { askableRequests, isInputRequired, readRound, type Round } from './rounds.ts';

/** How often a modern server may ask for input in one call: as often as the SDKs' clients let it. */
const MAX_ROUNDS = 10;
/** How long a server is left alone that only wants to be asked again, in milliseconds, more with each round. */
const ROUND_GAP_MS = 250;

/**
 * A legacy client's call to a modern server. That may need more before it answers (2026-07-28, Multi Round-Trip Requests),
 * which the client's era has no answer for: the gateway asks the client, and the server once more.
 */
export class FulfillingCall extends Forward {
  /** What routing changes in the message, whatever the round. */
  readonly #edits: readonly Edit[];
  #rounds = 0;
  #fulfilment: Fulfilment | undefined;
  #deferred: NodeJS.Timeout | undefined;

  constructor(options: ForwardOptions) {
    super(options);
    this.#edits = options.call.edits;
  }

  override answered(answer: Message, status: number, event: Buffer | 'stream' | undefined): void {
    if (askableRequests.has(this.options.call.message.method) && isInputRequired(answer)) this.#fulfil(answer);
    else super.answered(answer, status, event);
  }

  /** Begins another round: what the server needs is asked of the client. */
  #fulfil(answer: Message): void {
    const { call, reply } = this.options;
    const { caller, server } = call;
    this.attempt?.end(false);
    if (caller === undefined) return;
    let round: Round;
    try {
      if (++this.#rounds > MAX_ROUNDS) {
        throw serverError('upstream_fault', server, `asked for input more than ${MAX_ROUNDS} times in one call.`);
      }
      round = readRound(server, answer, caller.capabilities);
    } catch (error) {
      return this.failed(faultOf(error, server));
    }
    // A server that only wants to be asked again is left alone for longer each time.
    if (round.requests.length === 0) {
      this.#deferred = setTimeout(() => this.#nextRound(undefined, round.state), ROUND_GAP_MS * this.#rounds);
      return;
    }
    this.#fulfilment = new Fulfilment(caller, {
      fulfilled: (responses) => {
        this.goOn();
        this.#nextRound(responses, round.state);
      },
      declined: (error) => this.#declined(error),
    });
    const questions = this.#fulfilment.ask(round);
    if (questions === undefined) {
      const { obstacle = 'The client cannot be asked for all of it.' } = caller.questions;
      return this.failed(new McpError('overloaded', obstacle, { status: 200 }));
    }
    this.wait();
    for (const question of questions) reply.message(question);
  }

  #nextRound(responses: string | undefined, state: string | undefined): void {
    if (this.isEnded) return;
    const { call } = this.options;
    const edits = [...this.#edits, ...roundEdit(call.message, responses, state)].sort(byPosition);
    // Each round is a request of its own (2026-07-28, Multi Round-Trip Requests, Client Requirements).
    const sentId = JSON.stringify(`${call.message.id}.${this.#rounds}`);
    this.options.call = { ...call, edits, sentId };
    this.#fulfilment = undefined;
    this.tryAnew();
  }

  /** The client's error ends the call: it knows best what it means. */
  #declined(error: Message): void {
    if (this.isEnded) return;
    const { call, reply } = this.options;
    if (!isReadableError(error)) {
      const says = 'The client answered what it was asked with an error without an integer code and a message.';
      return this.failed(new McpError('invalid_request', says, { status: 200 }));
    }
    reply.json(200, edited(error.bytes, idEdits(error, call.message.id)));
    this.end(undefined);
  }

  protected override end(error: ErrorType | undefined): void {
    clearTimeout(this.#deferred);
    // The client is not left with questions that nobody waits for.
    for (const notice of this.#fulfilment?.withdraw() ?? []) this.options.call.caller?.notify(notice);
    super.end(error);
  }
}
