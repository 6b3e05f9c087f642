import { McpError } from '../mcp/errors.ts';

/** Those that are rates, as in the policy. */
const rateNames = ['perPrincipal', 'perServer', 'perTool'] as const;
/** What one caller may hold a part of, beside requests in work. */
const roomNames = [
  'sessionsPerPrincipal',
  'subscriptionsPerPrincipal',
  'parkedPerPrincipal',
  'bodiesPerPrincipal',
] as const;
/** What there are limits of: as in the policy, where these are named. */
export const limitNames = [...rateNames, 'concurrentPerPrincipal', 'concurrentPerServer', ...roomNames] as const;
export type RateName = (typeof rateNames)[number];
export type RoomName = (typeof roomNames)[number];
export type LimitName = (typeof limitNames)[number];

/** A request that a limit does not allow. It was not begun: it may be sent again. */
export class LimitError extends McpError {
  readonly limit: LimitName;
  /** When it may be tried again, in whole seconds, at least 1. */
  readonly retryAfterSeconds: number;

  /**
   * @param says what is exceeded, a sentence without its end
   * @param waitMs how long until it is not
   * @param server `<namespace>/<name>`, where it is a server's; undefined: the caller's own
   */
  constructor(limit: LimitName, says: string, waitMs: number, server?: string) {
    const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
    const isCallers = server === undefined;
    super(
      rateNames.some((name) => name === limit) ? 'rate_limited' : 'concurrency_limited',
      `${says}; try again in ${retryAfterSeconds} s.`,
      {
        // MCP's SDKs give up a request with its status then, and do not read its answer (see docs/reference.md, Limits).
        status: isCallers ? 429 : 200,
        data: { limit, retryAfterSeconds, ...(!isCallers && { server }) },
        ...(isCallers && { headers: { 'retry-after': String(retryAfterSeconds) } }),
      },
    );
    this.limit = limit;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
