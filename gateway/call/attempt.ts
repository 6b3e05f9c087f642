import type { Dispatcher } from 'undici';
import { agentAt, OWNER_HEADER, ownerOf } from '../agents/agent-target.ts';
import type { Message } from '../jsonrpc/message.ts';
import type { McpError } from '../mcp/errors.ts';
import { isConnectFailure } from '../upstream/errors.ts';
import type { Pools } from '../upstream/pools.ts';
import { AnswerStream } from './answer-stream.ts';
import { isSameId } from './answer-edits.ts';
import { isJson, isStream } from './answer-type.ts';
import { cancelledNotification, postAside } from './aside.ts';
import { resumeHeaders } from './legacy-request.ts';
import { encodedAnswer, faultOf, unexpectedAnswer } from './faults.ts';
import { JsonAnswer } from './json-answer.ts';
import type { AnswerContext, AnswerHolder } from './leg.ts';
import type { NoticeListener } from './notices.ts';
import { Resumption } from './resumption.ts';
import type { UpstreamSession } from './upstream-session.ts';

/** How often a stream that has no answer yet shows that it lives, in milliseconds: proxies cut off what is quiet for a minute. */
const KEEP_ALIVE_MS = 20_000;
/** How long a stream may stay open behind its answer, in milliseconds. */
const LINGER_MS = 1000;

export interface AttemptContext extends AnswerContext {
  readonly pools: Pools;
}

/** The call that an attempt is made for. It hears of one end of each attempt, if it has not ended before. */
export interface AttemptOwner extends AnswerHolder {
  /** A session may still be opened anew for the call. */
  readonly mayRenew: boolean;
  /**
   * The server's answer.
   * @param status the HTTP status that it came with
   * @param event its own event, if it came as one that may pass as it is; 'stream' if as one that may not
   */
  answered(answer: Message, status: number, event: Buffer | 'stream' | undefined): void;
  /** The answer was so large that it has been passed on as it came. */
  passed(): void;
  failed(error: McpError): void;
  /** There is no connection to the session's target: nothing was sent. */
  refused(session: UpstreamSession, error: Error): void;
  /** The server does not know the session, and did nothing in it. */
  forgotten(session: UpstreamSession): void;
  /** The server asks something, in the midst of the call. */
  asked(session: UpstreamSession, request: Message): void;
  /** It gives up what it asked. @returns what the client is told of it, if anything */
  withdrawn(session: UpstreamSession, notification: Message): Buffer | undefined;
}

/**
 * One request as it is sent to one endpoint, and what comes back for it.
 *
 * One object with its state as fields: undici calls its handler methods, and no closure is made a request.
 */
export class Attempt implements Dispatcher.DispatchHandler, NoticeListener {
  readonly #context: AttemptContext;
  readonly #owner: AttemptOwner;
  readonly #session: UpstreamSession;
  /** The id that the answer must carry, as JSON text. */
  #sentId = '';
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #contentType: string | undefined;
  /** What reads the answer; undefined where it is none that can be read. */
  #answer: AnswerStream | JsonAnswer | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;
  /** The server's answer has come to its end. */
  #isComplete = false;
  /** The owner has what it needs of this attempt. */
  #isOver = false;
  /** The server has begun an answer, whose rest is asked for: to send it the request once more would have it done twice. */
  #resumption: Resumption | undefined;

  constructor(context: AttemptContext, owner: AttemptOwner, session: UpstreamSession) {
    this.#context = context;
    this.#owner = owner;
    this.#session = session;
  }

  /** The id that the request was sent with, as JSON text; empty before. */
  get sentId(): string {
    return this.#sentId;
  }

