import type { Dispatcher } from 'undici';
import type { Message } from '../jsonrpc/message.ts';
import { errorResponse, McpError, type ErrorType } from '../mcp/errors.ts';
import { sendJson } from '../http/respond.ts';
import { BudgetShare, type MemoryBudget } from '../memory-budget.ts';
import { isConnectFailure } from '../upstream/errors.ts';
import type { Pools } from '../upstream/pools.ts';
import { AnswerStream } from './answer-stream.ts';
import { cancelledNotification, postAside } from './aside.ts';
import { BackPressure } from './back-pressure.ts';
import { faultOf, serverError, unexpectedAnswer } from './faults.ts';
import { JsonAnswer } from './json-answer.ts';
import type { AnswerContext, AnswerHolder, UpstreamRequest } from './leg.ts';
import { replyTo } from './server-request.ts';
import type { UpstreamSession } from './upstream-session.ts';

/** An answer up to this size is not counted among those that take memory. */
const SMALL_ANSWER_BYTES = 64 * 1024;
/** How many endpoints a request is offered to that never was sent. */
const MAX_ATTEMPTS = 4;
/** How often a stream that has no answer yet shows that it lives, in milliseconds: proxies cut off what is quiet for a minute. */
const KEEP_ALIVE_MS = 20_000;
/** How long a stream may stay open behind its answer, in milliseconds. */
const LINGER_MS = 1000;

export interface ForwardOptions extends AnswerContext {
  readonly pools: Pools;
  /** What all answers that are held until they are complete may take. */
  readonly answers: MemoryBudget;
  /** From the request to the complete answer, in milliseconds; progress does not extend it. */
  readonly deadlineMs: number;
  /** How much of that has passed. */
  readonly waitedMs: number;
  /** Called once, when the client has its answer or has gone. */
  readonly onEnd: (error: ErrorType | undefined) => void;
}

/**
 * One request on its way: sent upstream over a pooled connection, its answer passed to the client. The client gets
 * exactly one answer, with its own id, within the deadline, whatever the server does.
 *
 * One object a call with its state as fields: undici calls its handler methods, and no closure is made a request.
 */
export class Forward implements Dispatcher.DispatchHandler, AnswerHolder {
  readonly #options: ForwardOptions;
  #attempts = 0;
  /** The server had forgotten the session: this is the second try, in a new one. */
  #isRenewed = false;
  #session: UpstreamSession | undefined;
  #sent: UpstreamRequest | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #status = 0;
  #contentType: string | undefined;
  /** What reads the answer; undefined where it is none that can be read. */
  #answer: AnswerStream | JsonAnswer | undefined;
  #share: BudgetShare | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  /** The client has its answer, or has gone. */
  #isEnded = false;
  /** The server's answer has come to its end. */
  #isComplete = false;

  constructor(options: ForwardOptions) {
    this.#options = options;
  }

