import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from './backoff.ts';

const MAX_MS = 30_000;
/** The other side is left alone for so long at least, whatever it says, in milliseconds: it could keep the gateway busy. */
export const LEAST_RETRY_MS = 50;
/** What stood so long was no failure, in milliseconds. */
const STEADY_MS = 10_000;

export interface KeepOpenOptions {
  /** How long the other side is left alone after a first failure, at most; milliseconds, 500 if absent. */
  readonly minMs?: number;
  /** How long it wants to be left alone by its own word, in milliseconds; undefined: it does not say. */
  readonly waitMs?: () => number | undefined;
}

/**
 * Opens a stream whenever it ends, later each time that it ends soon. Never rejects.
 * @param open resolves when the stream has ended, with whether it is to be opened again; it is if this rejects
 */
export async function keepOpen(
  signal: AbortSignal,
  open: () => Promise<boolean>,
  { minMs = 500, waitMs = unsaid }: KeepOpenOptions = {},
): Promise<void> {
  const backoff = new Backoff({ minMs, maxMs: MAX_MS });
  while (!signal.aborted) {
    const began = performance.now();
    const isWanted = await open().catch(again);
    if (!isWanted) return;
    if (performance.now() - began > STEADY_MS) backoff.reset();
    const wait = waitMs();
    const ms = wait === undefined ? backoff.next() : Math.max(wait, LEAST_RETRY_MS);
    await delay(ms, undefined, { signal }).catch(unsaid);
  }
}

/** The connection broke, or there is none now: the other side may come back. */
function again(): boolean {
  return true;
}

function unsaid(): undefined {
  return undefined;
}
