import type { Principal } from '../access/principal.ts';
import type { Edit } from '../jsonrpc/edit.ts';
import type { Message } from '../jsonrpc/message.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { Era } from '../upstream/catalogue.ts';
import type { LegacyCaller } from './caller.ts';
import type { SealedStates } from './sealed-states.ts';
import type { Reply } from './reply.ts';
import type { SessionSlot, UpstreamSession } from './upstream-session.ts';

/** A request on its way to one server. */
export interface CallRequest {
  readonly message: Message;
  readonly server: RoutedServer;
  /** What routing changes in the message: the name without its prefix. */
  readonly edits: readonly Edit[];
  /** The server's own name, or the URI, of what is asked for (`Mcp-Name`); undefined for methods without one. */
  readonly name: string | undefined;
  /** The client's headers, raw (name, value, …), for those that belong to the request itself. */
  readonly rawHeaders: readonly string[];
  /** Whose the call is. */
  readonly principal: Principal;
  /** The session to send in, where the server's era has sessions. */
  readonly slot: SessionSlot | undefined;
  /** The client, where it is one of the legacy era. */
  readonly caller: LegacyCaller | undefined;
  /** The id that it is sent under, as JSON text, where that is not the client's. */
  readonly sentId?: string;
  /** The server has refused the headers that mirror arguments: they are made anew. */
  readonly mirrorsAnew?: boolean;
}

/** The exchange that an answer is read for. */
export interface AnswerContext {
  /** Another one in each round of a call. */
  call: CallRequest;
  /** Another one where another request follows. */
  leg: Leg;
  readonly drops: DropCount;
  /** Another one when a call goes on that was parked. */
  reply: Reply;
}

/** Counts the answers that came behind the first, and were dropped. */
export interface DropCount {
  count: number;
}

/** Who answers for the memory that an answer takes. */
export interface AnswerHolder {
  /** Whether so much of an answer that is not complete may be held. */
  mayHold(bytes: number): boolean;
}

/** A request as it is sent upstream. */
export interface UpstreamRequest {
  /** Name, value, name, value, … */
  readonly headers: string[];
  readonly body: Buffer;
  /** The id that the answer must carry, as JSON text. */
  readonly id: string;
}

/**
 * How requests of one client era reach servers of one server era. One file a pair; what is common to all stands in
 * attempt.ts.
 */
export interface Leg {
  /** The server's: a legacy one hears of a cancellation by a notification, a modern one by the connection's end. */
  readonly serverEra: Era;
  /** Whether answers pass as they are, their id apart: such an answer may be streamed when it is large. */
  readonly isRaw: boolean;
  /** Whether the client's going away cancels the call (2026-07-28) or not (legacy). */
  readonly closeCancels: boolean;
  /** What a client is told beside that the deadline has passed. */
  readonly afterDeadline?: string;
  request(call: CallRequest, session: UpstreamSession | undefined): UpstreamRequest;
  /** The answer as the client's era has it. @param answer checked: a response with the id that was sent */
  answer(call: CallRequest, answer: Message, states: SealedStates): Buffer;
  /**
   * Another request that has to follow on this answer before there is one for the client; undefined: it is the answer.
   * Pure: it may be asked more than once.
   */
  next?(answer: Message): Leg | undefined;
  /** What tells a legacy server that the request is given up, where it is no notification; undefined: nothing does. */
  cancellation?(): Buffer | undefined;
  /**
   * A notification that came before the answer, as the client's era has it; undefined: it is not passed on.
   * @param sentId the id of the request that it came for, as JSON text
   */
  notification(call: CallRequest, notification: Message, sentId: string): Buffer | undefined;
  /** The HTTP status of an answer that the server sent with `status`. @param code the error's; undefined for a result */
  status(status: number, code: number | undefined): number;
}
