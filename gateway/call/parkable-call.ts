import type { Edit } from '../jsonrpc/edit.ts';
import { param, readMessage, type Message } from '../jsonrpc/message.ts';
import { RoomShare } from '../limits/room.ts';
import { McpError, type ErrorType } from '../mcp/errors.ts';
import { serverInfoMember } from '../mcp/server-info.ts';
import type { Principal } from '../access/principal.ts';
import type { ItemKind } from '../access/targets.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { RoutingView } from '../routing/routing-table.ts';
import { isConnectFailure } from '../upstream/errors.ts';
import { objectMember, type JsonObject } from '../upstream/json.ts';
import { errorCode, errorText } from './answer-edits.ts';
import { bothRequired, needOf, refusalOf, type Need } from './askable.ts';
import { postAside, postResponse } from './aside.ts';
import type { ExclusiveSlot, SessionUser } from './exclusive-slots.ts';
import { faultOf, missingCapability, serverError } from './faults.ts';
import { Forward, type ForwardOptions } from './forward.ts';
import type { Declaration } from './park-declaration.ts';
import type { Parkable, ParkedCalls, ParkingPlace } from './parked-calls.ts';
import { ParkedQuestions, type ParkedQuestion } from './parked-questions.ts';
import { checkedAnswers, type ParkedAnswer } from './parked-responses.ts';
import { againState, urlInputRequests } from './parked-url.ts';
import type { Reply } from './reply.ts';
import { refusalTo, replyTo } from './server-request.ts';
import { isStillPermitted, kindOfCall } from './still-permitted.ts';
import type { UpstreamSession } from './upstream-session.ts';
import { URL_ELICITATION_REQUIRED } from './url-elicitations.ts';

/** How long a question waits for others that come with it, in milliseconds: each round costs the client a request. */
const GATHER_MS = 5;
/** How often a server may send a client to a URL before it does anything. */
const MAX_URL_ROUNDS = 10;

export interface ParkableCallOptions extends ForwardOptions {
  /** What the request declared; undefined: nothing that a server could use. */
  declaration: Declaration | undefined;
  /** The session, if the call has one to itself. */
  readonly ownSlot: ExclusiveSlot | undefined;
  readonly parked: ParkedCalls<ParkableCall>;
  /** How often the client was sent to a URL for this call before. */
  readonly urlRounds: number;
}

/** A retry, for the call that it goes on with. */
export interface Retry {
  readonly message: Message;
  readonly edits: readonly Edit[];
  readonly rawHeaders: readonly string[];
  /** Each request declares anew. */
  readonly declaration: Declaration | undefined;
  readonly reply: Reply;
  readonly onEnd: ForwardOptions['onEnd'];
}

/**
 * A call of a modern client to a legacy server. What the server asks in its midst ends the client's request with
 * `input_required`, and the call is parked: it stays open with the server until the client's retry brings the answers and
 * takes it up (2026-07-28, Multi Round-Trip Requests).
 */
export class ParkableCall extends Forward implements Parkable, SessionUser {
  readonly #options: ParkableCallOptions;
  readonly #kind: ItemKind | undefined;
  #questions: ParkedQuestions | undefined;
  /** What the questions take of the memory for them. */
  #share: RoomShare | undefined;
  #place: ParkingPlace<ParkableCall> | undefined;
  #gathering: NodeJS.Timeout | undefined;
  #isParked = false;
  /** What became of the call while it was parked: the retry gets it. */
  #outcome: (() => void) | undefined;
  /** What the server asked for that was not declared. */
  #missing: JsonObject | undefined;

  constructor(options: ParkableCallOptions) {
    super(options);
    this.#options = options;
    this.#kind = kindOfCall(options.call.message.method);
    options.ownSlot?.hear(this);
  }

  get server(): RoutedServer {
    return this.#options.call.server;
  }

  get principal(): Principal {
    return this.#options.call.principal;
  }

  isPermitted(viewOf: (principal: Principal) => RoutingView): boolean {
    return isStillPermitted(this.#options.call, this.#kind, viewOf);
  }

  /** What the request declared that its client can be asked for. */
  get #declared(): JsonObject {
    return this.#options.declaration?.capabilities ?? {};
  }

