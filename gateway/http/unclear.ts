import { McpError } from '../mcp/errors.ts';

/**
 * The refusal of a request that two readers could understand in two ways. Its connection ends, since what follows on it may be
 * a part of it.
 */
export function unclear(message: string): McpError {
  return new McpError('invalid_request', message, { headers: { connection: 'close' } });
}
