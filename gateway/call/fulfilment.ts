import { randomUUID } from 'node:crypto';
import type { Edit } from '../jsonrpc/edit.ts';
import type { Message } from '../jsonrpc/message.ts';
import type { JsonObject } from '../upstream/json.ts';
import { insertedMembers } from './answer-edits.ts';
import { cancelledNotification } from './aside.ts';
import type { LegacyCaller } from './caller.ts';
import { olderSampling } from './older-content.ts';
import type { Round } from './rounds.ts';

/** What becomes of a round. */
export interface FulfilmentOwner {
  /** The client has answered all. @param responses the InputResponses, as JSON text */
  fulfilled(responses: string): void;
  /** The client could not answer. @param error its response, under the id that it was asked under */
  declined(error: Message): void;
}

/**
 * What a modern server wants to know before it answers, asked of a legacy client as the requests that its era has for
 * that. The client answers in whatever order it likes; the first error ends it.
 */
export class Fulfilment {
  readonly #caller: LegacyCaller;
  readonly #owner: FulfilmentOwner;
  /** By the id that the client was asked under: the server's key. */
  readonly #open = new Map<string, string>();
  readonly #answers = new Map<string, string>();

  constructor(caller: LegacyCaller, owner: FulfilmentOwner) {
    this.#caller = caller;
    this.#owner = owner;
  }

  /** Asks everything. @returns the requests for the client; undefined: it has too many open already */
  ask({ requests }: Round): Buffer[] | undefined {
    const messages: Buffer[] = [];
    for (const { key, method, params } of requests) {
      const id = this.#caller.questions.open({ answered: (response) => this.#answered(key, response) });
      if (id === undefined) {
        this.#closeAll();
        return undefined;
      }
      this.#open.set(id, key);
      const legacy = params === undefined ? '' : `,"params":${JSON.stringify(this.#legacyParams(method, params))}`;
      messages.push(Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)}${legacy}}`));
    }
    return messages;
  }

  /** Nobody waits for the answers any more. @returns what the client is told of it */
  withdraw(): Buffer[] {
    const notices = [...this.#open.keys()].map((id) =>
      cancelledNotification(id, 'The call that it was asked for has ended.'),
    );
    this.#closeAll();
    return notices;
  }

  #answered(key: string, response: Message): void {
    this.#open.delete(response.id ?? '');
    const { bytes, result } = response;
    if (result === undefined) {
      this.#owner.declined(response);
      return;
    }
    this.#answers.set(key, bytes.toString('utf8', result.start, result.end));
    if (this.#open.size > 0) return;
    const members = [...this.#answers].map(([each, text]) => `${JSON.stringify(each)}:${text}`);
    this.#owner.fulfilled(`{${members.join(',')}}`);
  }

  #legacyParams(method: string, params: JsonObject): JsonObject {
    if (method === 'sampling/createMessage') return olderSampling(this.#caller.protocolVersion, params);
    // Legacy URL elicitation has an id for its completion, which the modern era does without (2025-11-25, Elicitation).
    return params['mode'] === 'url' && params['elicitationId'] === undefined
      ? { ...params, elicitationId: randomUUID() }
      : params;
  }

  #closeAll(): void {
    for (const id of this.#open.keys()) this.#caller.questions.close(id);
    this.#open.clear();
  }
}

/** What the next request of a round carries beside the first one's params. @param responses JSON text; undefined: none */
export function roundEdit(request: Message, responses: string | undefined, state: string | undefined): Edit[] {
  if (request.params === undefined) return [];
  const members = [
    ...(responses === undefined ? [] : [`"inputResponses":${responses}`]),
    ...(state === undefined ? [] : [`"requestState":${state}`]),
  ];
  return members.length === 0 ? [] : [insertedMembers(request.params, members.join(','))];
}
