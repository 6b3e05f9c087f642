import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { readMessage, type Message } from '../jsonrpc/message.ts';
import { errorResponse, McpError, type ErrorType } from '../mcp/errors.ts';
import { sendJson } from '../http/respond.ts';
import type { Pools } from '../upstream/pools.ts';
import { isSameId } from './answer-edits.ts';
import { AnswerStream } from './answer-stream.ts';
import { faultOf, isUnsent } from './faults.ts';
import type { CallRequest, Leg, UpstreamRequest } from './leg.ts';
import type { UpstreamSession } from './upstream-session.ts';

/** A JSON answer up to this size is held until it is complete, so that one that breaks off becomes an error. */
export const HELD_ANSWER_BYTES = 1024 * 1024;
/** A JSON answer that has to be translated is held whatever its size, up to this. */
const TRANSLATED_ANSWER_BYTES = 16 * 1024 * 1024;
/** How often a request that was never sent is tried at another endpoint, or anew in a new session. */
const MAX_ATTEMPTS = 4;
/** How long a stream may stay open behind its answer, in milliseconds. */
const LINGER_MS = 1000;

export interface ForwardOptions {
  readonly call: CallRequest;
  readonly leg: Leg;
  readonly pools: Pools;
  readonly response: ServerResponse;
  /** From now to the complete answer, in milliseconds; progress does not extend it. */
  readonly deadlineMs: number;
  /** Called once, when the client has its answer or has gone. */
  readonly onEnd: (error: ErrorType | undefined) => void;
}

/**
 * One request on its way: sent upstream over a pooled connection, its answer passed to the client. The client gets
 * exactly one answer, with its own id, within the deadline, whatever the server does.
 *
 * One object a call with its state as fields: undici calls its handler methods, and no closure is made a request.
 */
export class Forward implements Dispatcher.DispatchHandler {
  readonly #options: ForwardOptions;
  #attempts = 0;
  #target = '';
  #session: UpstreamSession | undefined;
  #sent: UpstreamRequest | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #status = 0;
  /** How the body is taken: not at all yet, held until complete, passed on as it comes, or as a stream of events. */
  #mode: 'none' | 'held' | 'passed' | 'events' = 'none';
  #held: Buffer[] = [];
  #heldBytes = 0;
  #events: AnswerStream | undefined;
  /** The client has its answer, or has gone. */
  #isEnded = false;
  /** The server's answer has come to its end. */
  #isComplete = false;

  constructor(options: ForwardOptions) {
    this.#options = options;
  }

