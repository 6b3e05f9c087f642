import { member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import type { RoutedServer } from '../routing/route.ts';
import { isJsonObject } from '../upstream/json.ts';
import { errorCode } from './answer-edits.ts';

/** 2025-11-25, Elicitation, URL Elicitation Required Error; the modern era does not have it. */
export const URL_ELICITATION_REQUIRED = -32042;
const COMPLETE = 'notifications/elicitation/complete';
/** How many URLs of one server are remembered. */
const MAX_URLS = 256;

/**
 * The URLs that legacy servers have sent a legacy client to. The client knows one peer, behind which are many servers: it
 * hears that a visit is complete only from the server that asked for it, and once (2025-11-25, Elicitation, Completion
 * Notifications for URL Mode Elicitation).
 */
export class UrlElicitations {
  /** The elicitationIds of each server, the oldest first; few sessions have any. */
  #asked: WeakMap<RoutedServer['upstream'], Set<string>> | undefined;

  /** A server asks the client. */
  asked(server: RoutedServer, request: Message): void {
    const id = request.method === 'elicitation/create' ? idIn(request) : undefined;
    if (id !== undefined) this.#remember(server, id);
  }

  /** A server answers; its error may name what has to be visited first. */
  answered(server: RoutedServer, answer: Message): void {
    if (errorCode(answer) !== URL_ELICITATION_REQUIRED) return;
    const data = member(answer.error?.members, 'data');
    const value = data === undefined ? undefined : valueOf(answer.bytes, data);
    const elicitations = isJsonObject(value) ? value['elicitations'] : undefined;
    if (!Array.isArray(elicitations)) return;
    for (const each of elicitations) {
      const id = isJsonObject(each) ? each['elicitationId'] : undefined;
      if (typeof id === 'string') this.#remember(server, id);
    }
  }

  /** Whether the client is told of a notification; not of the completion of what the server never asked, or has completed. */
  mayTell({ upstream }: RoutedServer, notification: Message): boolean {
    if (notification.method !== COMPLETE) return true;
    return this.#asked?.get(upstream)?.delete(idIn(notification) ?? '') === true;
  }

  #remember({ upstream }: RoutedServer, id: string): void {
    this.#asked ??= new WeakMap();
    let ids = this.#asked.get(upstream);
    if (ids === undefined) this.#asked.set(upstream, (ids = new Set()));
    ids.delete(id);
    ids.add(id);
    const [oldest] = ids;
    if (ids.size > MAX_URLS && oldest !== undefined) ids.delete(oldest);
  }
}

function idIn(message: Message): string | undefined {
  const place = param(message, 'elicitationId');
  return place === undefined ? undefined : stringOf(message.bytes, place);
}
