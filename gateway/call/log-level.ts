import { LoggingLevelSchema } from '@modelcontextprotocol/sdk/types.js';
import { param, stringOf, type Message } from '../jsonrpc/message.ts';

/** The severities of RFC 5424, from the least (2025-11-25, Logging; 2026-07-28, Logging, Log Levels). */
export const logLevels: readonly string[] = LoggingLevelSchema.options;

/**
 * Whether a legacy client wants a notification, which it does not of log messages below the level that it has set: servers
 * without levels, or without sessions, cannot keep to it.
 * @param wanted the level; undefined: none was set
 */
export function isAtLevel(wanted: string | undefined, notification: Message): boolean {
  if (wanted === undefined || notification.method !== 'notifications/message') return true;
  const place = param(notification, 'level');
  const level = place === undefined ? undefined : stringOf(notification.bytes, place);
  // One that is no level is the server's affair.
  return level === undefined || !logLevels.includes(level) || logLevels.indexOf(level) >= logLevels.indexOf(wanted);
}
