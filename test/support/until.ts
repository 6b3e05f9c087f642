import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** How long the condition may take, in milliseconds; 15,000 if absent: much, for a machine that is busy. */
  readonly deadlineMs?: number;
  /** How long to wait between two looks, in milliseconds; 5 if absent. */
  readonly everyMs?: number;
  /** What was there instead, for the error; asked once, when the deadline has passed. */
  readonly state?: () => unknown;
}

/**
 * Waits until `check` gives something truthy and returns that. What it throws counts as no.
 * @throws after the deadline, with `what` was waited for and the last state
 */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<NonNullable<Awaited<T>>> {
  const { deadlineMs = 15_000, everyMs = 5, state } = options;
  const end = performance.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value) return value as NonNullable<Awaited<T>>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) break;
    await delay(everyMs);
  }
  const seen = state === undefined ? last : state();
  throw new Error(`Waited ${deadlineMs} ms in vain for ${what}; last seen: ${describe(seen)}`);
}

function describe(value: unknown): string {
  return value instanceof Error ? value.message : (JSON.stringify(value) ?? 'undefined');
}