  send(): void {
    const { call, leg } = this.#context;
    const { path, host } = call.server.entry;
    const { headers, body, id } = leg.request(call, this.#session);
    this.#sentId = id;
    headers.push('host', host);
    if (agentAt(this.#session.target) !== undefined)
      headers.push(OWNER_HEADER, ownerOf(call.principal.id, call.caller?.id));
    this.#dispatcher.dispatch({ method: 'POST', path, headers, body }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error('The call has ended.'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#isOver || status < 200) return;
    const type = headers['content-type'];
    this.#status = status;
    this.#contentType = typeof type === 'string' ? type : undefined;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      return this.#owner.failed(encodedAnswer(this.#context.call.server, String(encoding)));
    }
    // A stream that is taken up again goes on where it stopped.
    if (this.#answer instanceof AnswerStream && isStream(status, this.#contentType)) return this.#answer.goOn();
    this.#answer = this.#reader(status, this.#contentType);
    // What is said of the session is known when the answer is complete; the connection stays of use then.
    if (this.#answer === undefined && !this.#isSessionDoubtful()) this.#failUnexpected();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) {
      if (this.#answer instanceof AnswerStream) this.#answer.drop(chunk);
      return;
    }
    this.#resumption?.progressed();
    try {
      this.#answer?.push(chunk, controller);
    } catch (error) {
      this.#fail(error);
    }
  }

  onResponseEnd(): void {
    this.#isComplete = true;
    clearTimeout(this.#linger);
    if (this.#isOver || this.#resumes()) return;
    const { slot } = this.#context.call;
    if (!this.#isSessionDoubtful() || slot === undefined) return this.#conclude();
    // 404 is the word for a session that is not known (any more), and nothing was done in it; a server that takes no POST at
    // the path (405) is another than the one that opened the session.
    if (this.#status !== 400) return this.#forget();
    // server-everything and others say 400, which says more than that: one asks before a session is given up.
    void slot.isKnown(this.#session).then((isKnown) => (isKnown ? this.#conclude() : this.#forget()));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver || this.#resumes()) return;
    if (isConnectFailure(error) && this.#resumption === undefined) this.#owner.refused(this.#session, error);
    else this.#fail(error);
  }

  /** Tells a legacy server that nobody waits for the answer any more; a modern one hears of it by the connection's end. */
  tellCancelled(reason: string): void {
    const { leg } = this.#context;
    const said = leg.cancellation === undefined ? cancelledNotification(this.#sentId, reason) : leg.cancellation();
    if (said !== undefined) this.tell(said);
  }

  /** Takes the answer though it came on the session's own stream. */
  takeAside(answer: Message): void {
    if (!this.#isOver && isSameId(answer.id, this.#sentId)) this.#owner.answered(answer, 200, 'stream');
  }

  /** Passes a notification about the request on to a server that keeps a session. */
  tell(notification: Buffer): void {
    const { call, leg, pools } = this.#context;
    if (leg.serverEra !== 'legacy' || this.#session.id === undefined || this.#isComplete) return;
    postAside(pools, call.server, this.#session, notification);
  }

  serverAsks(request: Message): void {
    // A modern server asks by its answer alone, and is sent no response (2026-07-28, Transports, Sending Messages).
    if (this.#context.leg.serverEra === 'modern') return;
    this.#owner.asked(this.#session, request);
  }

  serverWithdraws(notification: Message): Buffer | undefined {
    return this.#owner.withdrawn(this.#session, notification);
  }

  /** Reads on, though the client takes nothing any more. */
  resume(): void {
    this.#controller?.resume();
  }

  /** The attempt is over: a complete answer leaves the connection for the next request; anything else breaks it off. */
  end(atOnce: boolean): void {
    this.#isOver = true;
    clearInterval(this.#keepAlive);
    this.#resumption?.end();
    if (this.#isComplete) return;
    if (atOnce) this.#controller?.abort(new Error('The call has ended.'));
    else if (this.#answer instanceof AnswerStream) {
      // A stream should end with its answer. One that does not would hold its connection for ever.
      this.#linger = setTimeout(
        () => this.#controller?.abort(new Error('The stream did not end with its answer.')),
        LINGER_MS,
      );
    }
  }

  /** Whether the answer may mean that the server does not know the session. */
  #isSessionDoubtful(): boolean {
    const isRefused = this.#status === 404 || this.#status === 405 || this.#status === 400;
    if (!isRefused || this.#session.id === undefined || !this.#owner.mayRenew) return false;
    return this.#resumption === undefined && !this.#context.reply.hasBegun;
  }

  #forget(): void {
    if (!this.#isOver) this.#owner.forgotten(this.#session);
  }

  /** The answer is complete. */
  #conclude(): void {
    if (this.#isOver) return;
    if (this.#answer === undefined) return this.#failUnexpected();
    let answer: Message | undefined;
    try {
      answer = this.#answer.end();
    } catch (error) {
      return this.#fail(error);
    }
    if (answer === undefined) this.#owner.passed();
    else this.#owner.answered(answer, this.#status, undefined);
  }

  /** @returns whether the rest of an answer that has begun is asked for */
  #resumes(): boolean {
    if (!(this.#answer instanceof AnswerStream) || this.#context.leg.serverEra !== 'legacy') return false;
    const { resumption } = this.#answer;
    if (resumption === undefined) return false;
    this.#resumption ??= new Resumption((lastEventId) => this.#resume(lastEventId));
    return this.#resumption.takeUp(resumption);
  }

  #resume(lastEventId: string): void {
    const { path, host } = this.#context.call.server.entry;
    this.#isComplete = false;
    const headers = resumeHeaders(this.#session, lastEventId);
    headers.push('host', host);
    this.#dispatcher.dispatch({ method: 'GET', path, headers }, this);
  }

  get #dispatcher(): Dispatcher {
    const { call, pools } = this.#context;
    const { target } = this.#session;
    // A call that is parked keeps its connection, which no other call is to wait for.
    const { entry } = call.server;
    return call.slot?.mayPark === true
      ? pools.forStreams(entry, target, call.principal)
      : pools.get(entry, target, call.principal);
  }

  #reader(status: number, contentType: string | undefined): AnswerStream | JsonAnswer | undefined {
    if (contentType === undefined) return undefined;
    const common = {
      context: this.#context,
      sentId: this.#sentId,
      version: this.#session.protocolVersion,
      holder: this.#owner,
      listener: this,
    };
    if (isJson(contentType)) return new JsonAnswer({ ...common, status, contentType });
    if (!isStream(status, contentType)) return undefined;
    const stream = new AnswerStream({
      ...common,
      onAnswer: (answer, frame) => this.#owner.answered(answer, status, frame ?? 'stream'),
      onPassed: () => this.#owner.passed(),
    });
    this.#keepAlive = setInterval(onQuiet, KEEP_ALIVE_MS, this.#context).unref();
    return stream;
  }

  #failUnexpected(): void {
    this.#owner.failed(unexpectedAnswer(this.#context.call.server, this.#status, this.#contentType));
  }

  #fail(error: unknown): void {
    this.#owner.failed(faultOf(error, this.#context.call.server));
  }
}

function onQuiet({ reply }: AnswerContext): void {
  reply.keepAlive();
}
