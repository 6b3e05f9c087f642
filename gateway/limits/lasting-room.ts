import type { RoomName } from './limit-error.ts';
import type { Limits } from './limits.ts';
import type { Room } from './room.ts';

/** When a client is told to try again: what it asks for lasts. In milliseconds. */
const RETRY_MS = 10_000;

/** The room of something that clients open and that lasts until they end it. @param what the word for several of it */
export function lastingRoom(callerLimits: Limits, limit: RoomName, total: number, what: string): Room {
  return callerLimits.room({
    limit,
    total,
    says: (held) => `You have ${held} ${what}, as many as one caller may. End those that are not needed`,
    full: `The gateway has its ${total} ${what}; try again later.`,
    retryMs: RETRY_MS,
  });
}
