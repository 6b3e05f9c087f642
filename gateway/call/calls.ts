import type { Principal } from '../access/principal.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { byPosition, type Edit } from '../jsonrpc/edit.ts';
import type { Message } from '../jsonrpc/message.ts';
import type { Limits } from '../limits/limits.ts';
import { MemoryBudget } from '../memory-budget.ts';
import type { ErrorType } from '../mcp/errors.ts';
import type { RequestTarget } from '../mcp/targets.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { Catalogue, Era } from '../upstream/catalogue.ts';
import type { Pools } from '../upstream/pools.ts';
import { serverError } from './faults.ts';
import { Forward } from './forward.ts';
import { FulfillingCall } from './fulfilling-call.ts';
import { legacyToLegacy } from './legacy-legacy.ts';
import { legacyToModern } from './legacy-modern.ts';
import type { DropCount, Leg } from './leg.ts';
import { modernToLegacy } from './modern-legacy.ts';
import { modernToModern } from './modern-modern.ts';
import { ExclusiveSlot } from './exclusive-slots.ts';
import { ParkableCall } from './parkable-call.ts';
import { ParkedCalls } from './parked-calls.ts';
import { inputResponsesOf } from './parked-responses.ts';
import { roundOfState } from './parked-url.ts';
import type { Declaration } from './park-declaration.ts';
import type { LegacyCaller } from './caller.ts';
import { checkOffered } from './offered.ts';
import { checkParameterHeaders } from './parameter-validation.ts';
import { spokenEra } from './spoken-era.ts';
import { taskWay } from './task-calls.ts';
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
/** How many questions in the midst of a call, one after the other, a task of the gateway's own is kept for. */
const MOST_QUESTIONS = 10;

export interface CallOptions {
  readonly message: Message;
  readonly target: RequestTarget;
  readonly era: Era;
  readonly principal: Principal;
  readonly rawHeaders: readonly string[];
  readonly reply: Reply;
  /** The session for a legacy server that keeps sessions. */
  readonly slot: (server: RoutedServer) => SessionSlot;
  /** What a client of the modern era declared that legacy servers could use; undefined: nothing. */
  readonly declaration?: Declaration | undefined;
  /** The client, where it is one of the legacy era. */
  readonly caller?: LegacyCaller;
  /** @param code of the server's own error, where the answer is one */
  onEnd: (error: ErrorType | undefined, code?: number) => void;
}

/** How long calls may take, in milliseconds. */
export interface CallLimits {
  /** The deadline of a call whose Service declares none. */
  readonly callTimeoutMs: number;
  /** How long a client may take to answer what it is asked amid a call. */
  readonly questionMs: number;
}

/** Sends requests to the servers behind the gateway. */
export class Calls {
  /** Those that wait for what their clients have to say. */
  readonly parked: ParkedCalls<ParkableCall>;
  /** Answers that came behind the first. */
  readonly drops: DropCount = { count: 0 };
  readonly #pools: Pools;
  readonly #limits: CallLimits;
  readonly #states: SealedStates;
  readonly #answers = new MemoryBudget(LARGE_ANSWERS_BYTES);

  /** @param callerLimits what one caller may have parked */
  constructor(pools: Pools, limits: CallLimits, callerLimits: Limits, states: SealedStates) {
    this.#pools = pools;
    this.parked = new ParkedCalls(callerLimits);
    this.#states = states;
    this.#limits = limits;
  }

  /** Starts a call; its answer goes to the response. @throws McpError if the server was never reached */
  forward(options: CallOptions): Forward | Promise<Forward> {
    const { upstream, entry } = options.target.server;
    const deadlineMs = entry.timeoutMs ?? this.#limits.callTimeoutMs;
    if (upstream.catalogue === undefined) return this.#afterFirstSight(options, deadlineMs);
    const check = options.era === 'modern' ? checkParameterHeaders(options) : upstream.legacyKnown();
    if (check !== undefined) return this.#afterCheck(options, check, deadlineMs, performance.now());
    return this.#start(options, upstream.catalogue, deadlineMs, 0);
  }

  async #afterCheck(
    options: CallOptions,
    check: Promise<void> | undefined,
    deadlineMs: number,
    began: number,
  ): Promise<Forward> {
    await check;
    const catalogue = options.target.server.upstream.catalogue as Catalogue;
    return this.#start(options, catalogue, deadlineMs, performance.now() - began);
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
    const check = options.era === 'modern' ? checkParameterHeaders(options) : upstream.legacyKnown();
    return this.#afterCheck(options, check, deadlineMs, began);
  }

  #start(options: CallOptions, catalogue: Catalogue, deadlineMs: number, waitedMs: number): Forward {
    checkOffered(options);
    const { message, target, era, principal, rawHeaders, reply, slot, caller, declaration, onEnd } = options;
    const { era: serverEra, stateless } = spokenEra(era, catalogue, target, message.method);
    const isParkable = era === 'modern' && serverEra === 'legacy';
    const retry = isParkable ? this.#retry(options) : 0;
    if (retry instanceof ParkableCall) return retry;
    const longestMs = deadlineMs + MOST_QUESTIONS * this.#limits.questionMs;
    const way = taskWay({ message, target, catalogue, era, serverEra, longestMs });
    const routed = era === 'modern' && !isParkable ? this.#openedState(options) : target.edits;
    const edits = way.edits === undefined ? routed : [...routed, ...way.edits].sort(byPosition);
    const needsSession = serverEra === 'legacy' && !stateless;
    const call = {
      message,
      server: target.server,
      edits,
      principal,
      name: target.name,
      rawHeaders,
      slot: needsSession ? slot(target.server) : undefined,
      caller,
    };
    const forwarding = {
      call,
      leg: way.leg ?? legs[era][serverEra],
      pools: this.#pools,
      answers: this.#answers,
      drops: this.drops,
      states: this.#states,
      reply,
      deadlineMs,
      waitedMs,
      questionMs: this.#limits.questionMs,
      onEnd,
      declaration,
      ownSlot: call.slot instanceof ExclusiveSlot ? call.slot : undefined,
      parked: this.parked,
      urlRounds: retry,
    };
    const forward = new (bridgeOf(era, serverEra))(forwarding);
    forward.run();
    return forward;
  }

  /**
   * What a request to a legacy server goes on with: the state that it brings is the gateway's own.
   * @returns the parked call, taken up; or how often the client was sent to a URL before @throws McpError
   */
  #retry(options: CallOptions): ParkableCall | number {
    const { message, target, principal, rawHeaders, declaration, reply, onEnd } = options;
    const handle = this.#states.contentOf({ message, server: target.server, principal });
    if (handle === undefined) return 0;
    const urlRounds = roundOfState(handle);
    if (urlRounds !== undefined) return urlRounds;
    const responses = inputResponsesOf(message);
    const { call, checked } = this.parked.takeUp(handle, (parked) => parked.check(responses));
    call.takeUp({ message, edits: target.edits, rawHeaders, declaration, reply, onEnd }, checked);
    return call;
  }

  /** A request that goes on where another stopped brings the server's own state. @throws McpError */
  #openedState({ message, target, principal }: CallOptions): readonly Edit[] {
    const edits = this.#states.openingEdits({ message, server: target.server, principal });
    return edits.length === 0 ? target.edits : [...target.edits, ...edits].sort(byPosition);
  }
}

/** What a call of one era to a server of the other needs beyond its leg: the eras ask clients in different ways. */
function bridgeOf(era: Era, serverEra: Era): typeof Forward | typeof ParkableCall {
  if (era === serverEra) return Forward;
  return era === 'modern' ? ParkableCall : FulfillingCall;
}
