import { Dispatcher } from 'undici';
import type { HopMark } from '../hop-mark.ts';
import type { Credentials } from './credentials.ts';
import { OutboundError } from './outbound-error.ts';
import type { Subject } from './subject.ts';
import type { TokenExchange } from './token-exchange.ts';

/** What servers are shown. */
export interface Shown {
  readonly credentials: Credentials;
  readonly exchange: TokenExchange;
  /** By which the gateway knows its own requests, should they come back. */
  readonly mark: HopMark;
}

const VIA = 'via';
/** To a server without a credential. */
const NOTHING: readonly string[] = [];
const UNUSABLE = 'the credential of the server in the Secret of credentialsSecretRef cannot be used';

/** A request on its way to a server, and on whose behalf it is; absent: the gateway's own. */
export interface OutboundRequest extends Dispatcher.DispatchOptions {
  readonly subject?: Subject | undefined;
}

/**
 * Connections to one server, with what is shown to it. All that leaves for the server leaves here, so that no request can
 * forget its credential or the gateway's mark, and none can carry another's.
 */
export class CredentialedDispatcher extends Dispatcher {
  readonly #to: Dispatcher;
  readonly #server: string;
  readonly #shown: Shown;

  /** @param server `<namespace>/<name>` */
  constructor(to: Dispatcher, server: string, shown: Shown) {
    super();
    this.#to = to;
    this.#server = server;
    this.#shown = shown;
  }

  override dispatch(options: OutboundRequest, handler: Dispatcher.DispatchHandler): boolean {
    const held = this.#shown.credentials.of(this.#server);
    if (held === undefined) return this.#send(options, handler, NOTHING);
    const { credential } = held;
    if (credential === undefined) return fail(handler, new OutboundError('ERR_OUTBOUND_CREDENTIAL', UNUSABLE));
    const { headers, exchange } = credential;
    const { subject } = options;
    if (exchange === undefined || subject === undefined) return this.#send(options, handler, headers);
    if (subject.token === undefined) {
      if (headers.length > 0) return this.#send(options, handler, headers);
      const says =
        "it is called in the caller's own name, and this caller brought no token to exchange; expected one of an issuer that the Gateway trusts";
      return fail(handler, new OutboundError('ERR_OUTBOUND_EXCHANGE', says));
    }
    let token: string | Promise<string>;
    try {
      token = this.#shown.exchange.token(this.#server, exchange, { ...subject, token: subject.token });
    } catch (error) {
      return fail(handler, error as Error);
    }
    if (typeof token === 'string') return this.#send(options, handler, bearer(token));
    token.then(
      (known) => this.#send(options, handler, bearer(known)),
      (error: Error) => fail(handler, error),
    );
    return true;
  }

  #send(options: OutboundRequest, handler: Dispatcher.DispatchHandler, shown: readonly string[]): boolean {
    const { via } = this.#shown.mark;
    try {
      if (shown.length === 0 && Array.isArray(options.headers)) {
        // A list of headers is its request's own: nothing is made for the mark on the path of calls.
        options.headers.push(VIA, via);
        return this.#to.dispatch(options, handler);
      }
      const headers = withHeaders(options.headers, shown);
      headers.push(VIA, via);
      return this.#to.dispatch({ ...options, headers }, handler);
    } catch (error) {
      return fail(handler, error as Error);
    }
  }
}

/** Sends all that is dispatched to it on someone's behalf. */
export class SubjectDispatcher extends Dispatcher {
  /** As it is known by the last request: who calls for long brings another token some time. */
  subject: Subject | undefined;
  readonly #to: Dispatcher;

  constructor(to: Dispatcher, subject: Subject | undefined) {
    super();
    this.#to = to;
    this.subject = subject;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const request: OutboundRequest = { ...options, subject: this.subject };
    return this.#to.dispatch(request, handler);
  }
}

function bearer(token: string): readonly string[] {
  return ['authorization', `Bearer ${token}`];
}

/** The headers of a request with those of a credential, which count where both have one. */
function withHeaders(headers: Dispatcher.DispatchOptions['headers'], shown: readonly string[]): string[] {
  const all: string[] = [];
  const names = new Set(shown.filter((_, index) => index % 2 === 0));
  const add = (name: string, value: string | string[] | undefined): void => {
    if (value === undefined || names.has(name.toLowerCase())) return;
    for (const each of [value].flat()) all.push(name, each);
  };
  if (Array.isArray(headers)) {
    for (let i = 0; i + 1 < headers.length; i += 2) add(headers[i] as string, headers[i + 1]);
  } else if (headers !== null && headers !== undefined) {
    const entries = Symbol.iterator in headers ? headers : Object.entries(headers);
    for (const [name, value] of entries as Iterable<[string, string | string[] | undefined]>) add(name, value);
  }
  return [...all, ...shown];
}

/** Tells who waits for the answer that there is none: as from a connection, not within the call. */
function fail(handler: Dispatcher.DispatchHandler, error: Error): true {
  queueMicrotask(() => handler.onResponseError?.(failed, error));
  return true;
}

/** Of a request that was never sent. */
const failed: Dispatcher.DispatchController = {
  aborted: true,
  paused: false,
  reason: null,
  pause: () => undefined,
  resume: () => undefined,
  abort: () => undefined,
  rawHeaders: null,
  rawTrailers: null,
};
