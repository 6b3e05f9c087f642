/**
 * Values in headers (2026-07-28, Transports, Value Encoding): plain where they are visible ASCII, else in the Base64
 * sentinel `=?base64?…?=`.
 */

const SENTINEL = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;
/** Visible ASCII and inner spaces; a value that looks like a sentinel is encoded, so that it means itself. */
const PLAIN = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/;

function isSentinel(value: string): boolean {
  return value.startsWith('=?base64?') && value.endsWith('?=');
}

/** The header value for a text. */
export function encodeHeaderValue(text: string): string {
  if (PLAIN.test(text) && !isSentinel(text)) return text;
  return `=?base64?${Buffer.from(text).toString('base64')}?=`;
}

/** The text of a header value; undefined if it is a sentinel with a broken inside. */
export function decodeHeaderValue(value: string): string | undefined {
  if (!isSentinel(value)) return value;
  const encoded = SENTINEL.exec(value)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? bytes.toString() : undefined;
}
