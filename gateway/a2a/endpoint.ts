import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { spokenVersion, type AgentVersion } from '../agents/agent-card.ts';
import { AgentError } from '../agents/agent-error.ts';
import type { Agent } from '../agents/agent.ts';
import { readBody } from '../http/body.ts';
import { sendJson } from '../http/respond.ts';
import { pathOf } from '../http/target.ts';
import { isBatch } from '../jsonrpc/batch.ts';
import { InvalidMessageError, readMessage, type Message } from '../jsonrpc/message.ts';
import { JsonScanError } from '../jsonrpc/message-scan.ts';
import { LimitError } from '../limits/limit-error.ts';
import type { Logger } from '../log.ts';
import { asMcpError, errorResponse, McpError, ScopeError } from '../mcp/errors.ts';
import type { Principal } from '../access/principal.ts';
import type { Exchange } from '../mcp/exchange.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { permits } from '../routing/route.ts';
import type { RoutingView } from '../routing/routing-table.ts';
import { mediaType } from '../upstream/rpc-body.ts';
import { answerCard } from './card-answer.ts';
import { noPush, openedRequest } from './client-request.ts';
import { a2aError, a2aLimit } from './errors.ts';
import { faultOf } from './faults.ts';
import { operationOf, type Operation } from './methods.ts';
import { pass, type Passage, type Running } from './passage.ts';
import { checkPermitted } from './permission.ts';
import { CARD_PATH } from './paths.ts';
import { SealedIds } from './sealed-ids.ts';
import { interfacesOf, saidVersion, type Interfaces } from './version.ts';

export interface A2aEndpointOptions {
  /** The agent of a Service, if it speaks A2A as far as is known. @param key `<namespace>/<name>` */
  readonly agentOf: (key: string) => Agent | undefined;
  /** What a Service was found to speak; undefined: that is not known yet, or it is no agent. */
  readonly foundOf: (key: string) => 'a2a' | 'mcp' | undefined;
  /** What clients' URLs of the gateway begin with, without a slash at its end. @param host as the client sent it */
  readonly baseUrl: (exchange: Exchange, host: string | undefined) => string;
  readonly sealer: Sealer;
  /** The most bytes of a request's body. */
  readonly bodyBytes: number;
  /** The deadline of a call whose Service declares none, in milliseconds. */
  readonly callTimeoutMs: number;
  readonly log: Logger;
}

/** The agents for A2A clients: of each its card, and its JSON-RPC interface (A2A 1.0, JSON-RPC Protocol Binding; 0.3). */
export class A2aEndpoint {
  readonly #options: A2aEndpointOptions;
  readonly #running: Running = new Map();

  constructor(options: A2aEndpointOptions) {
    this.#options = options;
  }