  /** Starts the call. */
  run(): void {
    const { call, response, deadlineMs, waitedMs, leg } = this.#options;
    call.slot?.enter();
    this.#deadline = setTimeout(onDeadline, deadlineMs - waitedMs, this);
    response.once('close', () => this.#clientGone());
    // A client may have gone while its server was waited for.
    if (response.destroyed && leg.closeCancels) this.#end(undefined);
    else this.#attempt();
  }

  /** The client's id of the request, as JSON text. */
  get id(): string | undefined {
    return this.#options.call.message.id;
  }

  /** Whether the client has its answer, or has gone. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /**
   * A legacy client gives the request up (2025-11-25, Cancellation). A server of its era hears of it, a modern one by the
   * connection's end. Neither has to answer then, so the gateway does.
   */
  cancel(notification: Message): void {
    if (this.#isEnded) return;
    this.#tell(notification.bytes);
    this.#fail(new McpError('cancelled', 'The request was cancelled by the client.'));
  }

  /** The client's session is over. */
  abandon(): void {
    this.#fail(new McpError('cancelled', 'The session of the request has ended.'));
  }

  /** The deadline has passed. */
  expire(): void {
    const { call, deadlineMs } = this.#options;
    if (this.#isEnded) return;
    this.#tellCancelled('The deadline has passed.');
    this.#fail(serverError('upstream_timeout', call.server, `gave no answer within ${deadlineMs} ms.`));
  }

  #attempt(): void {
    const { slot, server } = this.#options.call;
    this.#attempts++;
    if (slot === undefined) {
      const target = server.upstream.endpoints.pick();
      if (target === undefined) return this.#fail(this.#nothingToDial());
      const protocolVersion = server.upstream.catalogue?.protocolVersion ?? '';
      return this.#send({ target, id: undefined, protocolVersion });
    }
    const session = slot.get(server);
    if (!(session instanceof Promise)) return this.#send(session);
    session.then((opened) => this.#send(opened)).catch((error: unknown) => this.#fail(faultOf(error, server)));
  }

  #send(session: UpstreamSession): void {
    if (this.#isEnded) return;
    const { call, leg, pools } = this.#options;
    this.#session = session;
    this.#sent = leg.request(call, session);
    const { headers, body } = this.#sent;
    headers.push('host', call.server.entry.host);
    pools.get(session.target).dispatch({ method: 'POST', path: call.server.entry.path, headers, body }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isEnded) controller.abort(new Error('The call has ended.'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#isEnded || status < 200) return;
    const type = headers['content-type'];
    this.#status = status;
    this.#contentType = typeof type === 'string' ? type : undefined;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      const says = `answered with content encoding ${String(encoding).slice(0, 64)}, which it was not offered.`;
      return this.#fail(serverError('upstream_fault', this.#options.call.server, says));
    }
    this.#answer = this.#reader(status, this.#contentType);
    // What is said of the session is known when the answer is complete; the connection stays of use then.
    if (this.#answer === undefined && !this.#isSessionDoubtful()) this.#failUnexpected();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isEnded) return;
    try {
      if (this.#answer?.push(chunk, controller) === true) this.#end(undefined);
    } catch (error) {
      this.#fail(faultOf(error, this.#options.call.server));
    }
  }

  onResponseEnd(): void {
    this.#isComplete = true;
    if (this.#isEnded) return clearTimeout(this.#deadline);
    const { call } = this.#options;
    if (!this.#isSessionDoubtful() || call.slot === undefined || this.#session === undefined) return this.#conclude();
    // 404 is the word for a session that is not known (any more), and nothing was done in it.
    if (this.#status === 404) return this.#renew();
    // server-everything and others say 400, which says more than that: one asks before a session is given up.
    void call.slot.isKnown(this.#session).then((isKnown) => (isKnown ? this.#conclude() : this.#renew()));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isEnded) return;
    const { call } = this.#options;
    if (isConnectFailure(error) && this.#session !== undefined) {
      const { endpoints } = call.server.upstream;
      endpoints.refused(this.#session.target);
      call.slot?.lost(this.#session);
      if (this.#attempts < Math.min(MAX_ATTEMPTS, endpoints.targets.length)) return this.#attempt();
    }
    this.#fail(faultOf(error, call.server));
  }

  /** Whether the answer may mean that the server does not know the session. */
  #isSessionDoubtful(): boolean {
    const isRefused = this.#status === 404 || this.#status === 400;
    if (!isRefused || this.#session?.id === undefined || this.#isRenewed) return false;
    return !this.#options.response.headersSent;
  }

  /** Once more, in a new session. */
  #renew(): void {
    if (this.#isEnded || this.#session === undefined) return;
    this.#options.call.slot?.lost(this.#session);
    this.#isRenewed = true;
    this.#isComplete = false;
    this.#answer = undefined;
    this.#share?.hold(0);
    this.#attempt();
  }

  /** The answer is complete. */
  #conclude(): void {
    if (this.#isEnded) return;
    if (this.#answer === undefined) return this.#failUnexpected();
    try {
      this.#answer.end();
    } catch (error) {
      return this.#fail(faultOf(error, this.#options.call.server));
    }
    this.#end(undefined);
  }

  #reader(status: number, contentType: string | undefined): AnswerStream | JsonAnswer | undefined {
    const sentId = this.#sent?.id ?? '';
    if (contentType === undefined) return undefined;
    if (isType(contentType, 'application/json')) {
      return new JsonAnswer(this.#options, this, sentId, status, contentType);
    }
    if (!isType(contentType, 'text/event-stream') || status >= 300) return undefined;
    const { call, leg, response, pools } = this.#options;
    const onRequest = (request: Message): void => {
      if (leg.serverEra === 'legacy' && this.#session?.id !== undefined)
        postAside(pools, call.server, this.#session, replyTo(request));
    };
    const backPressure = new BackPressure(response);
    const stream = new AnswerStream({ call, leg, response, sentId, holder: this, backPressure, onRequest });
    this.#keepAlive = setInterval(onQuiet, KEEP_ALIVE_MS, stream).unref();
    return stream;
  }

  /** Whether so much of an answer may be held. Small ones always may. */
  mayHold(bytes: number): boolean {
    if (this.#share === undefined && bytes <= SMALL_ANSWER_BYTES) return true;
    return (this.#share ??= new BudgetShare(this.#options.answers)).hold(bytes);
  }

  #clientGone(): void {
    if (this.#isEnded) return;
    if (this.#options.leg.closeCancels) {
      this.#tellCancelled('The client has gone.');
      this.#end(undefined);
      // In the legacy era a disconnect is no cancellation: the server goes on, and what it says is let go.
    } else this.#controller?.resume();
  }

  /** Tells a legacy server that nobody waits for the answer any more. */
  #tellCancelled(reason: string): void {
    if (this.#sent !== undefined) this.#tell(cancelledNotification(this.#sent.id, reason));
  }

  #tell(notification: Buffer): void {
    const { call, leg, pools } = this.#options;
    if (leg.serverEra !== 'legacy' || this.#session?.id === undefined || this.#isComplete) return;
    postAside(pools, call.server, this.#session, notification);
  }

  #failUnexpected(): void {
    this.#fail(unexpectedAnswer(this.#options.call.server, this.#status, this.#contentType));
  }

  #fail(error: McpError): void {
    if (this.#isEnded) return;
    const { call, response } = this.#options;
    const body = errorResponse(call.message.id, error);
    if (this.#answer instanceof AnswerStream && this.#answer.isOpen) this.#answer.finish(body);
    else if (response.headersSent) response.destroy();
    else sendJson(response, error.status, body);
    this.#end(error.type);
  }

  #end(error: ErrorType | undefined): void {
    const { call, response, onEnd } = this.#options;
    this.#isEnded = true;
    clearTimeout(this.#deadline);
    clearInterval(this.#keepAlive);
    this.#breakOff(error !== undefined || response.destroyed);
    this.#share?.hold(0);
    call.slot?.leave();
    onEnd(error);
  }

  /** A complete answer leaves the connection for the next request; anything else breaks it off. */
  #breakOff(atOnce: boolean): void {
    const controller = this.#controller;
    if (this.#isComplete) return;
    if (atOnce) controller?.abort(new Error('The call has ended.'));
    else if (this.#answer instanceof AnswerStream) {
      // A stream should end with its answer. One that does not would hold its connection for ever.
      this.#deadline = setTimeout(
        () => controller?.abort(new Error('The stream did not end with its answer.')),
        LINGER_MS,
      );
    }
  }

  #nothingToDial(): McpError {
    const { server } = this.#options.call;
    const why = server.upstream.entry.pending ?? 'No endpoint of it can be reached.';
    return serverError('upstream_unreachable', server, `cannot be called: ${why}`);
  }
}

function onQuiet(stream: AnswerStream): void {
  stream.keepAlive();
}

function onDeadline(forward: Forward): void {
  forward.expire();
}

function isType(header: string, type: string): boolean {
  return header.startsWith(type) || header.toLowerCase().startsWith(type);
}
