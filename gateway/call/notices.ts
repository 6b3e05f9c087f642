import type { Message } from '../jsonrpc/message.ts';
import { isListChanged } from '../mcp/notifications.ts';
import type { AnswerContext } from './leg.ts';

/** Who hears what a server says before its answer. */
export interface NoticeListener {
  /** The server asks something itself. */
  serverAsks(request: Message): void;
  /** It gives up what it asked. @returns what the client is told of it, if anything */
  serverWithdraws(notification: Message): Buffer | undefined;
}

const CANCELLED = 'notifications/cancelled';

/**
 * Takes a request or a notification of a server that came with its answer or before it.
 * @param sentId the id of the request that it came for, as JSON text
 * @returns what the client is to be told; its bytes are the message's own where it passes as it is
 */
export function takeNotice(
  { call, leg }: AnswerContext,
  sentId: string,
  listener: NoticeListener,
  message: Message,
): Buffer | undefined {
  if (message.kind === 'request') {
    listener.serverAsks(message);
    return undefined;
  }
  if (message.method === CANCELLED) return listener.serverWithdraws(message);
  if (call.caller?.relay.urls.mayTell(call.server, message) === false) return undefined;
  if (!isListChanged(message.method)) return leg.notification(call, message, sentId);
  // Some servers tell only the session that caused it. All clients are told when the new list has been read.
  void call.server.upstream.refresh();
  return undefined;
}
