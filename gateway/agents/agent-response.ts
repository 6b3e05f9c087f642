/** How a response begins. */
export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What the SDK reads of a Response. */
export type UsedResponse = Pick<Response, 'ok' | 'status' | 'statusText' | 'headers' | 'text' | 'json'> & {
  readonly body: Pick<ReadableStream<Uint8Array<ArrayBuffer>>, 'pipeThrough'> | null;
};

const utf8 = new TextDecoder();

/** A response of an agent: its bytes, which have all come, or a stream of its text. */
export class AgentResponse implements UsedResponse {
  readonly status: number;
  readonly statusText: string;
  /** Absent: the response is read whole. */
  readonly body: UsedResponse['body'];
  readonly #headers: ResponseHead['headers'];
  readonly #bytes: Uint8Array;

  constructor({ status, statusText, headers }: ResponseHead, content: Uint8Array | ReadableStream<string>) {
    const isWhole = content instanceof Uint8Array;
    this.status = status;
    this.statusText = statusText;
    // The SDK pipes a stream through a decoder of text and does nothing else with it. The decoder's two streams would cost
    // a quarter of a short task's call.
    this.body = isWhole ? null : { pipeThrough: () => content as ReadableStream };
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
