import type { Principal } from '../access/principal.ts';
import type { IncomingHttpHeaders } from 'node:http';
import { Reply } from '../call/reply.ts';
import { NO_BODY } from '../http/respond.ts';
import type { Calls } from '../call/calls.ts';
import type { ExclusiveSlots } from '../call/exclusive-slots.ts';
import { declarationOf, logLevelOf, type Declaration } from '../call/park-declaration.ts';
import type { SharedSlots } from '../call/shared-slots.ts';
import { checkTasksDeclared } from '../call/task-extension.ts';
import type { TaskIds } from '../call/task-ids.ts';
import type { SessionSlot } from '../call/upstream-session.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import type { RoutedServer } from '../routing/route.ts';
import { capabilitySet, type CapabilitySet } from '../upstream/capability-set.ts';
import { isJsonObject } from '../upstream/json.ts';
import { metaKeys, modernVersions } from '../upstream/protocol-versions.ts';
import { introductionOf } from './capabilities.ts';
import { McpError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { decodeHeaderValue } from './header-value.ts';
import { freshened, type FirstSight } from './first-sight.ts';
import { keepingOf } from './keeping.ts';
import { isListMethod, type ListMethod, type Lists } from './lists.ts';
import { cursorOf, sendResult } from './results.ts';
import { serverInfo } from './server-info.ts';
import type { Subscriptions } from './subscriptions.ts';
import { isForwarded, targetOf, type RequestTarget } from './targets.ts';
import { isTaskMethod, taskTarget } from './tasks.ts';

export interface ModernServerOptions {
  readonly firstSight: FirstSight;
  readonly lists: Lists;
  readonly calls: Calls;
  readonly slots: SharedSlots;
  /** For calls that a server may ask their client something in. */
  readonly exclusive: ExclusiveSlots;
  readonly subscriptions: Subscriptions;
  readonly taskIds: TaskIds;
}

/** The gateway as a server of the modern era (2026-07-28): stateless, one POST a request. */
export class ModernServer {
  readonly #firstSight: FirstSight;
  readonly #lists: Lists;
  readonly #calls: Calls;
  readonly #slots: SharedSlots;
  readonly #exclusive: ExclusiveSlots;
  readonly #subscriptions: Subscriptions;
  readonly #taskIds: TaskIds;

  constructor({ firstSight, lists, calls, slots, exclusive, subscriptions, taskIds }: ModernServerOptions) {
    this.#firstSight = firstSight;
    this.#lists = lists;
    this.#calls = calls;
    this.#slots = slots;
    this.#exclusive = exclusive;
    this.#subscriptions = subscriptions;
    this.#taskIds = taskIds;
  }

  /** @throws McpError what the client is told; nothing was answered then */
  post(exchange: Exchange, message: Message): void | Promise<void> {
    if (message.kind !== 'request') {
      // Closing the stream is the cancellation here; a client that says it once more is not refused for it.
      exchange.response.writeHead(202, NO_BODY).end();
      exchange.ended(message.method, undefined);
      return;
    }
    checkEnvelope(message, exchange.request.headers);
    const { method } = message;
    const { principal, found } = exchange;
    if (isForwarded(method)) return this.#forward(exchange, message, targetOf(found.route, message, method, 'modern'));
    if (isTaskMethod(method, 'modern')) {
      checkTasksDeclared(message);
      const target = taskTarget(found.route, message, (id) => this.#taskIds.open(principal.id, id));
      return this.#forward(exchange, message, target);
    }
    if (isListMethod(method)) return this.#list(exchange, message, method);
    if (method === 'server/discover') return this.#discover(exchange, message);
    if (method === 'subscriptions/listen') return this.#listen(exchange, message);
    throw new McpError('method_not_found', `Method not found: ${method.slice(0, 128)}`, { status: 404 });
  }

  async #discover(exchange: Exchange, message: Message): Promise<void> {
    const { route } = exchange.found;
    await this.#firstSight.wait(route.servers);
    await freshened(route, 'server');
    const result = {
      resultType: 'complete',
      supportedVersions: modernVersions,
      ...introductionOf(route, 'modern'),
      ...keepingOf(route, 'server'),
      _meta: { [metaKeys.serverInfo]: serverInfo },
    };
    sendResult(exchange.response, message, Buffer.from(JSON.stringify(result)));
    exchange.ended(message.method, undefined);
  }

  async #listen(exchange: Exchange, message: Message): Promise<void> {
    const { found, principal, response } = exchange;
    // Whose a resource is shows when its server was seen.
    await this.#firstSight.wait(found.route.servers);
    const passedOver = response.destroyed
      ? undefined
      : await this.#subscriptions.listen(found.route, message, response, principal);
    exchange.ended(message.method, undefined, { message, passedOver });
  }

  async #list(exchange: Exchange, message: Message, method: ListMethod): Promise<void> {
    const request = { method, era: 'modern', set: setOf(message), cursor: cursorOf(message) } as const;
    const page = await this.#lists.page(exchange.found.route, request);
    sendResult(exchange.response, message, page);
    exchange.ended(method, undefined);
  }

  #forward(exchange: Exchange, message: Message, target: RequestTarget): void | Promise<void> {
    const { method } = message;
    const declaration = declarationOf(message);
    const { principal } = exchange;
    exchange.aimedAt(target.server, message, target.name);
    const forward = this.#calls.forward({
      message,
      declaration,
      target,
      era: 'modern',
      principal,
      rawHeaders: exchange.request.rawHeaders,
      reply: new Reply(exchange.response),
      slot: (server) => this.#slot(server, principal, declaration),
      onEnd: (error, code) => exchange.ended(method, error, code === undefined ? undefined : { code }),
    });
    if (forward instanceof Promise) return forward.then(() => undefined);
  }

  /** A session with a legacy server: one to itself for a call that makes use of that, else one that all share. */
  #slot(server: RoutedServer, principal: Principal, declaration: Declaration | undefined): SessionSlot {
    const isOwn =
      declaration !== undefined &&
      (declaration.canBeAsked || server.upstream.catalogue?.capabilities['logging'] !== undefined);
    return isOwn ? this.#exclusive.take(server, principal, declaration) : this.#slots.slot(server, principal);
  }
}

