import type { Dispatcher } from 'undici';
import type { Frame } from '../jsonrpc/sse-frames.ts';
import { reasonOf, UpstreamError } from './errors.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** A response's headers, each as one text; names in lower case. */
export function plainHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}

/** A content type without its parameters, in lower case. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Reads a body to its end. @throws UpstreamError if it has more than `maxBytes` */
export async function readBytes(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop ends the connection.
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw oversize(maxBytes);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
}

/** The error for an answer that exceeds its bound. */
export function oversize(maxBytes: number): UpstreamError {
  return new UpstreamError(
    'ERR_UPSTREAM_OVERSIZE',
    `The answer is larger than ${maxBytes} bytes, the most that is read.`,
  );
}

/** @throws UpstreamError */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new UpstreamError('ERR_UPSTREAM_MALFORMED', `The answer is not JSON: ${reasonOf(cause)}.`, { cause });
  }
}

/**
 * The messages that a frame carries: none (a comment, a priming event, one of another type), one, or, in revision
 * 2025-03-26, several as one array.
 * @throws UpstreamError
 */
export function messagesOf(frame: Frame): readonly JsonObject[] {
  if (!frame.isMessage || frame.data === undefined || frame.data.length === 0) return [];
  const value = parseJson(frame.data);
  return (Array.isArray(value) ? (value as unknown[]) : [value]).filter(isJsonObject);
}
