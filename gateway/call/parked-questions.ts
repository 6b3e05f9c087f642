import { edited } from '../jsonrpc/edit.ts';
import { param, stringOf, type Message } from '../jsonrpc/message.ts';
import { isSameId, removedMembers } from './answer-edits.ts';
import type { Need } from './askable.ts';
import type { UpstreamSession } from './upstream-session.ts';

/** A request of a legacy server that a modern client has to answer. */
export interface ParkedQuestion {
  /** Under which the client is asked; no other question of the call ever has it. */
  readonly key: string;
  readonly method: string;
  readonly session: UpstreamSession;
  /** The server's own id of it, as JSON text. */
  readonly id: string;
  /** What the client must have declared for it. */
  readonly need: Need;
  /** The InputRequest, as JSON text. */
  readonly text: string;
}

/** How many a server may have open in one call: as many as a legacy client's session. */
const MAX_OPEN = 64;

/** What one call's server has asked and the client has not answered. */
export class ParkedQuestions {
  readonly #open = new Map<string, ParkedQuestion>();
  #count = 0;

  get size(): number {
    return this.#open.size;
  }

  /** What all of them take, in bytes. */
  get bytes(): number {
    let sum = 0;
    for (const { text } of this.#open.values()) sum += text.length;
    return sum;
  }

  /** The InputRequests (2026-07-28, Multi Round-Trip Requests), as JSON text. */
  get inputRequests(): string {
    return `{${[...this.#open.values()].map(({ key, text }) => `"${key}":${text}`).join(',')}}`;
  }

  /**
   * Takes a request; one that is open already stays (a stream that is taken up again may bring it twice).
   * @returns false: the server has as many open as it may
   */
  add(session: UpstreamSession, request: Message, need: Need): boolean {
    const { id = 'null', method } = request;
    if (this.#find(session, id) !== undefined) return true;
    if (this.#open.size >= MAX_OPEN) return false;
    this.#count++;
    const key = `q${this.#count}`;
    this.#open.set(key, { key, method, session, id, need, text: inputRequest(request) });
    return true;
  }

  /** The server gives one up. @param id its own, as JSON text */
  withdraw(session: UpstreamSession, id: string): void {
    const question = this.#find(session, id);
    if (question !== undefined) this.#open.delete(question.key);
  }

  /** Those of these keys; keys that are none (any more) are passed over. */
  among(keys: Iterable<string>): ParkedQuestion[] {
    return [...keys].flatMap((key) => this.#open.get(key) ?? []);
  }

  /** Those that meet a condition. */
  those(isMeant: (question: ParkedQuestion) => boolean): ParkedQuestion[] {
    return [...this.#open.values()].filter(isMeant);
  }

  /** Nobody waits for the answer any more. */
  close({ key }: ParkedQuestion): void {
    this.#open.delete(key);
  }

  #find(session: UpstreamSession, id: string): ParkedQuestion | undefined {
    for (const question of this.#open.values())
      if (question.session === session && isSameId(question.id, id)) return question;
    return undefined;
  }
}

/** What is about the legacy hop: progress tokens and related tasks, and a task that was not offered. */
const OF_THE_HOP = new Set(['_meta', 'task']);
/** Legacy URL elicitation has an id, which the modern era does without. */
const OF_THE_HOP_AND_URL = new Set([...OF_THE_HOP, 'elicitationId']);

function inputRequest(request: Message): string {
  const { bytes, method, params } = request;
  const name = `"method":${JSON.stringify(method)}`;
  if (params === undefined) return `{${name}}`;
  const mode = param(request, 'mode');
  const isUrl = mode !== undefined && stringOf(bytes, mode) === 'url';
  const text = edited(
    bytes.subarray(params.start, params.end),
    removedMembers(params, isUrl ? OF_THE_HOP_AND_URL : OF_THE_HOP).map(({ start, end, text: by }) => ({
      start: start - params.start,
      end: end - params.start,
      text: by,
    })),
  ).toString();
  return /^\{\s*\}$/.test(text) ? `{${name}}` : `{${name},"params":${text}}`;
}
