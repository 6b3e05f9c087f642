import type { Message } from '../jsonrpc/message.ts';
import { errorResponse, McpError, type ErrorType } from '../mcp/errors.ts';
import type { RoutedServer } from '../routing/route.ts';
import { BudgetShare, type MemoryBudget } from '../memory-budget.ts';
import { checkAnswer, isOwnProgress } from './answer-check.ts';
import { errorCode } from './answer-edits.ts';
import { Attempt, type AttemptContext, type AttemptOwner } from './attempt.ts';
import { CallClock, type ClockOwner } from './call-clock.ts';
import { faultOf, nothingToDial, serverError } from './faults.ts';
import { wantsOtherHeaders } from './parameter-headers.ts';
import type { SealedStates } from './sealed-states.ts';
import type { AskingCall } from './relay.ts';
import type { Reply } from './reply.ts';
import { postAside } from './aside.ts';
import { replyTo } from './server-request.ts';
import { spokenVersion } from './spoken-era.ts';
import type { UpstreamSession } from './upstream-session.ts';

/** An answer up to this size is not counted among those that take memory. */
const SMALL_ANSWER_BYTES = 64 * 1024;
/** How many endpoints a request is offered to that never was sent. */
const MAX_ATTEMPTS = 4;

export interface ForwardOptions extends AttemptContext {
  readonly states: SealedStates;
  /** What all answers that are held until they are complete may take. */
  readonly answers: MemoryBudget;
  /** From the request to the complete answer, in milliseconds; progress does not extend it. */
  readonly deadlineMs: number;
  /** How much of that has passed. */
  readonly waitedMs: number;
  /** How long a client may take to answer what it is asked amid the call, in milliseconds: a person may have to. */
  readonly questionMs: number;
  /** Called once, when the client has its answer or has gone. @param code of the server's own error, where the answer is one */
  onEnd: (error: ErrorType | undefined, code?: number) => void;
}

/**
 * One request on its way: sent upstream, again where nothing was done with it, its answer passed to the client. The client
 * gets exactly one answer, with its own id, within the deadline, whatever the server does.
 */
export class Forward implements AttemptOwner, AskingCall, ClockOwner {
  readonly #options: ForwardOptions;
  #attempts = 0;
  /** The last attempt that was sent, unless it was for nothing. */
  #attempt: Attempt | undefined;
  #mayRenew = true;
  readonly #clock: CallClock;
  #share: BudgetShare | undefined;
  #isEnded = false;
  /** Of the server's own error, where the answer is one. */
  #errorCode: number | undefined;

  constructor(options: ForwardOptions) {
    this.#options = options;
    this.#clock = new CallClock(this, options.deadlineMs - options.waitedMs, options.questionMs);
  }

  /** Starts the call. */
  run(): void {
    const { call, reply, leg } = this.#options;
    call.slot?.enter();
    this.#clock.start();
    this.watch(reply);
    // A client may have gone while its server was waited for.
    if (reply.isGone && leg.closeCancels) this.end(undefined);
    else this.#try();
  }

  protected get options(): ForwardOptions {
    return this.#options;
  }

  protected get attempt(): Attempt | undefined {
    return this.#attempt;
  }

