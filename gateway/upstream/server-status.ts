import type { ServiceState } from '../contract/report.ts';
import type { Logger } from '../log.ts';

/** Characters of a message; the report's readers bound it too. */
const MESSAGE_LENGTH = 1024;

/** Whether a server answers, since when, and what is wrong with it. */
export class ServerStatus {
  readonly #log: Logger;
  #state: ServiceState = 'Pending';
  #since = new Date().toISOString();
  #message: string | undefined = 'The server was not asked yet.';

  constructor(log: Logger) {
    this.#log = log;
  }

  get state(): ServiceState {
    return this.#state;
  }

  /** When `state` or `message` last changed, RFC 3339. */
  get since(): string {
    return this.#since;
  }

  /** Why it is not Available, or what is wrong although it is: a sentence. */
  get message(): string | undefined {
    return this.#message;
  }

  /** Takes what was found now; a change is logged. */
  set(state: ServiceState, message: string | undefined): void {
    const isLong = message !== undefined && message.length > MESSAGE_LENGTH;
    const text = isLong ? `${message.slice(0, MESSAGE_LENGTH)}…` : message;
    if (state === this.#state && text === this.#message) return;
    const isNews = state !== this.#state || state === 'Unavailable';
    this.#state = state;
    this.#message = text;
    this.#since = new Date().toISOString();
    if (!isNews) return;
    const fields = { state, ...(text !== undefined && { reason: text }) };
    if (state === 'Unavailable') this.#log.warn('A server is unavailable', fields);
    else this.#log.info('A server changed its state', fields);
  }
}
