import type { Edit } from '../jsonrpc/edit.ts';
import type { Member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import { permits, type Route, type RoutedServer } from '../routing/route.ts';
import type { Era } from '../upstream/catalogue.ts';
import { isJsonObject, objectMember } from '../upstream/json.ts';
import type { ItemKind } from '../access/targets.ts';
import { McpError, ScopeError, UnknownError } from './errors.ts';

/** Where a request goes, and what changes in it on the way. */
export interface RequestTarget {
  readonly server: RoutedServer;
  readonly edits: readonly Edit[];
  /** The server's own name, or the URI, of what is asked for; undefined for methods without one. */
  readonly name: string | undefined;
}

/** The methods that a server behind the gateway answers. */
export const forwardedMethods = ['tools/call', 'prompts/get', 'resources/read', 'completion/complete'] as const;
export type ForwardedMethod = (typeof forwardedMethods)[number];

export function isForwarded(method: string): method is ForwardedMethod {
  return (forwardedMethods as readonly string[]).includes(method);
}

/**
 * Finds the server of a request by the name or URI in its params.
 * @throws McpError if params lack it, or nothing has it
 */
export function targetOf(route: Route, message: Message, method: ForwardedMethod, era: Era): RequestTarget {
  switch (method) {
    case 'tools/call':
      return named(route, message, 'tools', 'tool');
    case 'prompts/get':
      return named(route, message, 'prompts', 'prompt');
    case 'resources/read': {
      const { text: uri } = requiredString(message, 'uri');
      return { server: resource(route, uri, era), edits: [], name: uri };
    }
    case 'completion/complete':
      return completion(route, message, era);
  }
}

function named(route: Route, message: Message, kind: 'tools' | 'prompts', word: string): RequestTarget {
  const { text, place } = requiredString(message, 'name');
  const target = route.resolve(kind, text);
  if (target === undefined || !isPermitted(route, kind, target.server, target.name)) {
    throw new UnknownError('invalid_params', `Unknown ${word}: ${text.slice(0, 128)}`);
  }
  const edits = target.name === text ? [] : [{ start: place.start, end: place.end, text: JSON.stringify(target.name) }];
  return { server: target.server, edits, name: target.name };
}

/**
 * Whether the callers of a route may use what their request names; of what they may not, they are not told that it is there.
 * @throws ScopeError if a token with other scopes would do
 */
function isPermitted(route: Route, kind: ItemKind, server: RoutedServer, name: string): boolean {
  if (permits(route, kind, server, name)) return true;
  const scopes = route.grant.lackedScopes(kind, server.entry, name);
  if (scopes !== undefined) throw new ScopeError(scopes);
  return false;
}

function resource(route: Route, uri: string, era: Era): RoutedServer {
  const server = route.resolveResource(uri);
  if (server !== undefined && isPermitted(route, 'resources', server, uri)) return server;
  throw resourceNotFound(uri, era);
}

export function resourceNotFound(uri: string, era: Era): McpError {
  const type = era === 'legacy' ? 'resource_not_found' : 'invalid_params';
  return new UnknownError(type, `Resource not found: ${uri.slice(0, 256)}`, { data: { uri } });
}

/** Whether a server tells of updates of its resources, to those who subscribe. */
export function offersSubscriptions({ upstream }: RoutedServer): boolean {
  return (
    !upstream.isWithheld && objectMember(upstream.catalogue?.capabilities ?? {}, 'resources')['subscribe'] === true
  );
}

/** The server of a resource that a legacy client subscribes to. @throws McpError */
export function subscribable(route: Route, uri: string): RoutedServer {
  const server = resource(route, uri, 'legacy');
  if (offersSubscriptions(server)) return server;
  const { namespace, name } = server.entry;
  throw new McpError('invalid_params', `Server ${namespace}/${name} offers no subscriptions to its resources.`);
}

/** A completion names the prompt or the resource template that it is for in `ref`. */
function completion(route: Route, message: Message, era: Era): RequestTarget {
  const place = param(message, 'ref');
  const ref = place === undefined ? undefined : valueOf(message.bytes, place);
  if (place === undefined || !isJsonObject(ref))
    throw new McpError('invalid_params', 'params.ref is missing or not an object.');
  if (ref['type'] === 'ref/prompt' && typeof ref['name'] === 'string') {
    const target = route.resolve('prompts', ref['name']);
    if (target === undefined || !isPermitted(route, 'prompts', target.server, target.name))
      throw new UnknownError('invalid_params', `Unknown prompt: ${ref['name'].slice(0, 128)}`);
    const text = JSON.stringify({ ...ref, name: target.name });
    return { server: target.server, edits: [{ start: place.start, end: place.end, text }], name: undefined };
  }
  if (ref['type'] === 'ref/resource' && typeof ref['uri'] === 'string') {
    return { server: templateServer(route, ref['uri'], era), edits: [], name: undefined };
  }
  throw new McpError('invalid_params', 'params.ref is neither a ref/prompt with a name nor a ref/resource with a uri.');
}

function templateServer(route: Route, template: string, era: Era): RoutedServer {
  const owner = route.single ?? route.owners('resourceTemplates').get(template);
  return owner !== undefined && isPermitted(route, 'resources', owner, template)
    ? owner
    : resource(route, template, era);
}

/** A string that a request must have in its params. @throws McpError */
export function requiredString(message: Message, name: string): { readonly text: string; readonly place: Member } {
  const place = param(message, name);
  const text = place === undefined ? undefined : stringOf(message.bytes, place);
  if (place === undefined || text === undefined) {
    throw new McpError('invalid_params', `params.${name} is ${place === undefined ? 'missing' : 'not a string'}.`);
  }
  return { text, place };
}
