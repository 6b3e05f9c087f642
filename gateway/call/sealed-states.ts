import type { Principal } from '../access/principal.ts';
import { hash } from 'node:crypto';
import { canonicalJson } from '../contract/canonical-json.ts';
import type { Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import { McpError } from '../mcp/errors.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { isJsonObject } from '../upstream/json.ts';
import { TaskIds } from './task-ids.ts';

/** How long a client may take to come back with a state, in milliseconds: a person may have to be asked first. */
const STATE_TTL_MS = 3_600_000;

/** The request that a state belongs to, and whose it is. */
export interface StateOwner {
  readonly principal: Principal;
  readonly server: RoutedServer;
  /** As the client sent it. */
  readonly message: Message;
}

/** Params that differ from one round to the next. */
const PER_ROUND = new Set(['_meta', 'inputResponses', 'requestState']);

/**
 * The states that servers of the modern era leave with clients between the rounds of a call, in an envelope of the
 * gateway's: good only for the same principal, server, method and arguments, and for a while (2026-07-28, Multi Round-Trip
 * Requests, Server Requirements).
 */
export class SealedStates {
  /** What clients hold of tasks, which outlive their calls. */
  readonly tasks: TaskIds;
  readonly #sealer: Sealer;

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
    this.tasks = new TaskIds(sealer);
  }

  /** @param content what is to come back */
  seal(owner: StateOwner, content: string): string {
    const sealed = JSON.stringify([Date.now() + STATE_TTL_MS, scopeOf(owner), content]);
    return this.#sealer.seal('state', owner.principal.id, sealed);
  }

  /** @returns what was sealed @throws McpError invalid_params for anything else than this owner's own state */
  open(owner: StateOwner, state: string): string {
    const text = this.#sealer.open('state', owner.principal.id, state);
    const [expires, scope, content] = text === undefined ? [] : (JSON.parse(text) as [number, string, string]);
    if (expires === undefined || content === undefined || scope !== scopeOf(owner)) {
      throw new McpError('invalid_params', 'params.requestState is not one that was given out for this request.', {
        status: 400,
        denied: 'state',
      });
    }
    if (expires < Date.now()) {
      throw new McpError('invalid_params', 'params.requestState has expired: begin the request anew.', { status: 400 });
    }
    return content;
  }

  /** The edit that gives a server its own state back; none for a request without one. @throws McpError */
  openingEdits(owner: StateOwner): Edit[] {
    const place = param(owner.message, 'requestState');
    const content = this.contentOf(owner);
    if (place === undefined || content === undefined) return [];
    return [{ start: place.start, end: place.end, text: JSON.stringify(content) }];
  }

  /** What was sealed in the state that a request brings; undefined if it brings none. @throws McpError */
  contentOf(owner: StateOwner): string | undefined {
    const { message } = owner;
    const place = param(message, 'requestState');
    if (place === undefined) return undefined;
    const state = stringOf(message.bytes, place);
    if (state === undefined)
      throw new McpError('invalid_params', 'params.requestState is not a string.', { status: 400 });
    return this.open(owner, state);
  }

  /** The edit that seals the state of an answer; none for one without. */
  sealingEdits(owner: StateOwner, answer: Message): Edit[] {
    const place = member(answer.result?.members, 'requestState');
    const state = place === undefined ? undefined : stringOf(answer.bytes, place);
    if (place === undefined || state === undefined) return [];
    return [{ start: place.start, end: place.end, text: JSON.stringify(this.seal(owner, state)) }];
  }
}

/** What a state is good for, as a digest: it holds whatever the client asked with, which may be large. */
function scopeOf({ server, message }: StateOwner): string {
  const params = message.params === undefined ? {} : valueOf(message.bytes, message.params);
  const salient = isJsonObject(params)
    ? Object.fromEntries(Object.entries(params).filter(([name]) => !PER_ROUND.has(name)))
    : {};
  return hash('sha256', canonicalJson([server.upstream.key, message.method, salient]), 'base64url');
}
