import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../access/principal.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, type Message } from '../jsonrpc/message.ts';
import type { ErrorType, McpError } from '../mcp/errors.ts';
import type { Exchange, ExchangeEnd, PassedOver } from '../mcp/exchange.ts';
import { permits, type RoutedServer } from '../routing/route.ts';
import type { RoutingView } from '../routing/routing-table.ts';
import type { Audit } from './audit.ts';
import type { AuditRecord } from './audit-line.ts';
import { askedFor, askedThere } from './asked.ts';
import { denialOf, denialsIn, keptByRules, type SeenRoute } from './denials.ts';
import { shownJson, type ShownJson } from './shown-json.ts';

/** A request inside that has its answer. */
export type AuditedVisit = Pick<Exchange, 'request' | 'response' | 'found' | 'principal' | 'recorder'> & {
  /** What it went to, if it did: the message, the server, the server's own name of what is asked for. */
  readonly message: Message | undefined;
  readonly server: RoutedServer | undefined;
  readonly name: string | undefined;
  /** What its connection had been sent before; undefined where nobody asked. */
  readonly sentBefore: number | undefined;
};

/** A request that was answered at the door. */
export interface AuditedAtDoor {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly principal: Principal | undefined;
  readonly error?: McpError | undefined;
  /** Set: the rules hide what is at its path from the caller. */
  readonly hides?: RoutedServer | undefined;
}

/** Makes the audit's line of each request that it wants one of. */
export class RequestAudit {
  readonly #audit: Audit;
  readonly #whole: () => RoutingView;

  /** @param whole what can be routed to by those who may use everything */
  constructor(audit: Audit, whole: () => RoutingView) {
    this.#audit = audit;
    this.#whole = whole;
  }

  /** Whether requests that are allowed have lines. */
  get isOfAll(): boolean {
    return this.#audit.wants(false);
  }

  /** A request inside has its answer. */
  ended(visit: AuditedVisit, method: string, seconds: number, error: ErrorType | undefined, more?: ExchangeEnd): void {
    const failure = more?.failure;
    const passedOver = more?.passedOver;
    const couldDeny = failure !== undefined || passedOver !== undefined;
    if (!this.#audit.isOn || !(couldDeny || this.#audit.wants(false))) return;
    const { request, response, principal, recorder, sentBefore } = visit;
    const message = visit.message ?? more?.message;
    const what =
      failure !== undefined
        ? this.#failed(visit, message, failure)
        : passedOver !== undefined
          ? this.#inPart(visit, passedOver)
          : aimOf(visit);
    if (!this.#audit.wants(what.why !== undefined)) return;
    const code = failure?.code ?? more?.code;
    // Of the parts of a batch nothing is known of bytes: they have no connection of their own.
    const isAlone = recorder === undefined;
    this.#audit.write({
      ...what,
      time: Date.now(),
      principal,
      address: addressOf(request, principal),
      method,
      path: pathOf(request),
      outcome: error ?? (code === undefined ? 'ok' : 'error'),
      code,
      status: response.statusCode,
      seconds,
      requestBytes: isAlone ? sizeOf(request) : undefined,
      answerBytes: isAlone && sentBefore !== undefined ? request.socket.bytesWritten - sentBefore : undefined,
      sessionId: textOf(request, 'mcp-session-id'),
      traceId: traceOf(request, message),
      arguments: message === undefined || !this.#audit.showsArguments ? undefined : argumentsOf(message),
    });
  }

  /** A request was answered without being looked into. */
  atDoor({ request, response, principal, error, hides }: AuditedAtDoor): void {
    if (!this.#audit.isOn) return;
    const why = error === undefined ? undefined : hides === undefined ? denialOf(error) : 'rules';
    if (!this.#audit.wants(why !== undefined)) return;
    this.#audit.write({
      time: Date.now(),
      principal,
      address: addressOf(request, principal),
      method: request.method ?? '',
      path: pathOf(request),
      server: hides,
      item: undefined,
      why,
      alsoDenied: NONE,
      outcome: error?.type ?? 'ok',
      code: error?.code,
      status: response.statusCode,
      seconds: 0,
      requestBytes: sizeOf(request),
      answerBytes: undefined,
      sessionId: textOf(request, 'mcp-session-id'),
      traceId: traceOf(request, undefined),
      arguments: undefined,
    });
  }

