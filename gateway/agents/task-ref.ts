import type { Sealer } from '../sealing/sealer.ts';
import { AgentError } from './agent-error.ts';

/** What leads back to an agent's task. */
export interface TaskRef {
  readonly id: string;
  readonly contextId: string;
  /** The address that it runs at: a replica may know its own tasks alone. */
  readonly target: string;
  /** By Date.now(). */
  readonly createdAt: number;
}

/** How long clients can come back to a task or a conversation, in milliseconds. */
export const REF_TTL_MS = 24 * 3_600_000;

/** A reference as text; nobody outside of the gateway is given it unsealed. */
export function refText({ id, contextId, target, createdAt }: TaskRef): string {
  return JSON.stringify([id, contextId, target, createdAt]);
}

/** @returns undefined for anything but what `refText` made, or what is too old */
export function refOf(text: string, now = Date.now()): TaskRef | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts)) return undefined;
  const [id, contextId, target, createdAt] = parts as unknown[];
  if (typeof id !== 'string' || typeof contextId !== 'string' || typeof target !== 'string') return undefined;
  if (typeof createdAt !== 'number' || now > createdAt + REF_TTL_MS) return undefined;
  return { id, contextId, target, createdAt };
}

/**
 * What clients hold of an agent's tasks and conversations: nobody can read it, or use it as someone else, or with another
 * agent; and it expires.
 */
export class Handles {
  readonly #sealer: Sealer;
  /** The server's key: `<namespace>/<name>`. */
  readonly #agent: string;

  constructor(sealer: Sealer, agent: string) {
    this.#sealer = sealer;
    this.#agent = agent;
  }

  /** @param owner whose it is: a principal, or a session of a client without one */
  seal(kind: 'task' | 'context', owner: string, ref: TaskRef): string {
    return this.#sealer.seal('handle', owner, JSON.stringify([kind, this.#agent, refText(ref)]));
  }

  /** @throws AgentError ERR_AGENT_ARGUMENTS for anything but what this owner was given */
  open(kind: 'task' | 'context', owner: string, handle: string): TaskRef {
    const text = this.#sealer.open('handle', owner, handle);
    const [sealed, agent, ref] = text === undefined ? [] : (JSON.parse(text) as string[]);
    const opened = sealed === kind && agent === this.#agent && ref !== undefined ? refOf(ref) : undefined;
    if (opened !== undefined) return opened;
    throw new AgentError(
      'ERR_AGENT_ARGUMENTS',
      `The argument ${kind} is none that a result of this agent gave to you, or it has expired.`,
    );
  }
}
