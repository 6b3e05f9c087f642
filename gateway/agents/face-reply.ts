import { messageFrame } from '../jsonrpc/sse-frames.ts';
import type { JsonObject } from '../upstream/json.ts';
import type { LocalResponse } from '../upstream/local-response.ts';

/** What may wait for a reader that does not read, in bytes. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;
/** What takes longer comes as a stream, in milliseconds. */
const QUICK_MS = 1000;

/** The answer to one request that an agent's MCP server in the gateway gets: JSON, or a stream of events if there is more to say. */
export class FaceReply {
  readonly #response: LocalResponse;
  /** Of the request, as it came. */
  readonly #id: unknown;
  readonly #gone: Promise<undefined>;
  #isStream = false;
  #late: NodeJS.Timeout | undefined;

  /** @param gone resolves when nobody waits for the answer any more */
  constructor(response: LocalResponse, id: unknown, gone: Promise<undefined>) {
    this.#response = response;
    this.#id = id;
    this.#gone = gone;
  }

  /** Resolves when nobody waits for it any more. */
  get gone(): Promise<undefined> {
    return this.#gone;
  }

  /** Whether nobody waits for it any more. */
  get isGone(): boolean {
    return this.#response.aborted;
  }

  /** Opens the stream: whatever is between sees that the answer is on its way. */
  begin(headers: Readonly<Record<string, string>> = {}): void {
    if (this.#isStream) return;
    clearTimeout(this.#late);
    this.#isStream = true;
    this.#response.start(200, { ...headers, 'content-type': 'text/event-stream' });
  }

  /** As `begin`, unless the answer comes soon: as an event it costs more on its way than as JSON. */
  beginUnlessQuick(): void {
    this.#late ??= setTimeout(() => this.begin(), QUICK_MS).unref();
  }

  /** Says something before the answer; nothing to a reader that is too far behind. */
  tell(message: JsonObject): void {
    this.begin();
    if (this.#response.queuedBytes < MAX_QUEUED_BYTES) this.#response.write(frameOf(message));
  }

  result(result: JsonObject, headers: Readonly<Record<string, string>> = {}): void {
    this.#finish(200, { jsonrpc: '2.0', id: this.#id, result }, headers);
  }

  /** @param status where nothing was said before */
  error(code: number, message: string, { data, status = 200 }: { data?: JsonObject; status?: number } = {}): void {
    const error = { code, message, ...(data !== undefined && { data }) };
    this.#finish(status, { jsonrpc: '2.0', id: this.#id, error }, {});
  }

  /** Breaks the answer off, as a connection does: whoever asked reads the error itself. */
  fail(error: Error): void {
    clearTimeout(this.#late);
    this.#response.fail(error);
  }

  #finish(status: number, message: JsonObject, headers: Readonly<Record<string, string>>): void {
    clearTimeout(this.#late);
    if (this.#isStream) {
      this.#response.write(frameOf(message));
      this.#response.end();
      return;
    }
    const body = Buffer.from(JSON.stringify(message));
    const length = String(body.length);
    this.#response.answer(status, { ...headers, 'content-type': 'application/json', 'content-length': length }, body);
  }
}

function frameOf(message: JsonObject): Buffer {
  return messageFrame(Buffer.from(JSON.stringify(message)));
}
