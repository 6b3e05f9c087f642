import { randomBytes } from 'node:crypto';
import type { Limits } from '../limits/limits.ts';
import type { Room } from '../limits/room.ts';
import { McpError } from '../mcp/errors.ts';
import type { Principal } from '../access/principal.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { RoutingView } from '../routing/routing-table.ts';

/** How many calls may wait for their clients at one time. */
const MAX_CALLS = 1000;
/** How many of them may be one server's: it must leave room for what others ask. */
const MAX_CALLS_OF_SERVER = 250;
/** How often a client is asked in one call: as often as the SDKs' clients let themselves be. */
const MAX_ROUNDS = 10;
/** What the open questions of all of them may take, in bytes. */
const QUESTIONS_BYTES = 64 * 1024 * 1024;
/** When what there is no place for may be tried again, in milliseconds. */
const RETRY_MS = 1000;

const TOO_MANY = 'Too many calls wait for their clients; try again.';
const ENDS = 'The gateway ends.';

/** A call that can be parked. */
export interface Parkable {
  /** Its server. */
  readonly server: RoutedServer;
  /** Whose it is. */
  readonly principal: Principal;
  /** Whether its client may still use what it called. @param viewOf what a caller may use now */
  isPermitted(viewOf: (principal: Principal) => RoutingView): boolean;
  /** Nobody will take it up. */
  endPark(why: string): void;
}

/** A call's place among those that may be parked. */
export interface ParkingPlace<Call extends Parkable> {
  readonly id: string;
  readonly call: Call;
}

interface Place<Call extends Parkable> extends ParkingPlace<Call> {
  round: number;
  isParked: boolean;
}

export interface ParkedCallsOptions {
  readonly maxCalls?: number;
  readonly maxCallsOfServer?: number;
  readonly maxRounds?: number;
}

/**
 * The calls to legacy servers that wait for what their modern clients have to say: which they are, by handles that nobody can
 * guess, each good for once.
 */
export class ParkedCalls<Call extends Parkable> {
  /** What all their questions take together, in bytes. */
  readonly questions: Room;
  readonly #room: Room;
  readonly #maxCallsOfServer: number;
  readonly #maxRounds: number;
  /** Of this process: a parked call cannot be taken up anywhere else. */
  readonly #process = randomBytes(8).toString('hex');
  readonly #places = new Map<string, Place<Call>>();
  #isClosed = false;

  /** @param callerLimits by which one caller leaves places to others */
  constructor(callerLimits: Limits, options: ParkedCallsOptions = {}) {
    const { maxCalls = MAX_CALLS, maxCallsOfServer = MAX_CALLS_OF_SERVER, maxRounds = MAX_ROUNDS } = options;
    this.#room = callerLimits.room({
      limit: 'parkedPerPrincipal',
      total: maxCalls,
      says: (held) => `The client has ${held} calls that wait for its answers, as many as one caller may`,
      full: TOO_MANY,
      retryMs: RETRY_MS,
    });
    this.questions = callerLimits.room({
      limit: 'parkedPerPrincipal',
      total: QUESTIONS_BYTES,
      says: (held, most) => `What the client is asked takes ${held} bytes, and may take ${most} of one caller`,
      full: 'Too much waits to be asked of clients; try again.',
      retryMs: RETRY_MS,
    });
    this.#maxCallsOfServer = maxCallsOfServer;
    this.#maxRounds = maxRounds;
  }

  /** Calls that have a place, be they parked or running again. */
  get size(): number {
    return this.#places.size;
  }

  /** Gives a call a place, which it has until it leaves. @returns why there is none, if that is so */
  admit(call: Call): ParkingPlace<Call> | string {
    if (this.#isClosed) return ENDS;
    let alike = 0;
    for (const { call: other } of this.#places.values()) if (other.server.upstream === call.server.upstream) alike++;
    if (alike >= this.#maxCallsOfServer) return TOO_MANY;
    const refusal = this.#room.take(call.principal);
    if (refusal !== undefined) return refusal.message;
    const id = randomBytes(16).toString('hex');
    const place: Place<Call> = { id, call, round: 0, isParked: false };
    this.#places.set(id, place);
    return place;
  }

  /** Parks a call. @returns the handle to take it up by; undefined: it was parked too often, or the gateway ends */
  park({ id }: ParkingPlace<Call>): string | undefined {
    const place = this.#places.get(id);
    if (place === undefined || this.#isClosed || place.round >= this.#maxRounds) return undefined;
    place.round++;
    place.isParked = true;
    return `${this.#process}.${id}.${place.round}`;
  }

  /**
   * Takes a parked call up.
   * @param check looks at what the client says; if it throws, the call stays parked
   * @throws McpError if the handle is not, or no longer, that of a parked call
   */
  takeUp<T>(handle: string, check: (call: Call) => T): { readonly call: Call; readonly checked: T } {
    const [process, id = '', round] = handle.split('.');
    const place = process === this.#process ? this.#places.get(id) : undefined;
    if (place === undefined) {
      throw refused('names a call that is no longer held: it ended, or its time was over. Begin the request anew.');
    }
    if (!place.isParked || String(place.round) !== round) {
      throw refused('was used before: each is good for one retry. The call goes on with the newest one.');
    }
    const checked = check(place.call);
    place.isParked = false;
    return { call: place.call, checked };
  }

  /** A call has ended. */
  leave({ id, call }: ParkingPlace<Call>): void {
    if (this.#places.delete(id)) this.#room.give(call.principal);
  }

  /** Ends the parked calls of servers that are no longer there, or not for the client: no retry finds its way to them. */
  retain(viewOf: (principal: Principal) => RoutingView): void {
    this.#end('The server is not there any more.', (call) => !call.isPermitted(viewOf));
  }

  /** Ends all that are parked; none is parked from now on. */
  close(): void {
    this.#isClosed = true;
    this.#end(ENDS, () => true);
  }

  #end(why: string, isMeant: (call: Call) => boolean): void {
    for (const { isParked, call } of this.#places.values()) if (isParked && isMeant(call)) call.endPark(why);
  }
}

function refused(says: string): McpError {
  return new McpError('invalid_params', `params.requestState ${says}`, { status: 400 });
}
