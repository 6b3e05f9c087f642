import { Agent, request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';

/** A request down to its bytes. */
export interface RawRequest {
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  /** Sent one after the other. */
  readonly body: readonly Buffer[];
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The messages in it, in order. */
  readonly messages: readonly WireMessage[];
}

/** A message as it came; nothing about it is sure. */
export interface WireMessage {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface AskOptions {
  /** Of the whole answer, in milliseconds. */
  readonly deadlineMs?: number;
  /** Whether nothing more is waited for, once this message has come: what has come by then is the answer. */
  readonly isLast?: (message: WireMessage) => boolean;
  /** Takes each message as it comes. */
  readonly onMessage?: (message: WireMessage) => void;
  /** Closes the connection; what has come by then is the answer. */
  readonly signal?: AbortSignal;
}

/** Connections of one test, which are kept; those that nobody uses hold no process open. */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
const DEADLINE_MS = 10_000;

/** Sends a request and reads its answer. @throws if there is none in time, or it cannot be read */
export function ask(url: string, request: RawRequest, options: AskOptions = {}): Promise<RawAnswer> {
  const { deadlineMs = DEADLINE_MS, isLast = () => false, onMessage = () => undefined, signal } = options;
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method: request.method, headers: request.headers, agent });
    let text = '';
    let status: number | undefined;
    let headers: IncomingHttpHeaders = {};
    const messages: WireMessage[] = [];
    const fail = (why: string): void => {
      sent.destroy();
      reject(new Error(`${why}; HTTP ${status ?? 'none'}, so far ${JSON.stringify(text.slice(-2000))}`));
    };
    const timer = setTimeout(() => fail(`No whole answer within ${deadlineMs} ms`), deadlineMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve({ status: status ?? 0, headers, text, messages });
    };
    signal?.addEventListener('abort', () => {
      done();
      sent.destroy();
    });
    sent.on('error', (error) => {
      clearTimeout(timer);
      fail(`The connection failed: ${error.message}`);
    });
    sent.on('response', (response) => {
      status = response.statusCode ?? 0;
      headers = response.headers;
      const isStream = String(response.headers['content-type']).startsWith('text/event-stream');
      const events = new Events();
      const take = (data: string): boolean => {
        const message = JSON.parse(data) as WireMessage;
        messages.push(message);
        onMessage(message);
        return isLast(message);
      };
      const guarded = (work: () => void): void => {
        try {
          work();
        } catch (error) {
          clearTimeout(timer);
          fail(`The answer cannot be read: ${(error as Error).message}`);
        }
      };
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (!isStream) return;
        guarded(() => {
          for (const data of events.take(chunk)) {
            if (!take(data)) continue;
            response.destroy();
            return done();
          }
        });
      });
      response.on('end', () =>
        guarded(() => {
          if (!isStream && text !== '') take(text);
          done();
        }),
      );
      response.on('error', (error) => {
        clearTimeout(timer);
        fail(`The answer broke off: ${error.message}`);
      });
    });
    for (const part of request.body) sent.write(part);
    sent.end();
  });
}

/** What ends a line of an event stream (HTML, 9.2.5): the gateway passes the frames of servers on as they came. */
const LINE_END = /\r\n|\r|\n/;
const EMPTY_LINE = /(?:\r\n|\r(?!\n)|\n){2}/;

/** Reads the data of events, as they come in. */
class Events {
  #rest = '';

  take(chunk: string): string[] {
    const text = this.#rest + chunk;
    // Whether a line feed belongs to the last byte shows the next chunk.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const events = text.slice(0, end).split(EMPTY_LINE);
    this.#rest = (events.pop() ?? '') + text.slice(end);
    return events
      .map((event) =>
        event
          .split(LINE_END)
          .filter((line) => line.startsWith('data:'))
          .map((line) => line.slice('data:'.length).trimStart())
          .join('\n'),
      )
      .filter((data) => data !== '');
  }
}
