import type { Message } from '../jsonrpc/message.ts';

/** How many requests a client may have open at one time. */
const MAX_OPEN = 64;

/** A request to the client that waits for the response. */
export interface Question {
  /** @param response what the client says; its id is the one that it was asked under */
  answered(response: Message): void;
}

/** The requests that one legacy session's client has open, of whichever server or of the gateway itself. */
export class Questions {
  readonly #open = new Map<string, Question>();
  #count = 0;
  #isReady = false;

  /** The client has said that it is initialized: from now on it may be asked (2025-11-25, Lifecycle, Initialization). */
  ready(): void {
    this.#isReady = true;
  }

  /** Why the client cannot be asked now; undefined: it can. */
  get obstacle(): string | undefined {
    if (!this.#isReady) return 'The client has not said that it is initialized.';
    return this.#open.size >= MAX_OPEN ? 'The client has too many questions open.' : undefined;
  }

  /** @returns the id to ask under, as JSON text; undefined: there is an obstacle */
  open(question: Question): string | undefined {
    if (this.obstacle !== undefined) return undefined;
    const id = String(++this.#count);
    this.#open.set(id, question);
    return id;
  }

  /** Takes a response of the client. One that nobody waits for (any more) is let go. */
  take(response: Message): void {
    const id = response.id ?? '';
    const question = this.#open.get(id);
    if (this.#open.delete(id)) question?.answered(response);
  }

  /** Nobody waits for this one any more. */
  close(id: string): void {
    this.#open.delete(id);
  }
}
