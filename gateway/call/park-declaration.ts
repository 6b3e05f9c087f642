import type { LoggingLevel } from '@modelcontextprotocol/sdk/types.js';
import { canonicalJson } from '../contract/canonical-json.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import { McpError } from '../mcp/errors.ts';
import { isJsonObject, type JsonObject } from '../upstream/json.ts';
import { metaKeys } from '../upstream/protocol-versions.ts';
import { askableMethods } from './askable.ts';
import { logLevels } from './log-level.ts';
import { askableRequests } from './rounds.ts';

/** What a modern client declares with one request, so far as it takes a session with a legacy server to itself for that. */
export interface Declaration {
  /** What it can be asked for, as it is declared to a server: sampling, elicitation, roots. */
  readonly capabilities: JsonObject;
  /** Whether that is anything: else all that is wanted is log messages. */
  readonly canBeAsked: boolean;
  /** Equal for equal capabilities. */
  readonly key: string;
  /** The least severe log messages that it wants; undefined: none. */
  readonly logLevel: LoggingLevel | undefined;
}

/**
 * What a request declares; undefined if that is nothing, as with most.
 * @throws McpError for a log level that is none (2026-07-28, Logging, Error Handling)
 */
export function declarationOf(message: Message): Declaration | undefined {
  if (!askableRequests.has(message.method)) return undefined;
  const logLevel = logLevelOf(message);
  const place = member(param(message, '_meta')?.members, metaKeys.clientCapabilities);
  const isEmpty = place === undefined || place.end - place.start <= '{}'.length;
  const capabilities = isEmpty ? NOTHING : askable(valueOf(message.bytes, place));
  const canBeAsked = capabilities !== NOTHING;
  if (!canBeAsked && logLevel === undefined) return undefined;
  return { capabilities, canBeAsked, key: canonicalJson(capabilities), logLevel };
}

const NOTHING: JsonObject = {};

function askable(declared: unknown): JsonObject {
  if (!isJsonObject(declared)) return NOTHING;
  const capabilities: Record<string, unknown> = {};
  for (const name of Object.values(askableMethods)) {
    const capability = declared[name];
    // The modern era has no news of roots.
    if (isJsonObject(capability)) capabilities[name] = name === 'roots' ? {} : capability;
  }
  return Object.keys(capabilities).length === 0 ? NOTHING : capabilities;
}

/** The log level of a request. @throws McpError */
export function logLevelOf(message: Message): LoggingLevel | undefined {
  const place = member(param(message, '_meta')?.members, metaKeys.logLevel);
  if (place === undefined) return undefined;
  const level = stringOf(message.bytes, place);
  if (level !== undefined && logLevels.includes(level)) return level as LoggingLevel;
  const found = message.bytes.toString('utf8', place.start, Math.min(place.end, place.start + 64));
  const expected = `expected ${logLevels.join(', ')}`;
  throw new McpError('invalid_params', `params._meta["${metaKeys.logLevel}"] is ${found}; ${expected}.`, {
    status: 400,
  });
}

/** Whether a log message of a server is one that the request asked for: at its level or above. */
export function isLogWanted(request: Message, notification: Message): boolean {
  const place = param(notification, 'level');
  const wanted = logLevelOf(request);
  if (place === undefined || wanted === undefined) return false;
  return logLevels.indexOf(stringOf(notification.bytes, place) ?? '') >= logLevels.indexOf(wanted);
}
