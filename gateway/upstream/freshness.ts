import type { JsonObject } from './json.ts';

/** What a server says of how long, and by whom, what it answered may be kept (2026-07-28, Caching). */
export interface CacheHint {
  /** By performance.now(). */
  readonly receivedAt: number;
  /** Until when it is fresh by the server's word, by performance.now(); undefined: it gave none, or 0. */
  readonly expiresAt: number | undefined;
  /** It must not be kept for others than who asked. */
  readonly isPrivate: boolean;
}

export const noHint: CacheHint = { receivedAt: 0, expiresAt: undefined, isPrivate: false };

/** A server whose answers last less is not asked again sooner than this for that alone, in milliseconds. */
export const LEAST_TTL_MS = 1000;

/** The hint in a result. @param receivedAt by performance.now() */
export function cacheHint({ ttlMs, cacheScope }: JsonObject, receivedAt: number): CacheHint {
  const hasTtl = typeof ttlMs === 'number' && Number.isFinite(ttlMs) && ttlMs > 0;
  return { receivedAt, expiresAt: hasTtl ? receivedAt + ttlMs : undefined, isPrivate: cacheScope === 'private' };
}

/** The hint of what two answers make together: it is as old as the older, and as private as the more private. */
export function joinedHint(a: CacheHint, b: CacheHint): CacheHint {
  const expiries = [a.expiresAt, b.expiresAt].filter((each) => each !== undefined);
  return {
    receivedAt: Math.max(a.receivedAt, b.receivedAt),
    expiresAt: expiries.length === 0 ? undefined : Math.min(...expiries),
    isPrivate: a.isPrivate || b.isPrivate,
  };
}

/** Whether an answer is to be asked for again, by the server's word. @param now by performance.now() */
export function isExpired({ expiresAt, receivedAt }: CacheHint, now: number): boolean {
  return expiresAt !== undefined && now >= Math.max(expiresAt, receivedAt + LEAST_TTL_MS);
}
