import type { ServerResponse } from 'node:http';
import type { Principal } from '../access/principal.ts';

/** The longest time that a timer takes, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Ends a stream that stays open when the credential does that it was opened with: who has another comes back with that.
 * @param end ends it as its era does
 */
export function endWithCredential(response: ServerResponse, { expiresAt }: Principal, end: () => void): void {
  if (expiresAt === undefined) return;
  const ms = Math.max(0, expiresAt - Date.now());
  if (ms > MAX_TIMER_MS) return;
  const timer = setTimeout(() => {
    if (!response.writableEnded) end();
  }, ms).unref();
  response.once('close', () => clearTimeout(timer));
}
