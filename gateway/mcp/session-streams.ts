import type { ServerResponse } from 'node:http';
import { COME_BACK, EVENT_STREAM_HEADERS, type EventRecord, type EventRecorder, type Reply } from '../call/reply.ts';
import { messageFrame } from '../jsonrpc/sse-frames.ts';
import type { MemoryBudget } from '../memory-budget.ts';
import { EventStream } from './event-stream.ts';
import { MissedMessages } from './missed-messages.ts';
import { ReplayLog } from './replay-log.ts';

/** How many GET streams one session may have open. */
const MAX_STREAMS = 4;
const EVENT_ID = /^([gp][0-9]{1,9})-([0-9]{1,9})$/;

/**
 * The streams of one legacy session: one for each POST whose answer is a stream, and those that the client opened by GET.
 * Each message goes to exactly one (2025-11-25, Transports, Multiple Connections). Their events have ids of the gateway's
 * own, `<stream>-<number>`, by which a client takes a stream up again (Resumability and Redelivery).
 */
export class SessionStreams implements EventRecorder {
  readonly #log: ReplayLog;
  /** Whether a stream begins with an event that is empty but for its id. */
  readonly #primes: boolean;
  readonly #onQuiet: () => void;
  /** Open GET streams, by name; the last is the newest. */
  readonly #listening = new Map<string, { readonly stream: EventStream; readonly record: StreamRecord }>();
  /** Answers of POSTs that are under way as streams, by name. */
  readonly #replies = new Map<string, Reply>();
  readonly #missed: MissedMessages;
  #count = 0;

  /**
   * @param budget of the events that all sessions keep
   * @param version the session's protocol version: only clients of 2025-11-25 expect a first event without data
   * @param onQuiet called when a GET stream has closed
   */
  constructor(budget: MemoryBudget, version: string, onQuiet: () => void) {
    this.#log = new ReplayLog(budget);
    this.#missed = new MissedMessages(budget);
    this.#primes = version >= '2025-11-25';
    this.#onQuiet = onQuiet;
  }

  /** Whether the client listens on a GET stream. */
  get isListening(): boolean {
    return this.#listening.size > 0;
  }

  /** A POST's answer becomes a stream. */
  record(reply: Reply): EventRecord {
    const name = `p${++this.#count}`;
    this.#replies.set(name, reply);
    return new StreamRecord(name, this.#log, this.#primes, () => this.#replies.delete(name));
  }

  /**
   * Answers a GET: with the stream that the client lost, where it names an event of one, else with one of its own, which
   * begins with what it missed.
   */
  listen(response: ServerResponse, lastEventId: string | undefined): void {
    const [, name, number] = EVENT_ID.exec(lastEventId ?? '') ?? [];
    if (name === undefined) return this.#listen(response, this.#newRecord());
    const missed = this.#log.after(name, Number(number));
    const frames = missed.map(({ frame }) => frame);
    if (name.startsWith('p')) return this.#resumeReply(response, name, frames);
    const last = missed.at(-1)?.sequence ?? Number(number);
    this.#listen(response, new StreamRecord(name, this.#log, false, ignore, last), frames);
  }

  /** Sends a message to the client; to one that does not listen, when it does. */
  send(message: Buffer): void {
    // The newest: of several, an older one may be dead.
    const newest = [...this.#listening.values()].at(-1);
    if (newest !== undefined) return newest.stream.send(newest.record.add(messageFrame(message)));
    this.#missed.add(message);
  }

  /** Closes the connections of the GET streams; the client may come back to them. */
  hangUp(): void {
    for (const { stream } of this.#listening.values()) stream.end(COME_BACK);
  }

  /** Ends the GET streams. */
  end(): void {
    for (const { stream } of this.#listening.values()) stream.end();
  }

  /** Forgets what is kept for clients that come back. */
  clear(): void {
    this.#log.clear();
    this.#missed.take();
  }

  #newRecord(): StreamRecord {
    return new StreamRecord(`g${++this.#count}`, this.#log, this.#primes, ignore);
  }

  #listen(response: ServerResponse, record: StreamRecord, frames: readonly Buffer[] = []): void {
    const { name } = record;
    // The connection that the client had may not be known to be dead yet.
    this.#listening.get(name)?.stream.end();
    this.#listening.delete(name);
    const opened = {
      record,
      stream: new EventStream(response, () => {
        if (this.#listening.get(name) === opened) this.#listening.delete(name);
        this.#onQuiet();
      }),
    };
    this.#listening.set(name, opened);
    for (const [old, { stream }] of this.#listening) {
      if (this.#listening.size <= MAX_STREAMS) break;
      stream.end(COME_BACK);
      this.#listening.delete(old);
    }
    if (record.opening !== undefined) opened.stream.send(record.opening);
    for (const frame of frames) opened.stream.send(frame);
    for (const message of this.#missed.take()) opened.stream.send(record.add(messageFrame(message)));
  }

  #resumeReply(response: ServerResponse, name: string, frames: readonly Buffer[]): void {
    response.writeHead(200, EVENT_STREAM_HEADERS);
    for (const frame of frames) response.write(frame);
    const reply = this.#replies.get(name);
    if (reply === undefined) response.end();
    else {
      response.flushHeaders();
      reply.continueOn(response);
    }
  }
}

/** The numbering of one stream's events. */
class StreamRecord implements EventRecord {
  readonly name: string;
  readonly opening: Buffer | undefined;
  readonly #log: ReplayLog;
  readonly #onEnd: () => void;
  #sequence: number;

  constructor(name: string, log: ReplayLog, primes: boolean, onEnd: () => void, sequence = 0) {
    this.name = name;
    this.#log = log;
    this.#onEnd = onEnd;
    this.#sequence = sequence;
    this.opening = primes ? Buffer.from(`id: ${name}-0\ndata: \n\n`) : undefined;
  }

  add(frame: Buffer): Buffer {
    const sequence = ++this.#sequence;
    const numbered = Buffer.concat([Buffer.from(`id: ${this.name}-${sequence}\n`), frame]);
    this.#log.add(this.name, sequence, numbered);
    return numbered;
  }

  end(): void {
    this.#onEnd();
  }
}

function ignore(): void {
  // A GET stream has no answer that ends it.
}