  override asked(session: UpstreamSession, request: Message): void {
    if (this.isEnded || request.method === 'ping') return this.#post(session, replyTo(request));
    const need = needOf(request);
    if (need === undefined) return this.#post(session, replyTo(request));
    const refusal = refusalOf(need, this.#declared);
    if (refusal !== undefined) {
      this.#missing = bothRequired(this.#missing, refusal.required);
      return this.#post(session, refusalTo(request.id, refusal.code, refusal.message));
    }
    const problem = this.#ask(session, request, need);
    if (problem !== undefined) this.#post(session, refusalTo(request.id, -32603, problem));
  }

  override withdrawn(session: UpstreamSession, notification: Message): undefined {
    const place = param(notification, 'requestId');
    if (place === undefined) return undefined;
    this.#questions?.withdraw(session, notification.bytes.toString('utf8', place.start, place.end));
    return undefined;
  }

  heard(session: UpstreamSession, message: Message): void {
    const { attempt } = this;
    if (message.kind === 'request') return this.asked(session, message);
    if (message.kind === 'response') return this.answeredAside(message);
    if (message.method === 'notifications/cancelled') return this.withdrawn(session, message);
    if (attempt === undefined || this.isEnded) return undefined;
    const { leg, call, reply } = this.#options;
    const passed = leg.notification(call, message, attempt.sentId);
    if (passed !== undefined) reply.notice(passed);
  }

  override answered(answer: Message, status: number, event: Buffer | 'stream' | undefined): void {
    if (this.isEnded) return;
    // A server that still waits for an answer is not done with the session.
    const isLast = this.#options.leg.next?.(answer) === undefined;
    if (isLast && (this.#questions?.size ?? 0) === 0) this.#options.ownSlot?.finished();
    if (this.#isParked) {
      this.#outcome ??= () => this.answered(answer, status, undefined);
      return;
    }
    const code = errorCode(answer);
    if (code === URL_ELICITATION_REQUIRED) return this.#sendToUrl(answer);
    if (code !== undefined && this.#missing !== undefined) {
      return this.failed(missingCapability(this.server, this.#missing, errorText(answer)));
    }
    super.answered(answer, status, event);
  }

  override failed(error: McpError): void {
    if (this.#isParked) this.#outcome ??= () => super.failed(error);
    else super.failed(error);
  }

  override refused(session: UpstreamSession, error: Error): void {
    if (this.#isParked) this.failed(faultOf(error, this.server));
    else super.refused(session, error);
  }

  override expired(): void {
    if (this.#isParked) this.endPark(`The client did not answer within ${this.#options.questionMs / 1000} s.`);
    else super.expired();
  }

  /** @throws McpError if what the client says does not answer what it was asked */
  check(responses: ReadonlyMap<string, string>): ParkedAnswer[] {
    return checkedAnswers(this.#questions?.among(responses.keys()) ?? [], responses);
  }

  /** The client has come back: the call goes on, and what comes of it goes there. */
  takeUp(retry: Retry, answers: readonly ParkedAnswer[]): void {
    const { message, edits, rawHeaders, declaration, reply, onEnd } = retry;
    const options = this.#options;
    const outcome = this.#outcome;
    this.#isParked = false;
    this.#outcome = undefined;
    options.call = { ...options.call, message, edits, rawHeaders };
    options.declaration = declaration;
    options.reply = reply;
    options.onEnd = onEnd;
    options.ownSlot?.want(declaration?.logLevel);
    this.watch(reply);
    this.goOn();
    for (const { question, text } of answers) {
      this.#questions?.close(question);
      this.#answer(question, text);
    }
    const isUndeclared = ({ need }: ParkedQuestion): boolean => refusalOf(need, this.#declared) !== undefined;
    this.#refuse('The client did not declare any more that it can be asked this.', isUndeclared);
    if (reply.isGone) this.clientGone();
    else if (outcome !== undefined) outcome();
    else this.#park();
  }

  endPark(why: string): void {
    if (!this.#isParked) return;
    this.#refuse(why);
    if (this.#outcome === undefined) this.attempt?.tellCancelled(why);
    this.end('upstream_timeout');
  }

  protected override clientGone(): void {
    // What it was sent to answer ended its request, and with it its right to cancel by going.
    if (!this.#isParked) super.clientGone();
  }

  protected override end(error: ErrorType | undefined): void {
    clearTimeout(this.#gathering);
    if (this.#place !== undefined) this.#options.parked.leave(this.#place);
    this.#refuse('The call has ended.');
    super.end(error);
  }

  /** @returns why the client is not asked */
  #ask(session: UpstreamSession, request: Message, need: Need): string | undefined {
    const { parked, ownSlot } = this.#options;
    if (ownSlot === undefined) return 'The client cannot be asked in this session.';
    const place = this.#place ?? parked.admit(this);
    if (typeof place === 'string') return place;
    this.#place = place;
    this.#questions ??= new ParkedQuestions();
    if (!this.#questions.add(session, request, need)) return 'The client has too many questions open.';
    this.#share ??= new RoomShare(parked.questions, this.principal);
    const refusal = this.#share.hold(this.#questions.bytes);
    if (refusal !== undefined) {
      this.#questions.withdraw(session, request.id ?? 'null');
      return refusal.message;
    }
    if (!this.#isParked) this.#gathering ??= setTimeout(() => this.#park(), GATHER_MS);
    return undefined;
  }

  /** Asks the client what is open, if anything is. */
  #park(): void {
    this.#gathering = undefined;
    const questions = this.#questions;
    if (this.isEnded || this.#isParked || questions === undefined || questions.size === 0) return;
    const { parked, call } = this.#options;
    const handle = this.#place === undefined ? undefined : parked.park(this.#place);
    if (handle === undefined) return this.#refuse('The client cannot be asked again in this call.');
    const bytes = this.#inputRequired(questions.inputRequests, handle);
    this.#isParked = true;
    this.wait();
    this.#options.reply.json(200, bytes);
    this.#options.onEnd(undefined);
    this.#options.onEnd = nobody;
    // The retry brings the request again. Until it was sent it is needed.
    const isSent = this.attempt !== undefined && this.attempt.sentId !== '';
    if (isSent) this.#options.call = { ...call, message: husk };
  }

  #sendToUrl(answer: Message): void {
    const { urlRounds, reply } = this.#options;
    if (objectMember(this.#declared, 'elicitation')['url'] === undefined) {
      return this.failed(missingCapability(this.server, { elicitation: { url: {} } }, errorText(answer)));
    }
    const requests = urlInputRequests(answer);
    if (requests === undefined || urlRounds >= MAX_URL_ROUNDS) {
      const says = requests === undefined ? 'without a URL' : `more than ${MAX_URL_ROUNDS} times in one call`;
      return this.failed(serverError('upstream_fault', this.server, `asked for a URL to be visited ${says}.`));
    }
    reply.json(200, this.#inputRequired(requests, againState(urlRounds + 1)));
    this.end(undefined);
  }

  #inputRequired(inputRequests: string, state: string): Buffer {
    const { call, states } = this.#options;
    const { principal, server, message } = call;
    const sealed = states.seal({ principal, server, message }, state);
    const asked = `"inputRequests":${inputRequests},"requestState":"${sealed}"`;
    const result = `{"resultType":"input_required",${asked},"_meta":{${serverInfoMember}}}`;
    return Buffer.from(`{"jsonrpc":"2.0","id":${message.id ?? 'null'},"result":${result}}`);
  }

  /** Nobody will answer what is open, or some of it. */
  #refuse(why: string, isMeant: (question: ParkedQuestion) => boolean = () => true): void {
    for (const question of this.#questions?.those(isMeant) ?? []) {
      this.#questions?.close(question);
      this.#post(question.session, refusalTo(question.id, -32603, why));
    }
    this.#share?.hold(this.#questions?.bytes ?? 0);
  }

  /** Brings the server the client's answer. Where that is in vain, the call is as well: the server waits for it. */
  #answer({ session, id }: ParkedQuestion, result: string): void {
    const body = Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
    postResponse(this.#options.pools, this.server, session, body).catch((error: unknown) => {
      if (isConnectFailure(error) || error instanceof McpError) this.failed(faultOf(error, this.server));
    });
  }

  #post(session: UpstreamSession, message: Buffer): void {
    postAside(this.#options.pools, this.server, session, message);
  }
}

/** What stands for the request of a parked call. */
const husk = readMessage(Buffer.from('{"jsonrpc":"2.0","id":0,"method":"parked"}'));

function nobody(): void {
  // The exchange has ended, and the next has not begun.
}
