import type { IncomingMessage } from 'node:http';
import { agentAt } from '../agents/agent-target.ts';
import { COME_BACK, Reply } from '../call/reply.ts';
import { NO_BODY } from '../http/respond.ts';
import { refusal } from '../call/faults.ts';
import { isSameId } from '../call/answer-edits.ts';
import type { Calls } from '../call/calls.ts';
import type { Forward } from '../call/forward.ts';
import { logLevels } from '../call/log-level.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import type { Route, RoutedServer } from '../routing/route.ts';
import { capabilitySet } from '../upstream/capability-set.ts';
import { isJsonObject, type JsonObject } from '../upstream/json.ts';
import { LATEST_LEGACY_VERSION, legacyVersions } from '../upstream/protocol-versions.ts';
import { introductionOf } from './capabilities.ts';
import { McpError } from './errors.ts';
import { endWithCredential } from './credential-end.ts';
import type { Exchange } from './exchange.ts';
import type { FirstSight } from './first-sight.ts';
import { isListMethod, type ListMethod, type Lists } from './lists.ts';
import { cursorOf, sendResult } from './results.ts';
import { serverInfo } from './server-info.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import { isForwarded, requiredString, subscribable, targetOf, type RequestTarget } from './targets.ts';
import { taskPage } from './tasks-list.ts';
import { isTaskMethod, taskTarget } from './tasks.ts';

export interface LegacyServerOptions {
  readonly firstSight: FirstSight;
  readonly lists: Lists;
  readonly calls: Calls;
  readonly sessions: Sessions;
}

/** The gateway as a server of the legacy era (2025-11-25 and before): sessions, POST, GET and DELETE. */
export class LegacyServer {
  readonly #firstSight: FirstSight;
  readonly #lists: Lists;
  readonly #calls: Calls;
  readonly #sessions: Sessions;

  constructor({ firstSight, lists, calls, sessions }: LegacyServerOptions) {
    this.#firstSight = firstSight;
    this.#lists = lists;
    this.#calls = calls;
    this.#sessions = sessions;
  }

  /** @throws McpError what the client is told; nothing was answered then */
  post(exchange: Exchange, message: Message): void | Promise<void> {
    if (message.kind === 'request' && message.method === 'initialize') return this.#initialize(exchange, message);
    const session = this.session(exchange);
    if (message.kind === 'request') return this.#request(exchange, session, message);
    if (message.kind === 'response') session.questions.take(message);
    else this.#notified(session, message);
    exchange.response.writeHead(202, NO_BODY).end();
    exchange.ended(message.method, undefined);
  }

  /** The session's stream of notifications. */
  get(exchange: Exchange): void {
    const { accept, 'mcp-session-id': id } = exchange.request.headers;
    if (id === undefined && accept?.includes('text/html') === true) {
      throw new McpError(
        'not_acceptable',
        'This is an endpoint for MCP clients. A page for people, with how to connect one, is at /.',
      );
    }
    const session = this.session(exchange);
    if (accept !== undefined && !/text\/event-stream|text\/\*|\*\/\*/.test(accept)) {
      throw new McpError(
        'not_acceptable',
        `GET opens a stream of events; Accept says ${accept.slice(0, 128)}, expected text/event-stream.`,
      );
    }
    const lastEventId = exchange.request.headers['last-event-id'];
    const { response, principal } = exchange;
    this.#sessions.listen(session, response, typeof lastEventId === 'string' ? lastEventId : undefined);
    endWithCredential(response, principal, () => void response.end(COME_BACK));
    exchange.ended('GET', undefined);
  }

  /** Ends the session. */
  delete(exchange: Exchange): void {
    this.#sessions.end(this.session(exchange));
    exchange.response.writeHead(204).end();
    exchange.ended('DELETE', undefined);
  }

