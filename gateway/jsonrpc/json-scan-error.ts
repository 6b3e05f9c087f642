export type JsonScanErrorCode =
  | 'ERR_JSON_SYNTAX'
  | 'ERR_JSON_DEPTH'
  | 'ERR_JSON_DUPLICATE_MEMBER'
  | 'ERR_JSON_NOT_AN_OBJECT'
  | 'ERR_JSON_NOT_AN_ARRAY'
  | 'ERR_JSON_TOO_MANY';

/** The bytes are not a JSON message that can be routed. */
export class JsonScanError extends Error {
  override readonly name = 'JsonScanError';
  readonly code: JsonScanErrorCode;
  constructor(code: JsonScanErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The byte at this offset is none that JSON has there (RFC 8259), or the bytes end before it. */
export function syntaxError(bytes: Buffer, at: number): JsonScanError {
  const byte = bytes[at];
  const what = byte === undefined ? 'ends too early' : `has an unexpected byte 0x${byte.toString(16)}`;
  return new JsonScanError(
    'ERR_JSON_SYNTAX',
    `The message is not valid JSON: it ${what} at offset ${Math.min(at, bytes.length)}.`,
  );
}
