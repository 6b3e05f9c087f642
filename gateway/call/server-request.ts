import type { Message } from '../jsonrpc/message.ts';

const METHOD_NOT_FOUND = -32601;

/**
 * The gateway's own response to a request of a legacy server. Nothing was declared that a server could ask for, but anyone
 * may ping (2025-11-25, Ping); a server whose question stays open may wait with its answer.
 */
export function replyTo({ id, method }: Message): Buffer {
  const error = { code: METHOD_NOT_FOUND, message: `Method not found: ${method.slice(0, 128)}` };
  const outcome = method === 'ping' ? '"result":{}' : `"error":${JSON.stringify(error)}`;
  return Buffer.from(`{"jsonrpc":"2.0","id":${id ?? 'null'},${outcome}}`);
}

/** The response to a request of a server that its client is not asked, or can answer no more. @param id JSON text */
export function refusalTo(id: string | undefined, code: number, message: string): Buffer {
  return Buffer.from(`{"jsonrpc":"2.0","id":${id ?? 'null'},"error":${JSON.stringify({ code, message })}}`);
}
