import type { Questions } from '../mcp/questions.ts';
import type { JsonObject } from '../upstream/json.ts';
import type { Relay } from './relay.ts';
import type { SessionTasks } from './task-session.ts';

/** The legacy client of a call, as servers come to know it and may ask it. */
export interface LegacyCaller {
  /** Of its session with the gateway. */
  readonly id: string;
  /** The revision that was agreed with it. */
  readonly protocolVersion: string;
  /** What it declared that it can be asked for. */
  readonly capabilities: JsonObject;
  /** Whether it can be asked for anything. */
  readonly canBeAsked: boolean;
  /** Its open questions, of whichever server. */
  readonly questions: Questions;
  /** Takes it what servers of its own era ask. */
  readonly relay: Relay;
  /** The tasks that it made. */
  readonly tasks: SessionTasks;
  /** What a modern server is told of it with each request: members of `_meta` as JSON text, without braces. */
  readonly envelope: string;
  /** The least severe log message that it wants; undefined: it has not said. */
  readonly logLevel: string | undefined;
  /** Tells it something that has no place on an answer. */
  notify(message: Buffer): void;
}