  /** What the gateway answered with an error, and why. */
  #failed(visit: AuditedVisit, message: Message | undefined, failure: McpError): Aim {
    const { route, pattern } = visit.found;
    const aim = aimOf(visit);
    const item = aim.item ?? (message === undefined ? undefined : askedFor(message));
    const why = denialOf(failure);
    // What found its server was let through by the rules.
    if (visit.server !== undefined) return { ...aim, item, why };
    if (pattern === '/agents/:namespace/:service') {
      const isKept = route.single !== undefined && !permits(route, 'agents', route.single, '');
      return { ...aim, why: why ?? (isKept ? 'rules' : undefined) };
    }
    const kept = message === undefined ? undefined : keptByRules(this.#seen(visit), message, failure);
    return kept === undefined ? { ...aim, item, why } : { ...aim, ...kept };
  }

  /** What was given but for a part. */
  #inPart(visit: AuditedVisit, passedOver: PassedOver): Aim {
    const [first, ...alsoDenied] = denialsIn(this.#seen(visit), passedOver);
    const aim = aimOf(visit);
    return first === undefined ? aim : { ...first, server: first.server ?? aim.server, alsoDenied };
  }

  #seen({ found: { route } }: AuditedVisit): SeenRoute {
    return { route, whole: this.#whole().find(route.path)?.route };
  }
}

/** What a request was for, and whether it was denied that. */
type Aim = Pick<AuditRecord, 'server' | 'item' | 'why' | 'alsoDenied'>;

const NONE: AuditRecord['alsoDenied'] = [];

function aimOf({ message, server, name, found: { route } }: AuditedVisit): Aim {
  const item = message === undefined ? undefined : askedThere(route, message, name);
  return { server: server ?? route.single, item, why: undefined, alsoDenied: NONE };
}

/** Where one came from who did not say who it is. */
function addressOf({ socket }: IncomingMessage, principal: Principal | undefined): string | undefined {
  return principal === undefined || principal.method === 'anonymous' ? socket.remoteAddress : undefined;
}

/** The path that was asked for, without the query: a token may be in that. */
function pathOf({ url = '' }: IncomingMessage): string {
  const path = url.startsWith('/') ? url : url.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
  const end = path.indexOf('?');
  return end < 0 ? path : path.slice(0, end);
}

function sizeOf({ headers }: IncomingMessage): number | undefined {
  const length = Number(headers['content-length'] ?? NaN);
  return Number.isSafeInteger(length) ? length : undefined;
}

function textOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** W3C Trace Context, traceparent: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** The trace that a request is part of: as a header says, or `_meta` does. */
function traceOf(request: IncomingMessage, message: Message | undefined): string | undefined {
  let text = textOf(request, 'traceparent');
  if (text === undefined && message !== undefined) {
    const place = member(param(message, '_meta')?.members, 'traceparent');
    text = place === undefined ? undefined : stringOf(message.bytes, place);
  }
  return text === undefined ? undefined : TRACEPARENT.exec(text)?.[1];
}

/** The member of params that is what a call is made with, by method; of A2A the message. */
const argumentMembers: Readonly<Record<string, string | undefined>> = {
  __proto__: null as never,
  'tools/call': 'arguments',
  'prompts/get': 'arguments',
  'completion/complete': 'argument',
  SendMessage: 'message',
  SendStreamingMessage: 'message',
  'message/send': 'message',
  'message/stream': 'message',
};

function argumentsOf(message: Message): ShownJson | undefined {
  const name = argumentMembers[message.method];
  const place = name === undefined ? undefined : param(message, name);
  return place === undefined ? undefined : shownJson(message.bytes, place.start);
}
