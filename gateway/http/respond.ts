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
  response.writeHead(status, jsonHeaders(body.length, headers));
  response.end(body);
}

/** Sends a complete JSON answer that is made of parts, without copying them. */
export function sendJsonParts(
  response: ServerResponse,
  status: number,
  parts: readonly Buffer[],
  headers?: Readonly<Record<string, string>>,
): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(
    status,
    jsonHeaders(
      parts.reduce((sum, { length }) => sum + length, 0),
      headers,
    ),
  );
  response.cork();
  for (const part of parts) response.write(part);
  response.end();
}

function jsonHeaders(length: number, headers: Readonly<Record<string, string>> | undefined): string[] {
  const raw = ['content-type', 'application/json', 'content-length', String(length)];
  if (headers !== undefined) for (const name of Object.keys(headers)) raw.push(name, headers[name] as string);
  return raw;
}