  /** The session that a request names. @throws McpError */
  session({ request, found, principal }: Exchange): Session {
    const id = request.headers['mcp-session-id'];
    if (typeof id !== 'string') {
      throw new McpError(
        'invalid_request',
        'The header Mcp-Session-Id is missing: begin with initialize and send the id that it answers with.',
      );
    }
    const session = this.#sessions.find(id, found.route.path, principal);
    if (session === undefined) {
      throw new McpError(
        'session_not_found',
        'No such session: it ended, or is not yours, or belongs to another endpoint. Begin anew with initialize.',
        { denied: this.#sessions.isOfAnother(id, principal) ? 'session' : undefined },
      );
    }
    checkVersion(request);
    return session;
  }

  async #initialize(exchange: Exchange, message: Message): Promise<void> {
    checkVersion(exchange.request);
    const version = param(message, 'protocolVersion');
    const asked = version === undefined ? undefined : stringOf(message.bytes, version);
    if (asked === undefined) throw new McpError('invalid_params', 'params.protocolVersion is missing or not a string.');
    const protocolVersion = legacyVersions.includes(asked) ? asked : LATEST_LEGACY_VERSION;
    const { route } = exchange.found;
    // What is said now holds for the whole session.
    await this.#firstSight.wait(route.servers);
    await Promise.all(
      route.servers.flatMap((each) => (isAskedFirst(route, each) ? (each.upstream.legacyKnown() ?? []) : [])),
    );
    const identity = {
      protocolVersion,
      clientInfo: clientInfoOf(message),
      capabilities: capabilitiesOfClient(message),
    };
    const session = this.#sessions.begin(route.path, identity, exchange.principal);
    const result = JSON.stringify({ protocolVersion, ...introductionOf(route, 'legacy'), serverInfo });
    sendResult(exchange.response, message, Buffer.from(result), { 'mcp-session-id': session.id });
    exchange.ended(message.method, undefined);
  }