/** What the client declared that it can be asked for, which some servers list things by. */
function setOf(message: Message): CapabilitySet | undefined {
  const place = member(param(message, '_meta')?.members, metaKeys.clientCapabilities);
  // Most declare nothing.
  if (place === undefined || place.end - place.start <= '{}'.length) return undefined;
  const declared = valueOf(message.bytes, place);
  return isJsonObject(declared) ? capabilitySet('modern', declared) : undefined;
}

/** The member of params that `Mcp-Name` mirrors, by method (2026-07-28, Transports, Standard Request Headers). */
const mirrored: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  // ext-tasks, Streamable HTTP: Routing Headers.
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

/** Checks that a request has its envelope, and that its headers say the same as its body. @throws McpError */
function checkEnvelope(message: Message, headers: IncomingHttpHeaders): void {
  const meta = param(message, '_meta')?.members;
  const capabilities = member(meta, metaKeys.clientCapabilities);
  if (capabilities === undefined || message.bytes[capabilities.start] !== 0x7b) {
    const what = capabilities === undefined ? 'is missing' : 'is not an object';
    throw new McpError('invalid_params', `params._meta["${metaKeys.clientCapabilities}"] ${what}.`, { status: 400 });
  }
  logLevelOf(message);
  checkHeader('Mcp-Method', headers['mcp-method'], message.method, false);
  const name = mirrored[message.method];
  const place = name === undefined ? undefined : param(message, name);
  const value = place === undefined ? undefined : stringOf(message.bytes, place);
  if (value !== undefined) checkHeader('Mcp-Name', headers['mcp-name'], value, true);
}

function checkHeader(name: string, header: string | string[] | undefined, body: string, isEncodable: boolean): void {
  if (header === undefined) {
    throw new McpError(
      'header_mismatch',
      `Header mismatch: the header ${name} is missing; the body says '${body.slice(0, 128)}'.`,
    );
  }
  const text = isEncodable ? decodeHeaderValue(String(header)) : String(header);
  if (text !== body) {
    throw new McpError(
      'header_mismatch',
      `Header mismatch: ${name} header value '${String(header).slice(0, 128)}' does not match body value '${body.slice(0, 128)}'.`,
    );
  }
}