  /** Starts the call. */
  run(): void {
    const { response, deadlineMs, leg } = this.#options;
    this.#deadline = setTimeout(onDeadline, deadlineMs, this);
    response.once('close', () => this.#clientGone(leg.closeCancels));
    this.#attempt();
  }

  /** Whether the client has its answer, or has gone. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /**
   * A legacy client gives the request up (2025-11-25, Cancellation). A server of its era hears of it and says how it
   * ends; a modern one by the connection's end.
   */
  cancel(notification: Message): void {
    const { call, leg, pools } = this.#options;
    const session = this.#session;
    if (this.#isEnded) return;
    if (!leg.isRaw || session === undefined) {
      return this.#fail(new McpError('cancelled', 'The request was cancelled by the client.'));
    }
    const headers = leg.request({ ...call, message: notification, edits: [], name: undefined }, session).headers;
    headers.push('host', call.server.entry.host);
    const request = { method: 'POST' as const, path: call.server.entry.path, headers, body: notification.bytes };
    pools.get(session.target).dispatch(request, ignored);
  }

  /** The deadline has passed. */
  expire(): void {
    const { deadlineMs } = this.#options;
    this.#fail(
      new McpError('upstream_timeout', `${this.#serverName()} gave no answer within ${deadlineMs} ms.`, this.#about()),
    );
  }

  #attempt(): void {
    this.#attempts++;
    const { slot, server } = this.#options.call;
    if (slot === undefined) {
      const target = server.upstream.endpoints.pick();
      if (target === undefined) return this.#fail(this.#nothingToDial());
      const protocolVersion = server.upstream.catalogue?.protocolVersion ?? '';
      return this.#send({ target, id: undefined, protocolVersion });
    }
    const session = slot.get(server);
    if (!(session instanceof Promise)) return this.#send(session);
    session.then(
      (opened) => this.#send(opened),
      (error: unknown) => this.#fail(faultOf(error, this.#serverName(), this.#about())),
    );
  }

  #send(session: UpstreamSession): void {
    if (this.#isEnded) return;
    const { call, leg, pools } = this.#options;
    this.#session = session;
    this.#target = session.target;
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
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#isEnded || status < 200) return;
    this.#status = status;
    const type = headers['content-type'];
    if (status === 404 && this.#session?.id !== undefined) {
      // The server forgot the session, so it did not act on the request: another session, and once more.
      this.#mode = 'none';
      return;
    }
    if (typeof type === 'string' && isType(type, 'text/event-stream') && status < 300) {
      this.#mode = 'events';
      this.#events = new AnswerStream({ ...this.#options, sentId: this.#sent?.id, controller });
    } else if (typeof type === 'string' && isType(type, 'application/json')) this.#mode = 'held';
    else this.#fail(this.#unexpected(status, type));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isEnded) return;
    if (this.#mode === 'held') this.#hold(controller, chunk);
    else if (this.#mode === 'passed') this.#pass(controller, chunk);
    else if (this.#mode === 'events') {
      try {
        if (this.#events?.push(chunk) === true) this.#end(undefined);
      } catch (error) {
        this.#fail(faultOf(error, this.#serverName(), this.#about()));
      }
    }
  }

  onResponseEnd(): void {
    this.#isComplete = true;
    if (this.#isEnded) return clearTimeout(this.#deadline);
    if (this.#mode === 'held') this.#answerHeld();
    else if (this.#mode === 'passed') {
      this.#options.response.end();
      this.#end(undefined);
    } else if (this.#mode === 'events') {
      this.#fail(
        new McpError('upstream_fault', `${this.#serverName()} ended its stream without an answer.`, this.#about()),
      );
    } else if (this.#status === 404 && this.#attempts < MAX_ATTEMPTS && this.#session !== undefined) {
      this.#options.call.slot?.lost(this.#session);
      this.#attempt();
    } else this.#fail(this.#unexpected(this.#status, undefined));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isEnded) return;
    const { call } = this.#options;
    if (isUnsent(error)) {
      call.server.upstream.endpoints.refused(this.#target);
      if (this.#session !== undefined) call.slot?.lost(this.#session);
      if (this.#attempts < MAX_ATTEMPTS) return this.#attempt();
    }
    this.#fail(faultOf(error, this.#serverName(), this.#about()));
  }

  #hold(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    const { leg, response } = this.#options;
    if (leg.isRaw) {
      if (this.#heldBytes <= HELD_ANSWER_BYTES) return;
      // Too large to hold: from here on a fault can only be shown by breaking off.
      this.#mode = 'passed';
      response.writeHead(leg.closeCancels ? this.#status : 200, ['content-type', 'application/json']);
      const held = Buffer.concat(this.#held, this.#heldBytes);
      this.#held = [];
      this.#pass(controller, held);
    } else if (this.#heldBytes > TRANSLATED_ANSWER_BYTES) {
      const limit = TRANSLATED_ANSWER_BYTES / 1024 / 1024;
      this.#fail(
        new McpError(
          'upstream_fault',
          `${this.#serverName()} sent an answer of over ${limit} MiB, too large to translate.`,
          this.#about(),
        ),
      );
    }
  }

  #pass(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { response } = this.#options;
    if (response.destroyed || response.write(chunk)) return;
    controller.pause();
    response.once('drain', () => controller.resume());
  }

  #answerHeld(): void {
    const { call, leg, response } = this.#options;
    const bytes = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held, this.#heldBytes);
    let answer: Message;
    try {
      answer = readMessage(bytes);
    } catch (error) {
      return this.#fail(faultOf(error, this.#serverName(), this.#about()));
    }
    if (answer.kind !== 'response' || !this.#isOurs(answer)) {
      return this.#fail(
        new McpError('upstream_fault', `${this.#serverName()} sent an answer to another request.`, this.#about()),
      );
    }
    sendJson(response, leg.status(this.#status, answer), leg.answer(call, answer));
    this.#end(undefined);
  }

  #isOurs(answer: Message): boolean {
    // An error without an id is the answer to a request that the server could not read: there is only ours.
    return isSameId(answer.id, this.#sent?.id) || (answer.error !== undefined && answer.id === undefined);
  }

  #clientGone(cancels: boolean): void {
    if (this.#isEnded) return;
    if (cancels) this.#end(undefined);
    // In the legacy era a disconnect is no cancellation: the server goes on, and what it says is let go.
    else this.#controller?.resume();
  }

  #fail(error: McpError): void {
    if (this.#isEnded) return;
    const { call, response } = this.#options;
    const body = errorResponse(call.message.id, error);
    if (this.#events?.isOpen === true) this.#events.finish(body);
    else if (response.headersSent) response.destroy();
    else sendJson(response, error.status, body);
    this.#end(error.type);
  }

  #end(error: ErrorType | undefined): void {
    this.#isEnded = true;
    clearTimeout(this.#deadline);
    this.#breakOff(error !== undefined || this.#options.response.destroyed);
    this.#options.onEnd(error);
  }

  /** A complete answer leaves the connection for the next request; anything else breaks it off. */
  #breakOff(atOnce: boolean): void {
    const controller = this.#controller;
    if (atOnce) controller?.abort(new Error('The call has ended.'));
    else if (this.#mode === 'events' && !this.#isComplete) {
      // A stream should end with its answer. One that does not would hold its connection for ever.
      this.#deadline = setTimeout(
        () => controller?.abort(new Error('The stream did not end with its answer.')),
        LINGER_MS,
      );
    }
  }

  #serverName(): string {
    const { namespace, name } = this.#options.call.server.entry;
    return `Server ${namespace}/${name}`;
  }

  #about(): { data: { server: string } } {
    const { namespace, name } = this.#options.call.server.entry;
    return { data: { server: `${namespace}/${name}` } };
  }

  #nothingToDial(): McpError {
    const why = this.#options.call.server.upstream.entry.pending ?? 'no endpoint of it can be reached';
    return new McpError('upstream_unreachable', `${this.#serverName()} cannot be called: ${why}.`, this.#about());
  }

  #unexpected(status: number, type: unknown): McpError {
    const what = typeof type === 'string' ? ` with content type ${type.slice(0, 64)}` : '';
    return new McpError(
      'upstream_fault',
      `${this.#serverName()} answered HTTP ${status}${what} and no JSON-RPC answer.`,
      this.#about(),
    );
  }
}

/** Takes an answer that nobody waits for. */
const ignored: Dispatcher.DispatchHandler = {
  onRequestStart() {},
  onResponseStart() {},
  onResponseData() {},
  onResponseEnd() {},
  onResponseError() {},
};

function onDeadline(forward: Forward): void {
  forward.expire();
}

function isType(header: string, type: string): boolean {
  return header.startsWith(type) || header.toLowerCase().startsWith(type);
}