  /** Serves one request, whose route is that of one Service. */
  handle(exchange: Exchange): void {
    const { request } = exchange;
    const method = request.method ?? '';
    try {
      const agent = this.#agent(exchange);
      if (isCard(request.url ?? '')) {
        if (method !== 'GET' && method !== 'HEAD') throw notAllowed('An agent card takes GET', 'GET, HEAD');
        answerCard(exchange, agent, this.#options.baseUrl(exchange, request.headers.host)).catch((error: unknown) =>
          this.#fail(exchange, undefined, method, error),
        );
        return;
      }
      if (method !== 'POST') throw notAllowed(`An agent takes POST, and its card is at ${CARD_PATH} below it`, 'POST');
      readBody(request, this.#options.bodyBytes, exchange, (error, body) => {
        if (error === undefined) void this.#post(exchange, agent, body);
        else this.#fail(exchange, undefined, 'unread', error);
      });
    } catch (error) {
      this.#fail(exchange, undefined, method === 'POST' ? 'unread' : method, error);
    }
  }

  /** Ends what still runs after a time, each stream and call with an error that says so. @param ms in milliseconds */
  endAfter(ms: number): void {
    const message = 'The gateway ends. A task goes on: subscribe to it again, or ask for it.';
    setTimeout(() => {
      for (const running of this.#running.keys()) running.abort(new McpError('draining', message));
    }, ms).unref();
  }

  /**
   * Another routing table took over: ends the subscriptions to tasks of agents that are not for the caller any more. Calls
   * that run end by themselves.
   * @param viewOf what a caller may use now
   */
  retain(viewOf: (principal: Principal) => RoutingView): void {
    for (const [running, { exchange, isSubscription }] of this.#running) {
      if (!isSubscription) continue;
      const { route } = exchange.found;
      const now = viewOf(exchange.principal).find(route.path)?.route;
      if (now?.single !== undefined && permits(now, 'agents', now.single, '')) continue;
      running.abort(new McpError('not_found', 'The agent is not there any more.'));
    }
  }

  /** @throws McpError that says why there is none */
  #agent({ found, request }: Exchange): Agent {
    checkPermitted(found.route, pathOf(request.url ?? ''));
    const entry = found.route.single?.entry;
    const key = `${entry?.namespace}/${entry?.name}`;
    const agent = this.#options.agentOf(key);
    if (agent !== undefined) {
      if (found.route.single?.upstream.isWithheld === true) throw withheld(found.route.single);
      return agent;
    }
    if (entry?.protocol === 'auto' && this.#options.foundOf(key) === undefined) {
      const message = `Agent ${key} is being asked whether it speaks A2A or MCP; try again.`;
      throw new McpError('upstream_unreachable', message, { status: 503, headers: { 'retry-after': '1' } });
    }
    throw new McpError('not_found', `${key} is no agent that speaks A2A; what it has is at /mcp/${key}.`);
  }

  async #post(exchange: Exchange, agent: Agent, body: Buffer): Promise<void> {
    let message: Message | undefined;
    let version: AgentVersion | undefined;
    try {
      message = readRequest(exchange.request.headers, body);
      const { id = 'null', method } = message;
      const { request } = exchange;
      const { bodyBytes: _, ...options } = this.#options;
      const said = saidVersion(request.headers['a2a-version'], request.url ?? '');
      const interfaces = interfacesOf((agent.known ?? (await agent.card())).card);
      version = versionIn(said, interfaces, agent.key);
      const operation = served(version, method, said);
      const { single } = exchange.found.route;
      if (single !== undefined) exchange.aimedAt(single, message, undefined);
      const { path, tenant } = interfaces[version] ?? { path: '/', tenant: '' };
      const ids = new SealedIds(options.sealer, agent.key, exchange.principal.id);
      const opened = openedRequest(message, { operation, version, tenant, ids });
      const listed = operation === 'list' ? opened.ids.find(({ kind }) => kind === 'context')?.id : undefined;
      const passage: Passage = {
        agent,
        path,
        body: opened.body,
        headers: passedHeaders(request.headers, said === '' ? undefined : version),
        subject: exchange.principal,
        home: opened.home,
        isStreaming: operation === 'stream' || operation === 'subscribe',
        isSubscription: operation === 'subscribe',
        deadlineMs: agent.entry.timeoutMs ?? options.callTimeoutMs,
        plan: { id, version, ids, opened: opened.ids, listed },
      };
      const error = await pass(exchange, passage, this.#running);
      exchange.ended(method, error);
    } catch (error) {
      const known = error instanceof AgentError ? faultOf(error, agent.key) : error;
      this.#fail(exchange, message, message?.method ?? 'unread', known, version);
    }
  }

  #fail(
    exchange: Exchange,
    message: Message | undefined,
    method: string,
    thrown: unknown,
    version: AgentVersion = '0.3',
  ): void {
    const error = toMcpError(thrown);
    if (error.type === 'internal') {
      this.#options.log.error('A request failed by a fault of the gateway.', { method, error: thrown });
    }
    const readId = thrown instanceof InvalidMessageError ? thrown.id : message?.id;
    const told = error instanceof LimitError ? a2aLimit(error, version) : error;
    const headers =
      error instanceof ScopeError ? { 'www-authenticate': exchange.challenge(error.scopes) } : error.headers;
    sendJson(exchange.response, error.status, errorResponse(readId, told), headers);
    exchange.ended(method, error.type, { failure: error, message });
  }
}

/** Whether a request is for the card. */
function isCard(target: string): boolean {
  return (target.split('?', 1)[0] ?? '').replace(/\/$/, '').endsWith(CARD_PATH);
}

