import { setTimeout as delay } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import type { Message } from '../jsonrpc/message.ts';
import type { ErrorType } from '../mcp/errors.ts';
import type { RequestTarget } from '../mcp/targets.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { Era } from '../upstream/catalogue.ts';
import type { Pools } from '../upstream/pools.ts';
import { serverError } from './faults.ts';
import { Forward } from './forward.ts';
import { legacyToLegacy } from './legacy-legacy.ts';
import { legacyToModern } from './legacy-modern.ts';
import type { Leg } from './leg.ts';
import { modernToLegacy } from './modern-legacy.ts';
import { modernToModern } from './modern-modern.ts';
import type { SessionSlot } from './upstream-session.ts';

/** Client era → server era → how requests get there. */
const legs: Readonly<Record<Era, Readonly<Record<Era, Leg>>>> = {
  legacy: { legacy: legacyToLegacy, modern: legacyToModern },
  modern: { legacy: modernToLegacy, modern: modernToModern },
};

/**
 * How long a call waits for the first sight of a server that was registered just now, in milliseconds: as long as the
 * first question may take. Until it is answered nobody knows in which era to call; a server that refuses is known at once.
 */
const FIRST_SIGHT_MS = 10_000;

export interface CallOptions {
  readonly message: Message;
  readonly target: RequestTarget;
  readonly era: Era;
  readonly rawHeaders: readonly string[];
  readonly response: ServerResponse;
  /** The session for a legacy server that keeps sessions. */
  readonly slot: (server: RoutedServer) => SessionSlot;
  readonly onEnd: (error: ErrorType | undefined) => void;
}

/** Sends requests to the servers behind the gateway. */
export class Calls {
  readonly #pools: Pools;
  readonly #timeoutMs: number;

  /** @param timeoutMs the deadline of a call whose Service declares none */
  constructor(pools: Pools, timeoutMs: number) {
    this.#pools = pools;
    this.#timeoutMs = timeoutMs;
  }

  /** Starts a call; its answer goes to the response. @throws McpError if the server was never reached */
  forward(options: CallOptions): Forward | Promise<Forward> {
    const { upstream } = options.target.server;
    if (upstream.catalogue === undefined) return this.#afterFirstSight(options);
    return this.#start(options, upstream.catalogue.era, upstream.catalogue.stateless === true);
  }

  async #afterFirstSight(options: CallOptions): Promise<Forward> {
    const { upstream, entry } = options.target.server;
    const abort = new AbortController();
    await Promise.race([
      upstream.settled,
      delay(FIRST_SIGHT_MS, undefined, { signal: abort.signal }).catch(() => undefined),
    ]);
    abort.abort();
    const { catalogue } = upstream;
    if (catalogue === undefined) {
      const why = upstream.message ?? entry.pending ?? 'It has not answered yet.';
      throw serverError('upstream_unreachable', options.target.server, `cannot be called: ${why}`);
    }
    return this.#start(options, catalogue.era, catalogue.stateless === true);
  }

  #start(options: CallOptions, serverEra: Era, isStateless: boolean): Forward {
    const { message, target, era, rawHeaders, response, slot, onEnd } = options;
    const needsSession = serverEra === 'legacy' && !isStateless;
    const forward = new Forward({
      call: {
        message,
        server: target.server,
        edits: target.edits,
        name: target.name,
        rawHeaders,
        slot: needsSession ? slot(target.server) : undefined,
      },
      leg: legs[era][serverEra],
      pools: this.#pools,
      response,
      deadlineMs: target.server.entry.timeoutMs ?? this.#timeoutMs,
      onEnd,
    });
    forward.run();
    return forward;
  }
}
