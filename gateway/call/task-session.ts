import type { Message } from '../jsonrpc/message.ts';
import type { RoutedServer } from '../routing/route.ts';
import { askedToken, toldToken } from './answer-check.ts';
import { isSameId } from './answer-edits.ts';
import type { OpenedTask, TaskCursor, TaskIds } from './task-ids.ts';

/** How many tasks of a session are remembered, to be listed and heard of; older ones can still be asked for by their ids. */
const MAX_TASKS = 256;

/** A task that a session's client made. */
interface Made {
  readonly server: RoutedServer['upstream'];
  readonly id: string;
  /** The server's session that it was made in; undefined: it keeps none. */
  readonly session: string | undefined;
  /** The progress token of the call that made it, as JSON text; undefined: none, or not any more, since the task is over. */
  token: string | undefined;
}

/** Longer tokens of calls are not kept for their tasks. */
const MAX_TOKEN = 256;
const TERMINAL = new Set<unknown>(['completed', 'failed', 'cancelled']);

/**
 * The tasks of one legacy session. Servers cannot tell the gateway's clients apart, or may list everybody's tasks: what a
 * client made is known here, and it sees nothing else.
 */
export class SessionTasks {
  readonly #ids: TaskIds;
  readonly #owner: string;
  /** By server and id, the oldest first. */
  #made: Map<string, Made> | undefined;

  /** @param session the client's session with the gateway */
  constructor(ids: TaskIds, session: string) {
    this.#ids = ids;
    this.#owner = `session ${session}`;
  }

  /** The client has made a task, by this call. @returns the id that it gets */
  made(server: RoutedServer, id: string, session: string | undefined, call: Message): string {
    this.#made ??= new Map();
    const asked = askedToken(call);
    const token = asked === undefined || asked.length > MAX_TOKEN ? undefined : asked;
    this.#made.set(nameOf(server.upstream.key, id), { server: server.upstream, id, session, token });
    const [oldest] = this.#made.keys();
    if (this.#made.size > MAX_TASKS && oldest !== undefined) this.#made.delete(oldest);
    return this.seal(server, id);
  }

  /** Whether the client made the task. @param id the server's */
  isOwn({ upstream }: RoutedServer, id: string): boolean {
    return this.#made?.get(nameOf(upstream.key, id))?.server === upstream;
  }

  /** Whether the client has a task with a server. */
  hasTasksOf({ upstream }: RoutedServer): boolean {
    for (const { server } of this.#made?.values() ?? []) if (server === upstream) return true;
    return false;
  }

  /** A server says how a task stands. @param id the server's */
  told({ upstream }: RoutedServer, id: string, status: unknown): void {
    const made = this.#made?.get(nameOf(upstream.key, id));
    if (made !== undefined && TERMINAL.has(status)) made.token = undefined;
  }

  /** Whether progress is that of a task that is not over (2025-11-25, Progress, Behavior Requirements). */
  awaits({ upstream }: RoutedServer, progress: Message): boolean {
    const told = toldToken(progress);
    for (const { server, token } of this.#made?.values() ?? [])
      if (server === upstream && token !== undefined && isSameId(token, told)) return true;
    return false;
  }

  /** Whether the server's session that a task was made in is another than this one. */
  outlivedSession({ upstream }: RoutedServer, id: string, session: string | undefined): boolean {
    const made = this.#made?.get(nameOf(upstream.key, id));
    return made !== undefined && made.session !== session;
  }

  /** The client's id of a server's task. */
  seal(server: RoutedServer, id: string): string {
    return this.#ids.seal(this.#owner, server, id);
  }

  /** @returns undefined for anything but an id that the client was given */
  open(sealed: string): OpenedTask | undefined {
    return this.#ids.open(this.#owner, sealed);
  }

  sealCursor(cursor: TaskCursor): string {
    return this.#ids.sealCursor(this.#owner, cursor);
  }

  /** @returns undefined for anything but a cursor that the client was given */
  openCursor(sealed: string): TaskCursor | undefined {
    return this.#ids.openCursor(this.#owner, sealed);
  }
}

function nameOf(server: string, id: string): string {
  return `${server} ${id}`;
}
