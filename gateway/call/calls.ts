import { setTimeout as delay } from 'node:timers/promises';
import { byPosition, type Edit } from '../jsonrpc/edit.ts';
import type { Message } from '../jsonrpc/message.ts';
import { MemoryBudget } from '../memory-budget.ts';
import type { ErrorType } from '../mcp/errors.ts';
import type { RequestTarget } from '../mcp/targets.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { Catalogue, Era } from '../upstream/catalogue.ts';
import type { Pools } from '../upstream/pools.ts';
import { serverError } from './faults.ts';
import { Forward } from './forward.ts';
import { legacyToLegacy } from './legacy-legacy.ts';
import { legacyToModern } from './legacy-modern.ts';
import type { Leg } from './leg.ts';
import { modernToLegacy } from './modern-legacy.ts';
import { modernToModern } from './modern-modern.ts';
import type { LegacyCaller } from './caller.ts';
import type { Reply } from './reply.ts';
import type { SealedStates } from './sealed-states.ts';
import type { SessionSlot } from './upstream-session.ts';

/** Client era → server era → how requests get there. */
const legs: Readonly<Record<Era, Readonly<Record<Era, Leg>>>> = {
  legacy: { legacy: legacyToLegacy, modern: legacyToModern },
  modern: { legacy: modernToLegacy, modern: modernToModern },
};

/** What answers that are held until they are complete may take together, in bytes. */
const LARGE_ANSWERS_BYTES = 64 * 1024 * 1024;
/**
 * How long a call waits for the first sight of a server that was registered just now, in milliseconds: as long as the
 * first question may take. Until it is answered nobody knows in which era to call; a server that refuses is known at once.
 */
const FIRST_SIGHT_MS = 10_000;

export interface CallOptions {
  readonly message: Message;
  readonly target: RequestTarget;
  readonly era: Era;
  readonly principal: string;
  readonly rawHeaders: readonly string[];
  readonly reply: Reply;
  /** The session for a legacy server that keeps sessions. */
  readonly slot: (server: RoutedServer) => SessionSlot;
  /** The client, where it is one of the legacy era. */
  readonly caller?: LegacyCaller;
  readonly onEnd: (error: ErrorType | undefined) => void;
}

/** Sends requests to the servers behind the gateway. */
export class Calls {
  readonly #pools: Pools;
  readonly #timeoutMs: number;
  readonly #states: SealedStates;
  readonly #answers = new MemoryBudget(LARGE_ANSWERS_BYTES);

  /** @param timeoutMs the deadline of a call whose Service declares none */
  constructor(pools: Pools, timeoutMs: number, states: SealedStates) {
    this.#pools = pools;
    this.#states = states;
    this.#timeoutMs = timeoutMs;
  }

  /** Starts a call; its answer goes to the response. @throws McpError if the server was never reached */
  forward(options: CallOptions): Forward | Promise<Forward> {
    const { upstream, entry } = options.target.server;
    const deadlineMs = entry.timeoutMs ?? this.#timeoutMs;
    if (upstream.catalogue === undefined) return this.#afterFirstSight(options, deadlineMs);
    return this.#start(options, upstream.catalogue, deadlineMs, 0);
  }

  async #afterFirstSight(options: CallOptions, deadlineMs: number): Promise<Forward> {
    const { upstream, entry } = options.target.server;
    const began = performance.now();
    const abort = new AbortController();
    await Promise.race([
      upstream.settled,
      delay(Math.min(FIRST_SIGHT_MS, deadlineMs), undefined, { signal: abort.signal }).catch(() => undefined),
    ]);
    abort.abort();
    const { catalogue } = upstream;
    if (catalogue === undefined) {
      const why = upstream.message ?? entry.pending ?? 'It has not answered yet.';
      throw serverError('upstream_unreachable', options.target.server, `cannot be called: ${why}`);
    }
    return this.#start(options, catalogue, deadlineMs, performance.now() - began);
  }

  #start(
    options: CallOptions,
    { era: serverEra, stateless }: Catalogue,
    deadlineMs: number,
    waitedMs: number,
  ): Forward {
    const { message, target, era, principal, rawHeaders, reply, slot, caller, onEnd } = options;
    const edits = era === 'modern' ? this.#openedState(options) : target.edits;
    const needsSession = serverEra === 'legacy' && stateless !== true;
    const forward = new Forward({
      call: {
        message,
        server: target.server,
        edits,
        principal,
        name: target.name,
        rawHeaders,
        slot: needsSession ? slot(target.server) : undefined,
        caller,
      },
      leg: legs[era][serverEra],
      pools: this.#pools,
      answers: this.#answers,
      states: this.#states,
      reply,
      deadlineMs,
      waitedMs,
      onEnd,
    });
    forward.run();
    return forward;
  }

  /** A request that goes on where another stopped brings the server's own state. @throws McpError */
  #openedState({ message, target, principal }: CallOptions): readonly Edit[] {
    const edits = this.#states.openingEdits({ message, server: target.server, principal });
    return edits.length === 0 ? target.edits : [...target.edits, ...edits].sort(byPosition);
  }
}
