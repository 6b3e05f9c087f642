import type { ServerResponse } from 'node:http';

/** The headers of an answer without a body: else Node would announce one of unknown length. */
export const NO_BODY = ['content-length', '0'];

/** Sends a complete JSON answer. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: Buffer,
  headers?: Readonly<Record<string, string>>,
): void {
  if (response.destroyed || response.headersSent) return;
  const raw = ['content-type', 'application/json', 'content-length', String(body.length)];
  if (headers !== undefined) for (const name of Object.keys(headers)) raw.push(name, headers[name] as string);
  response.writeHead(status, raw);
  response.end(body);
}