  #request(exchange: Exchange, session: Session, message: Message): void | Promise<void> {
    const { method } = message;
    const { route } = exchange.found;
    if (isForwarded(method))
      return this.#forward(exchange, session, message, targetOf(route, message, method, 'legacy'));
    if (isTaskMethod(method, 'legacy')) {
      const target = taskTarget(route, message, (id) => session.tasks.open(id));
      return this.#forward(exchange, session, message, target);
    }
    if (method === 'tasks/list') return this.#listTasks(exchange, session, message);
    if (isListMethod(method)) return this.#list(exchange, session, message, method);
    if (method === 'ping') return this.#done(exchange, message);
    if (method === 'logging/setLevel') return this.#setLevel(exchange, session, message);
    if (method === 'resources/subscribe' || method === 'resources/unsubscribe') {
      return this.#subscribe(exchange, session, message, method);
    }
    throw new McpError('method_not_found', `Method not found: ${method.slice(0, 128)}`);
  }

  #done(exchange: Exchange, message: Message): void {
    sendResult(exchange.response, message, EMPTY);
    exchange.ended(message.method, undefined);
  }

  async #setLevel(exchange: Exchange, session: Session, message: Message): Promise<void> {
    const { text: level } = requiredString(message, 'level');
    if (!logLevels.includes(level)) {
      throw new McpError('invalid_params', `params.level is ${level.slice(0, 64)}; expected ${logLevels.join(', ')}.`);
    }
    await session.setLogLevel(level);
    this.#done(exchange, message);
  }

  async #subscribe(
    exchange: Exchange,
    session: Session,
    message: Message,
    method: 'resources/subscribe' | 'resources/unsubscribe',
  ): Promise<void> {
    await this.#firstSight.wait(exchange.found.route.servers);
    const server = subscribable(exchange.found.route, requiredString(message, 'uri').text);
    const { text: uri } = requiredString(message, 'uri');
    exchange.aimedAt(server, message, uri);
    try {
      const { resources } = session;
      await (method === 'resources/subscribe' ? resources.subscribe(server, uri) : resources.unsubscribe(server, uri));
    } catch (error) {
      throw refusal(error, server);
    }
    this.#done(exchange, message);
  }

  async #list(exchange: Exchange, session: Session, message: Message, method: ListMethod): Promise<void> {
    const set = capabilitySet('legacy', session.capabilities);
    const request = { method, era: 'legacy', set, cursor: cursorOf(message) } as const;
    const page = await this.#lists.page(exchange.found.route, request);
    sendResult(exchange.response, message, page);
    exchange.ended(method, undefined);
  }

  async #listTasks(exchange: Exchange, session: Session, message: Message): Promise<void> {
    const page = await taskPage(exchange.found.route, session, cursorOf(message));
    sendResult(exchange.response, message, page);
    exchange.ended(message.method, undefined);
  }

  #forward(exchange: Exchange, session: Session, message: Message, target: RequestTarget): void | Promise<void> {
    const { method } = message;
    let running: Forward | undefined;
    exchange.aimedAt(target.server, message, target.name);
    const started = this.#calls.forward({
      message,
      target,
      era: 'legacy',
      principal: exchange.principal,
      rawHeaders: exchange.request.rawHeaders,
      reply: new Reply(exchange.response, exchange.recorder ?? session.streams),
      slot: (server) => session.slots.slot(server),
      caller: session,
      onEnd: (error, code) => {
        session.touch();
        if (running !== undefined) session.inFlight.delete(running);
        exchange.ended(method, error, code === undefined ? undefined : { code });
      },
    });
    const inFlight = (forward: Forward): void => {
      if (forward.isEnded) return;
      running = forward;
      session.inFlight.add(forward);
      // The client may have ended its session while the call waited for its server to be seen.
      if (session.slots.isClosed) forward.abandon();
    };
    if (started instanceof Promise) return started.then(inFlight);
    return inFlight(started);
  }

  #notified(session: Session, message: Message): void {
    if (message.method === 'notifications/cancelled') this.#cancel(session, message);
    else if (message.method === 'notifications/progress') session.relay.progress(message);
    else if (message.method === 'notifications/tasks/status') session.tellTaskOwner(message);
    else if (message.method === 'notifications/roots/list_changed') session.tellServers(message.bytes);
    else if (message.method === 'notifications/initialized') session.questions.ready();
  }

  /** 2025-11-25, Cancellation: the request it names is given up; the server that has it hears of it. */
  #cancel(session: Session, message: Message): void {
    const place = param(message, 'requestId');
    if (place === undefined) return;
    const id = message.bytes.toString('utf8', place.start, place.end);
    for (const forward of session.inFlight) if (isSameId(forward.id, id)) forward.cancel(message);
  }
}

const EMPTY = Buffer.from('{}');

/** Whether a server is asked for what it is to legacy clients before one of them uses it: one alone will be used, and to ask an agent costs nothing. */
function isAskedFirst(route: Route, { entry, upstream }: RoutedServer): boolean {
  return route.single?.upstream === upstream || entry.targets.some((target) => agentAt(target) !== undefined);
}

/** A header that is there names a version that the gateway speaks (2025-11-25, Transports, Protocol Version Header). */
function checkVersion({ headers }: IncomingMessage): void {
  const version = headers['mcp-protocol-version'];
  if (version === undefined || legacyVersions.includes(String(version))) return;
  throw new McpError(
    'invalid_request',
    `The header MCP-Protocol-Version says ${String(version).slice(0, 64)}; supported are ${legacyVersions.join(', ')}.`,
  );
}

function clientInfoOf(message: Message): { name: string; version: string } {
  const place = param(message, 'clientInfo');
  const info = place === undefined ? undefined : valueOf(message.bytes, place);
  const text = (name: string): string =>
    isJsonObject(info) && typeof info[name] === 'string' ? info[name].slice(0, 256) : 'unknown';
  return { name: text('name'), version: text('version') };
}

/** What the client can be asked for, as it is declared to the servers that it uses. @throws McpError */
function capabilitiesOfClient(message: Message): JsonObject {
  const place = param(message, 'capabilities');
  const capabilities = place === undefined ? {} : valueOf(message.bytes, place);
  if (!isJsonObject(capabilities)) throw new McpError('invalid_params', 'params.capabilities is not an object.');
  return capabilities;
}