  /** Hears when the client's connection closes, as long as the answer is to go there. */
  protected watch(reply: Reply): void {
    reply.onClose(() => {
      if (reply === this.#options.reply) this.clientGone();
    });
  }

  /** The client's id of the request, as JSON text. */
  get id(): string | undefined {
    return this.#options.call.message.id;
  }

  /** Whether the client has its answer, or has gone. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether the call is one to this server. */
  isTo({ upstream }: RoutedServer): boolean {
    return this.#options.call.server.upstream === upstream;
  }

  /** Whether progress is this call's. */
  awaits(progress: Message): boolean {
    return isOwnProgress(this.#options.call.message, progress);
  }

  /** The server says something on the session's own stream that may be the answer. */
  answeredAside(message: Message): void {
    this.#attempt?.takeAside(message);
  }

  /** Asks the client something before its answer. */
  askClient(question: Buffer): void {
    this.#options.reply.message(question);
  }

  /** Tells the client, before its answer, what came beside it. */
  tellClient(notification: Buffer): void {
    this.#options.reply.notice(notification);
  }

  /** A server may forget a session once in a call; the second time it is its answer. */
  get mayRenew(): boolean {
    return this.#mayRenew;
  }

  /**
   * A legacy client gives the request up (2025-11-25, Cancellation). A server of its era hears of it, a modern one by the
   * connection's end. Neither has to answer then, so the gateway does.
   */
  cancel(notification: Message): void {
    if (this.#isEnded) return;
    this.#attempt?.tell(notification.bytes);
    this.failed(new McpError('cancelled', 'The request was cancelled by the client.'));
  }

  /** The client's session is over. */
  abandon(): void {
    this.failed(new McpError('cancelled', 'The session of the request has ended.'));
  }

  /** The deadline has passed. */
  expired(): void {
    const { call, leg, deadlineMs, questionMs } = this.#options;
    if (this.#isEnded) return;
    this.#attempt?.tellCancelled('The deadline has passed.');
    if (this.#clock.isWaiting) {
      const says = `asked the client, which did not answer within ${questionMs / 1000} s.`;
      return this.failed(serverError('upstream_timeout', call.server, says));
    }
    this.failed(
      serverError('upstream_timeout', call.server, `gave no answer within ${deadlineMs} ms.${leg.afterDeadline ?? ''}`),
    );
  }

  /** Whether so much of an answer may be held. Small ones always may. */
  mayHold(bytes: number): boolean {
    if (this.#share === undefined && bytes <= SMALL_ANSWER_BYTES) return true;
    return (this.#share ??= new BudgetShare(this.#options.answers)).hold(bytes);
  }

  answered(answer: Message, status: number, event: Buffer | 'stream' | undefined): void {
    const { call, leg, reply, states } = this.#options;
    let bytes: Buffer;
    try {
      checkAnswer(call.server, answer);
      if (this.#mirrorsAnew(answer) || this.#followed(answer)) return;
      call.caller?.relay.urls.answered(call.server, answer);
      bytes = leg.answer(call, answer, states);
    } catch (error) {
      return this.failed(faultOf(error, call.server));
    }
    this.#errorCode = errorCode(answer);
    if (event === undefined) reply.json(leg.status(status, this.#errorCode), bytes);
    else reply.finish(bytes, event !== 'stream' && bytes === answer.bytes ? event : undefined);
    this.end(undefined);
  }

  passed(): void {
    this.end(undefined);
  }

  failed(error: McpError): void {
    if (this.#isEnded) return;
    const { call, reply } = this.#options;
    reply.fail(error.status, errorResponse(call.message.id, error));
    this.end(error.type);
  }

  refused(session: UpstreamSession, error: Error): void {
    const { slot, server } = this.#options.call;
    const { endpoints } = server.upstream;
    endpoints.refused(session.target);
    slot?.lost(session);
    if (this.#attempts < Math.min(MAX_ATTEMPTS, endpoints.targets.length)) this.#try();
    else this.failed(faultOf(error, server));
  }

  forgotten(session: UpstreamSession): void {
    this.#options.call.slot?.lost(session);
    this.#mayRenew = false;
    this.#share?.hold(0);
    this.#try();
  }

  asked(session: UpstreamSession, request: Message): void {
    const { call, reply } = this.#options;
    if (call.caller === undefined) return postAside(this.#options.pools, call.server, session, replyTo(request));
    const question = call.caller.relay.ask(call.server, session, request, this);
    if (question !== undefined) reply.message(question);
  }

  withdrawn(session: UpstreamSession, notification: Message): Buffer | undefined {
    return this.#options.call.caller?.relay.notification(session, notification);
  }

  wait(): void {
    this.#clock.wait();
  }

  goOn(): void {
    this.#clock.goOn();
  }

  /**
   * A modern server refuses headers that were right by what it listed: its tools are read again, and the request is sent
   * once more with the headers that they want by now (2026-07-28, Streamable HTTP, Client Behavior).
   */
  #mirrorsAnew(answer: Message): boolean {
    const { call, leg, reply } = this.#options;
    if (leg.serverEra !== 'modern' || reply.hasBegun || !wantsOtherHeaders(call, answer)) return false;
    this.#attempt?.end(false);
    this.#options.call = { ...call, mirrorsAnew: true };
    void call.server.upstream.refresh().then(() => this.tryAnew());
    return true;
  }

  /** Sends the request once more, as it has become by now. */
  protected tryAnew(): void {
    this.#attempts = 0;
    if (!this.#isEnded) this.#try();
  }

  /** Sends what has to follow on an answer before the client has one. */
  #followed(answer: Message): boolean {
    const next = this.#options.leg.next?.(answer);
    if (next === undefined) return false;
    this.#attempt?.end(false);
    this.#options.leg = next;
    this.tryAnew();
    return true;
  }

  #try(): void {
    const { slot, server } = this.#options.call;
    this.#attempts++;
    this.#attempt = undefined;
    if (slot === undefined) {
      const target = server.upstream.endpoints.pick();
      if (target === undefined) return this.failed(nothingToDial(server));
      const { catalogue } = server.upstream;
      const protocolVersion = catalogue === undefined ? '' : spokenVersion(this.#options.leg.serverEra, catalogue);
      return this.#send({ target, id: undefined, protocolVersion });
    }
    const session = slot.get(server);
    if (!(session instanceof Promise)) return this.#send(session);
    session.then((opened) => this.#send(opened)).catch((error: unknown) => this.failed(faultOf(error, server)));
  }

  #send(session: UpstreamSession): void {
    if (this.#isEnded) return;
    this.#attempt = new Attempt(this.#options, this, session);
    this.#attempt.send();
  }

  protected clientGone(): void {
    if (this.#isEnded) return;
    if (this.#options.leg.closeCancels) {
      this.#attempt?.tellCancelled('The client has gone.');
      this.end(undefined);
      // In the legacy era a disconnect is no cancellation: the server goes on, and what it says is let go.
    } else this.#attempt?.resume();
  }

  protected end(error: ErrorType | undefined): void {
    const { call, reply, onEnd } = this.#options;
    this.#isEnded = true;
    this.#clock.stop();
    this.#attempt?.end(error !== undefined || reply.isGone);
    this.#share?.hold(0);
    // The client is not left with questions that nobody waits for.
    if (this.#clock.isWaiting) call.caller?.relay.callEnded(this);
    call.slot?.leave();
    onEnd(error, this.#errorCode);
  }
}
