import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { sendJson } from '../http/respond.ts';
import { messageFrame } from '../jsonrpc/sse-frames.ts';

/** X-Accel-Buffering: reverse proxies such as nginx pass each event on at once (2026-07-28, Transports). */
export const EVENT_STREAM_HEADERS = [
  'content-type',
  'text/event-stream',
  'cache-control',
  'no-cache, no-transform',
  'x-accel-buffering',
  'no',
];
/** A comment, which every reader of events ignores. */
export const KEEP_ALIVE = Buffer.from(':\n\n');
/**
 * What a connection ends with that is closed before its stream is over: when the client is to come back, in milliseconds
 * (2025-11-25, Transports, Sending Messages). Later than clients do by themselves: of more streams than a session may have,
 * each would displace another.
 */
export const COME_BACK = Buffer.from('retry: 3000\n\n');
/** What may wait to be sent to a client that does not read, in bytes; beyond, it is not told what it can do without. */
const MAX_UNSENT_BYTES = 1024 * 1024;
const EVENT_END = Buffer.from('\n\n');

/** Numbers a stream's events and keeps them, for a client that lost its connection (2025-11-25, Resumability). */
export interface EventRecord {
  /** What a stream begins with: an event that gives the client an id before there is anything to say. */
  readonly opening: Buffer | undefined;
  /** Keeps an event. @returns the frame with its id */
  add(frame: Buffer): Buffer;
  /** No event follows. */
  end(): void;
}

/** Where the events of a reply may be kept; absent for clients of the modern era, which has no resumption. */
export interface EventRecorder {
  record(reply: Reply): EventRecord;
}

/**
 * The client's side of one call: its answer goes here, as JSON or as the last of a stream of events. A client that does not
 * read holds up the server, one that has gone does not.
 */
export class Reply {
  readonly #recorder: EventRecorder | undefined;
  #response: ServerResponse;
  #record: EventRecord | undefined;
  #isStreaming = false;
  #isFinished = false;
  /** An event is passed on before it is complete. */
  #isAmidEvent = false;
  #isWaiting = false;

  constructor(response: ServerResponse, recorder?: EventRecorder) {
    this.#response = response;
    this.#recorder = recorder;
  }

  /** Whether the client's connection has closed; it may come back to a stream. */
  get isGone(): boolean {
    return this.#response.destroyed;
  }

  /** To be told once when the client's connection has closed. */
  onClose(listener: () => void): void {
    // It is emitted once; `once` would make a wrapper for that.
    this.#response.on('close', listener);
  }

  /** Whether anything was sent: then an answer with an HTTP status of its own cannot be given any more. */
  get hasBegun(): boolean {
    return this.#isStreaming || this.#response.headersSent;
  }

  /** The whole answer, as JSON. @param status where no stream has begun, on which it is the last event then */
  json(status: number, body: Buffer): void {
    if (this.#isStreaming) return this.finish(body);
    this.#isFinished = true;
    sendJson(this.#response, status, body);
  }

  /** Begins a JSON answer that is passed on as it comes. */
  beginJson(status: number): void {
    if (!this.isGone) this.#response.writeHead(status, ['content-type', 'application/json']);
  }

  /** Passes bytes on as they come, of a JSON answer or of an event that was begun. */
  pass(bytes: Buffer, controller: Dispatcher.DispatchController): void {
    this.#write(bytes, controller);
  }

  /** The JSON answer that was begun is complete. */
  endJson(): void {
    this.#isFinished = true;
    this.#response.end();
  }

  /** An event with a message, before the answer. @param frame the message's own frame, if it may pass as it is */
  message(message: Buffer, frame?: Buffer, controller?: Dispatcher.DispatchController): void {
    // A parked call has its answer, and its server may still talk.
    if (this.#isFinished) return;
    this.start();
    this.#write(this.#recorded(frame ?? messageFrame(message)), controller);
  }

  /** As `message`, of a notification that came beside the answer: there is nobody whom a client that does not read holds up. */
  notice(message: Buffer): void {
    if (this.#response.writableLength <= MAX_UNSENT_BYTES) this.message(message);
  }

  /** The answer, as the last event of the stream. @param frame as above */
  finish(message: Buffer, frame?: Buffer): void {
    this.start();
    this.#isFinished = true;
    const last = this.#recorded(frame ?? messageFrame(message));
    this.#record?.end();
    if (!this.isGone) this.#response.end(last);
  }

  /** Begins an event whose rest follows by `pass`: it is too large to be kept. */
  beginEvent(bytes: Buffer, controller: Dispatcher.DispatchController): void {
    this.start();
    this.#isAmidEvent = true;
    this.#write(bytes, controller);
  }

  /** The event that was begun is complete. @param isAnswer whether it ends the stream */
  endEvent(isAnswer: boolean, controller: Dispatcher.DispatchController): void {
    this.#isAmidEvent = false;
    if (!isAnswer) return this.#write(EVENT_END, controller);
    this.#isFinished = true;
    this.#record?.end();
    if (!this.isGone) this.#response.end(EVENT_END);
  }

  /** Shows the client, and whatever is between, that the connection lives. */
  keepAlive(): void {
    if (this.#isFinished || this.#isAmidEvent) return;
    this.start();
    this.#write(KEEP_ALIVE, undefined);
  }

  /** The answer is an error. @param status where nothing was sent before */
  fail(status: number, body: Buffer): void {
    if (!this.hasBegun) this.json(status, body);
    else if (this.#isStreaming && !this.#isFinished && !this.#isAmidEvent) this.finish(body);
    // Amid an answer a fault can only be shown by breaking off.
    else this.#response.destroy();
  }

  /** Opens the stream, if it is not. */
  start(): void {
    if (this.#isStreaming) return;
    this.#isStreaming = true;
    this.#record = this.#recorder?.record(this);
    if (this.isGone) return;
    this.#response.writeHead(200, EVENT_STREAM_HEADERS);
    if (this.#record?.opening !== undefined) this.#response.write(this.#record.opening);
  }

  /** The client has come back: the stream goes on here. */
  continueOn(response: ServerResponse): void {
    // Half an event is of no use to it, and the first half is not kept.
    if (this.#isAmidEvent) return void response.end(COME_BACK);
    const lost = this.#response;
    this.#response = response;
    if (lost.destroyed) return;
    // It may not be known to be dead yet. What it never took would hold up the server here too.
    if (lost.writableNeedDrain) lost.destroy();
    else lost.end();
  }

  #recorded(frame: Buffer): Buffer {
    return this.#record === undefined ? frame : this.#record.add(frame);
  }

  #write(bytes: Buffer, controller: Dispatcher.DispatchController | undefined): void {
    const response = this.#response;
    if (response.destroyed || response.write(bytes) || controller === undefined || this.#isWaiting) return;
    // One chunk may have many frames: they wait together.
    this.#isWaiting = true;
    controller.pause();
    const goOn = (): void => {
      response.off('drain', goOn).off('close', goOn);
      this.#isWaiting = false;
      controller.resume();
    };
    response.on('drain', goOn).on('close', goOn);
  }
}
