import type { Dispatcher } from 'undici';
import type { Message } from '../jsonrpc/message.ts';
import type { McpError } from '../mcp/errors.ts';
import { isConnectFailure } from '../upstream/errors.ts';
import type { Pools } from '../upstream/pools.ts';
import { AnswerStream } from './answer-stream.ts';
import { cancelledNotification, postAside } from './aside.ts';
import { encodedAnswer, faultOf, unexpectedAnswer } from './faults.ts';
import { JsonAnswer } from './json-answer.ts';
import type { AnswerContext, AnswerHolder } from './leg.ts';
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
  /** The client has its answer, or has gone. */
  readonly isEnded: boolean;
  /** A session may still be opened anew for the call. */
  readonly mayRenew: boolean;
  /** The answer has been passed on. */
  answered(): void;
  failed(error: McpError): void;
  /** There is no connection to the session's target: nothing was sent. */
  refused(session: UpstreamSession, error: Error): void;
  /** The server does not know the session, and did nothing in it. */
  forgotten(session: UpstreamSession): void;
  /** The server asks something, in the midst of the call. */
  asked(session: UpstreamSession, request: Message): void;
}

/**
 * One request as it is sent to one endpoint, and what comes back for it.
 *
 * One object with its state as fields: undici calls its handler methods, and no closure is made a request.
 */
export class Attempt implements Dispatcher.DispatchHandler {
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

  constructor(context: AttemptContext, owner: AttemptOwner, session: UpstreamSession) {
    this.#context = context;
    this.#owner = owner;
    this.#session = session;
  }

  send(): void {
    const { call, leg, pools } = this.#context;
    const { path, host } = call.server.entry;
    const { headers, body, id } = leg.request(call, this.#session);
    this.#sentId = id;
    headers.push('host', host);
    pools.get(this.#session.target).dispatch({ method: 'POST', path, headers, body }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#owner.isEnded) controller.abort(new Error('The call has ended.'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#owner.isEnded || status < 200) return;
    const type = headers['content-type'];
    this.#status = status;
    this.#contentType = typeof type === 'string' ? type : undefined;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      return this.#owner.failed(encodedAnswer(this.#context.call.server, String(encoding)));
    }
    this.#answer = this.#reader(status, this.#contentType);
    // What is said of the session is known when the answer is complete; the connection stays of use then.
    if (this.#answer === undefined && !this.#isSessionDoubtful()) this.#failUnexpected();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#owner.isEnded) return;
    try {
      if (this.#answer?.push(chunk, controller) === true) this.#owner.answered();
    } catch (error) {
      this.#fail(error);
    }
  }

  onResponseEnd(): void {
    this.#isComplete = true;
    clearTimeout(this.#linger);
    if (this.#owner.isEnded) return;
    const { slot } = this.#context.call;
    if (!this.#isSessionDoubtful() || slot === undefined) return this.#conclude();
    // 404 is the word for a session that is not known (any more), and nothing was done in it.
    if (this.#status === 404) return this.#forget();
    // server-everything and others say 400, which says more than that: one asks before a session is given up.
    void slot.isKnown(this.#session).then((isKnown) => (isKnown ? this.#conclude() : this.#forget()));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#owner.isEnded) return;
    if (isConnectFailure(error)) this.#owner.refused(this.#session, error);
    else this.#fail(error);
  }

  /** Tells a legacy server that nobody waits for the answer any more; a modern one hears of it by the connection's end. */
  tellCancelled(reason: string): void {
    this.tell(cancelledNotification(this.#sentId, reason));
  }

  /** Passes a notification about the request on to a server that keeps a session. */
  tell(notification: Buffer): void {
    const { call, leg, pools } = this.#context;
    if (leg.serverEra !== 'legacy' || this.#session.id === undefined || this.#isComplete) return;
    postAside(pools, call.server, this.#session, notification);
  }

  /** Reads on, though the client takes nothing any more. */
  resume(): void {
    this.#controller?.resume();
  }

  /** The call has ended: a complete answer leaves the connection for the next request; anything else breaks it off. */
  end(atOnce: boolean): void {
    clearInterval(this.#keepAlive);
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
    const isRefused = this.#status === 404 || this.#status === 400;
    if (!isRefused || this.#session.id === undefined || !this.#owner.mayRenew) return false;
    return !this.#context.reply.hasBegun;
  }

  #forget(): void {
    if (!this.#owner.isEnded) this.#owner.forgotten(this.#session);
  }

  /** The answer is complete. */
  #conclude(): void {
    if (this.#owner.isEnded) return;
    if (this.#answer === undefined) return this.#failUnexpected();
    try {
      this.#answer.end();
    } catch (error) {
      return this.#fail(error);
    }
    this.#owner.answered();
  }

  #reader(status: number, contentType: string | undefined): AnswerStream | JsonAnswer | undefined {
    if (contentType === undefined) return undefined;
    if (isType(contentType, 'application/json')) {
      return new JsonAnswer(this.#context, this.#owner, this.#sentId, status, contentType);
    }
    if (!isType(contentType, 'text/event-stream') || status >= 300) return undefined;
    const stream = new AnswerStream({
      context: this.#context,
      sentId: this.#sentId,
      holder: this.#owner,
      onRequest: (request) => this.#owner.asked(this.#session, request),
      onCancelled: (notification) => this.#context.call.relay?.notification(this.#session, notification),
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

function isType(header: string, type: string): boolean {
  return header.startsWith(type) || header.toLowerCase().startsWith(type);
}
