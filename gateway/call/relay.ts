import { byPosition, edited, type Edit } from '../jsonrpc/edit.ts';
import { param, type Message } from '../jsonrpc/message.ts';
import type { Questions } from '../mcp/questions.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { JsonObject } from '../upstream/json.ts';
import type { Pools } from '../upstream/pools.ts';
import { progressTokenOf } from './answer-check.ts';
import { idEdits, isSameId } from './answer-edits.ts';
import { canBeAsked, needOf, refusalOf } from './askable.ts';
import { cancelledNotification, postAside } from './aside.ts';
import { refusalTo, replyTo } from './server-request.ts';
import { relatedTaskEdits } from './task-metadata.ts';
import { ClientTasks } from './task-questions.ts';
import type { SessionTasks } from './task-session.ts';
import type { UpstreamSession } from './upstream-session.ts';
import { UrlElicitations } from './url-elicitations.ts';

/** How many requests of one server a client may have open: half of what it may have in all, so that others can ask too. */
const MAX_ASKED_OF_SERVER = 32;

/** A request of a server that the client has open. */
interface Asked {
  /** The id that the client was asked under, as JSON text. */
  readonly id: string;
  readonly server: RoutedServer;
  readonly session: UpstreamSession;
  /** The server's request. */
  readonly request: Message;
  /** The call in whose midst it was asked; undefined: in none. */
  readonly call: AskingCall | undefined;
  /** Bounds the wait where no call does. */
  timer?: NodeJS.Timeout;
}

/** A call in whose midst a server may ask the client. */
export interface AskingCall {
  /** The client is asked: its time to answer is not the server's. */
  wait(): void;
  /** The client has answered. */
  goOn(): void;
}

export interface RelayOptions {
  readonly questions: Questions;
  readonly pools: Pools;
  /** What the client declared. */
  readonly capabilities: JsonObject;
  /** What it made. */
  readonly tasks: SessionTasks;
  /** How long it may take to answer what it is asked outside of any call, in milliseconds. */
  readonly questionMs: number;
  /** Tells it something that has no place on an answer. */
  readonly notify: (message: Buffer) => void;
}

/**
 * What legacy servers ask a legacy client (sampling, elicitation, roots, and whatever else they may), and its responses
 * back to them. Several servers are behind one client: each request and each progress token gets an id of the session's.
 */
export class Relay {
  /** The URLs that the client was sent to. */
  readonly urls = new UrlElicitations();
  readonly #questions: Questions;
  readonly #pools: Pools;
  readonly #capabilities: JsonObject;
  readonly #isAskable: boolean;
  readonly #asked = new Set<Asked>();
  readonly #tasks: SessionTasks;
  readonly #clientTasks: ClientTasks;
  readonly #questionMs: number;
  readonly #notify: (message: Buffer) => void;

  constructor({ questions, pools, capabilities, tasks, questionMs, notify }: RelayOptions) {
    this.#questionMs = questionMs;
    this.#notify = notify;
    this.#tasks = tasks;
    this.#clientTasks = new ClientTasks(capabilities);
    this.#capabilities = capabilities;
    this.#isAskable = canBeAsked(capabilities);
    this.#questions = questions;
    this.#pools = pools;
  }