/** The tools that are made of its card are not those that were approved, or not known yet (upstream/tool-pin.ts). */
function withheld({ entry, upstream }: RoutedServer): McpError {
  const key = `${entry.namespace}/${entry.name}`;
  if (upstream.catalogue !== undefined) {
    return new McpError('not_found', `Agent ${key} is not offered: it is another than was approved.`);
  }
  const message = `Agent ${key} is being asked what it offers; try again.`;
  return new McpError('upstream_unreachable', message, { status: 503, headers: { 'retry-after': '1' } });
}

/** @throws McpError, JsonScanError, InvalidMessageError for what is no request */
function readRequest(headers: IncomingHttpHeaders, body: Buffer): Message {
  const type = headers['content-type'];
  // A form or a plain text is what a foreign page can send across origins without asking.
  if (mediaType(type) !== 'application/json') {
    const found = type === undefined ? 'missing' : type.slice(0, 128);
    throw a2aError('CONTENT_TYPE_NOT_SUPPORTED', `Content-Type is ${found}; expected application/json.`, '0.3');
  }
  // RFC 8259, section 8.1; else the gateway and an agent could read two names.
  if (!isUtf8(body)) throw new McpError('parse', 'The message is not UTF-8.', { status: 200 });
  if (isBatch(body)) throw new McpError('invalid_request', 'A2A has no batches: send one request.', { status: 200 });
  const message = readMessage(body);
  if (message.kind === 'request') return message;
  throw new InvalidMessageError(
    `The message is a ${message.kind}; expected a request with a method and an id.`,
    message.id,
  );
}

/** @throws McpError for a version that the agent, or the gateway, does not speak */
function versionIn(said: string, interfaces: Interfaces, agent: string): AgentVersion {
  const version = said === '' ? '0.3' : spokenVersion(said);
  if (version !== undefined && interfaces[version] !== undefined) return version;
  const found = said === '' ? 'There is no header A2A-Version, which means 0.3' : `A2A-Version is ${said.slice(0, 32)}`;
  const spoken = Object.keys(interfaces).join(' and ');
  const message = `${found}; through the gateway agent ${agent} speaks ${spoken}.`;
  throw a2aError('VERSION_NOT_SUPPORTED', message, version === '0.3' ? '0.3' : '1.0');
}

/** @throws McpError for a method that does not exist, or that the gateway does not pass on */
function served(version: AgentVersion, method: string, said: string): Operation {
  const operation = operationOf(version, method);
  if (operation === 'push') throw noPush(version);
  if (operation === 'extended-card') {
    throw a2aError('UNSUPPORTED_OPERATION', 'There is no extended agent card through the gateway.', version);
  }
  if (operation !== undefined) return operation;
  const name = JSON.stringify(method.slice(0, 64));
  const other = version === '1.0' ? '0.3' : '1.0';
  const isOthers = operationOf(other, method) !== undefined;
  const hint = isOthers ? ` It is one of ${other}; the header A2A-Version is ${said === '' ? 'missing' : said}.` : '';
  throw new McpError('method_not_found', `A2A ${version} has no method ${name}.${hint}`);
}

/** What goes along to the agent: of the client's headers only those that A2A has for this, never credentials. */
function passedHeaders(headers: IncomingHttpHeaders, version: AgentVersion | undefined): Record<string, string> {
  const passed: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  if (version !== undefined) passed['a2a-version'] = version;
  for (const name of ['a2a-extensions', 'x-a2a-extensions']) {
    const value = headers[name];
    if (value !== undefined) passed[name] = String(value);
  }
  return passed;
}

function notAllowed(says: string, allow: string): McpError {
  return new McpError('method_not_allowed', `${says}.`, { headers: { allow } });
}

/** Errors of JSON-RPC are answers of status 200 here, as A2A's own SDKs give and expect them. */
function toMcpError(thrown: unknown): McpError {
  if (thrown instanceof McpError) return thrown;
  if (thrown instanceof JsonScanError) {
    const isJson = thrown.code === 'ERR_JSON_NOT_AN_OBJECT' || thrown.code === 'ERR_JSON_TOO_MANY';
    return new McpError(isJson ? 'invalid_request' : 'parse', thrown.message, { status: 200, cause: thrown });
  }
  if (thrown instanceof InvalidMessageError) {
    return new McpError('invalid_request', thrown.message, { status: 200, cause: thrown });
  }
  return asMcpError(thrown);
}
