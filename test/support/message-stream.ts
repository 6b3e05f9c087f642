import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { until } from './until.ts';

/** A stream of events with messages in them, as it arrives. */
export class MessageStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly messages: Record<string, unknown>[] = [];
  readonly #response: IncomingMessage;
  /** How it ended; undefined while it is open. */
  #end: 'ended' | 'broken' | undefined;
  #text = '';

  constructor(response: IncomingMessage) {
    this.#response = response;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
    response.on('end', () => (this.#end = 'ended'));
    // A stream that is broken off has an error and no end.
    response.on('error', () => undefined).on('close', () => (this.#end ??= 'broken'));
  }

  get end(): 'ended' | 'broken' | undefined {
    return this.#end;
  }

  /** All that came, comments included. */
  get text(): string {
    return this.#text;
  }

  /** Waits for a message with this method, beginning with the message of number `from`. */
  async message(method: string, from = 0): Promise<Record<string, unknown>> {
    return until(`the message ${method}`, () => this.messages.slice(from).find((one) => one['method'] === method), {
      state: () => this.messages,
    });
  }

  /** Waits for the end and tells how it came. */
  async ended(): Promise<'ended' | 'broken'> {
    return until('the end of the stream', () => this.#end, { state: () => this.messages });
  }

  /** Closes the connection. */
  close(): void {
    this.#response.destroy();
  }

  #take(chunk: string): void {
    const whole = this.#text.lastIndexOf('\n\n') + 1;
    this.#text += chunk;
    const until = this.#text.lastIndexOf('\n\n');
    for (const line of this.#text.slice(whole, until < 0 ? 0 : until).split('\n')) {
      if (line.startsWith('data: ') && line.length > 6)
        this.messages.push(JSON.parse(line.slice(6)) as Record<string, unknown>);
    }
  }
}