  /**
   * Takes a request of a server.
   * @returns the request as the client is to get it; undefined: the gateway has answered it
   */
  ask(server: RoutedServer, session: UpstreamSession, request: Message, call?: AskingCall): Buffer | undefined {
    if (!this.#clientTasks.mayAsk(server, request)) {
      postAside(this.#pools, server, session, refusalTo(request.id, -32602, 'Task not found.'));
      return undefined;
    }
    const refusal = this.#refusalTo(server, request);
    const id =
      refusal === undefined ? this.#questions.open({ answered: (said) => this.#answered(asked, said) }) : undefined;
    if (id === undefined) {
      const { obstacle = 'The client cannot be asked.' } = this.#questions;
      postAside(this.#pools, server, session, refusal ?? refusalTo(request.id, -32603, obstacle));
      return undefined;
    }
    const asked: Asked = { id, server, session, request, call };
    this.#asked.add(asked);
    // In the midst of a call its clock bounds the wait.
    if (call === undefined) asked.timer = setTimeout(() => this.#expired(asked), this.#questionMs).unref();
    call?.wait();
    this.urls.asked(server, request);
    const { bytes, params } = request;
    const ofTasks = relatedTaskEdits(bytes, params, (task) => this.#tasks.seal(server, task));
    const edits = [...requestEdits(request, id), ...this.#clientTasks.requestEdits(request), ...ofTasks];
    return edited(bytes, edits.sort(byPosition));
  }

  /** A server's notification as the client is to get it; undefined where it is of no use to it. */
  notification(session: UpstreamSession, notification: Message): Buffer | undefined {
    if (notification.method !== 'notifications/cancelled') return notification.bytes;
    // A server gives up what it asked.
    const place = param(notification, 'requestId');
    if (place === undefined) return undefined;
    const id = notification.bytes.toString('utf8', place.start, place.end);
    const asked = this.#find((each) => each.session === session && isSameId(each.request.id, id));
    if (asked === undefined) return undefined;
    this.#end(asked);
    return edited(notification.bytes, [{ start: place.start, end: place.end, text: asked.id }]);
  }

  /** The client tells of its progress with what it was asked: the server that asked hears of it under its own token. */
  progress(notification: Message): void {
    const told = param(notification, 'progressToken');
    if (told === undefined) return;
    const token = notification.bytes.toString('utf8', told.start, told.end);
    const asked = this.#find(({ id }) => isSameId(id, token));
    const own = asked === undefined ? undefined : progressTokenOf(asked.request);
    if (asked === undefined || own === undefined) return;
    const text = asked.request.bytes.toString('utf8', own.start, own.end);
    const body = edited(notification.bytes, [{ start: told.start, end: told.end, text }]);
    postAside(this.#pools, asked.server, asked.session, body);
  }

  /** Whose task the client tells of that it runs; undefined: nobody's. */
  taskOwner(notification: Message): RoutedServer['upstream'] | undefined {
    return this.#clientTasks.serverOf(notification);
  }

  /** A call has ended: nobody waits for what was asked in its midst. */
  callEnded(call: AskingCall): void {
    const why = 'The call that it was asked for has ended.';
    for (const asked of this.#asked) if (asked.call === call) this.#giveUp(asked, why, why);
  }

  /** Gives up what servers asked outside of calls that are no longer there, or not for this client. */
  retain(servers: ReadonlySet<RoutedServer['upstream']>): void {
    const why = 'The server that asked is not there any more.';
    for (const asked of this.#asked) {
      if (asked.call === undefined && !servers.has(asked.server.upstream)) this.#giveUp(asked, why, why);
    }
  }

  /** The client has gone for good. Its servers hear that by the end of their sessions. */
  close(): void {
    for (const asked of this.#asked) this.#forget(asked);
  }

  /**
   * The gateway's own response, where the client is not asked: it is only for what it declared, in the modes that it declared.
   * Of other requests than those of the specification the servers know best.
   */
  #refusalTo({ upstream }: RoutedServer, request: Message): Buffer | undefined {
    const need = needOf(request);
    if (need === undefined && (request.method === 'ping' || !this.#isAskable)) return replyTo(request);
    const refusal = need && refusalOf(need, this.#capabilities);
    if (refusal !== undefined) return refusalTo(request.id, refusal.code, refusal.message);
    let alike = 0;
    for (const { server } of this.#asked) if (server.upstream === upstream) alike++;
    if (alike < MAX_ASKED_OF_SERVER) return undefined;
    return refusalTo(request.id, -32603, 'The client has too many questions of this server open.');
  }

  #expired(asked: Asked): void {
    this.#giveUp(asked, 'The time to answer has passed.', 'The client did not answer in time.');
  }

  /** The client is told that nobody waits for its answer any more, the server that there will be none. */
  #giveUp(asked: Asked, toClient: string, toServer: string): void {
    this.#end(asked);
    this.#notify(cancelledNotification(asked.id, toClient));
    postAside(this.#pools, asked.server, asked.session, refusalTo(asked.request.id, -32603, toServer));
  }

  #answered(asked: Asked, response: Message): void {
    this.#forget(asked);
    const { server, session, request, call } = asked;
    const { bytes, result } = response;
    const own = (id: string): string | undefined => this.#tasks.open(id)?.id;
    const edits = [
      ...idEdits(response, request.id),
      ...relatedTaskEdits(bytes, result, own),
      ...this.#clientTasks.responseEdits(server, request, response),
    ];
    postAside(this.#pools, server, session, edited(bytes, edits.sort(byPosition)));
    call?.goOn();
  }

  #forget(asked: Asked): void {
    clearTimeout(asked.timer);
    this.#asked.delete(asked);
  }

  #end(asked: Asked): void {
    this.#forget(asked);
    this.#questions.close(asked.id);
    asked.call?.goOn();
  }

  #find(isIt: (asked: Asked) => boolean): Asked | undefined {
    for (const asked of this.#asked) if (isIt(asked)) return asked;
    return undefined;
  }
}

function requestEdits(request: Message, id: string): Edit[] {
  const edits = idEdits(request, id);
  const token = progressTokenOf(request);
  if (token !== undefined) edits.push({ start: token.start, end: token.end, text: id });
  return edits;
}
