import type { AgentVersion } from '../agents/agent-card.ts';
import type { LimitError } from '../limits/limit-error.ts';
import { McpError, type Denied, type ErrorType } from '../mcp/errors.ts';

/** Errors that A2A has beside those of JSON-RPC (A2A 1.0, Error Code Mappings; up to -32007 those of 0.3 are the same). */
const kinds = {
  TASK_NOT_FOUND: { code: -32001, type: 'task_not_found', status: 200, denied: 'task' },
  PUSH_NOTIFICATION_NOT_SUPPORTED: { code: -32003, type: 'unsupported_operation', status: 200 },
  UNSUPPORTED_OPERATION: { code: -32004, type: 'unsupported_operation', status: 200 },
  CONTENT_TYPE_NOT_SUPPORTED: { code: -32005, type: 'unsupported_media_type', status: 415 },
  VERSION_NOT_SUPPORTED: { code: -32009, type: 'unsupported_version', status: 200 },
} as const satisfies Record<
  string,
  { readonly code: number; readonly type: ErrorType; readonly status: number; readonly denied?: Denied }
>;

/** An error of A2A's own. @param version in which it is told: 1.0 names the reason in the data as well */
export function a2aError(reason: keyof typeof kinds, message: string, version: AgentVersion): McpError {
  const { type, ...options } = kinds[reason];
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'a2a-protocol.org' };
  return new McpError(type, message, { ...options, ...(version === '1.0' && { data: [info] }) });
}

/** What a limit refused, as A2A tells it: 1.0 has its data as a list of what google.rpc has for such. */
export function a2aLimit(error: LimitError, version: AgentVersion): McpError {
  const { type, message, limit, retryAfterSeconds, status, headers } = error;
  if (version !== '1.0') return error;
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'RATE_LIMIT_EXCEEDED',
    domain: 'fetchfy.ai',
    metadata: { limit },
  };
  const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterSeconds}s` };
  return new McpError(type, message, { status, headers, data: [info, retry] });
}
