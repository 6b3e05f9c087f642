/** How a response begins. */
export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What the SDK reads of a Response. */
export type UsedResponse = Pick<Response, 'ok' | 'status' | 'statusText' | 'headers' | 'body' | 'text' | 'json'>;

const utf8 = new TextDecoder();

/** A response of an agent: its bytes, which have all come, or a stream of them. */
export class AgentResponse implements UsedResponse {
  readonly status: number;
  readonly statusText: string;
  /** Absent: the response is read whole. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #bytes: Uint8Array;

  constructor({ status, statusText, headers }: ResponseHead, content: Uint8Array | ReadableStream) {
    const isWhole = content instanceof Uint8Array;
    this.status = status;
    this.statusText = statusText;
    this.body = isWhole ? null : content;
    this.#headers = headers;
    this.#bytes = isWhole ? content : new Uint8Array();
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get headers(): Headers {
    return new Headers(this.#headers);
  }

  text(): Promise<string> {
    if (this.body !== null) return Promise.reject(new TypeError('The response is read as a stream.'));
    return Promise.resolve(utf8.decode(this.#bytes));
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}
