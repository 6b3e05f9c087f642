/**
 * JSON-RPC batches: several messages as one JSON array. Of MCP's revisions 2025-03-26 alone has them (Base Protocol,
 * Batching).
 */
import { readMessage, type Message } from './message.ts';
import { scanElements } from './message-scan.ts';

/** The revision that has batches. */
export const BATCH_VERSION = '2025-03-26';

/** The most messages that a server may send as one array: a batch of answers may have notifications among them. */
const MAX_RECEIVED = 1000;

const OPEN_BRACKET = 0x5b;

/** Whether these bytes, if they are JSON, are an array: a batch, and no message. */
export function isBatch(bytes: Buffer): boolean {
  for (const byte of bytes) {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
    return byte === OPEN_BRACKET;
  }
  return false;
}

/**
 * The elements of a batch, each as its own bytes, which are not copied. Each is JSON; whether it is a message is not
 * looked at.
 * @param limit the most elements; if absent, what is taken of servers
 * @throws JsonScanError
 */
export function batchElements(bytes: Buffer, limit = MAX_RECEIVED): Buffer[] {
  return scanElements(bytes, limit).map(({ start, end }) => bytes.subarray(start, end));
}

/**
 * What a server sent at once: one message, or several where its revision has batches.
 * @param version the session's protocol version
 * @throws JsonScanError if it is not JSON, InvalidMessageError if one is not a message
 */
export function readMessages(bytes: Buffer, version: string | undefined): readonly Message[] {
  if (version !== BATCH_VERSION || !isBatch(bytes)) return [readMessage(bytes)];
  return batchElements(bytes).map((element) => readMessage(element));
}
