import type { RoutedServer } from '../routing/route.ts';
import type { Sealer } from '../sealing/sealer.ts';

/** A task as its server knows it. */
export interface OpenedTask {
  /** The server's key: `<namespace>/<name>`. */
  readonly server: string;
  /** The server's own id of it. */
  readonly id: string;
}

/** Where a list of tasks goes on. */
export interface TaskCursor {
  /** The key of the server whose tasks come next. */
  readonly server: string;
  /** The server's own cursor; undefined: at its first page. */
  readonly cursor: string | undefined;
}

/**
 * The ids under which clients know the tasks of servers: each names its server, cannot be guessed, and is good for whoever
 * made the task alone (2025-11-25, Tasks, Task Isolation and Access Control; ext-tasks, Security Considerations). One task
 * has one id, however often it is told.
 */
export class TaskIds {
  readonly #sealer: Sealer;

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  /** @param owner whose the task is @param id the server's own */
  seal(owner: string, { upstream }: RoutedServer, id: string): string {
    return this.#sealer.seal('task', owner, JSON.stringify(['task', upstream.key, id]));
  }

  /** @returns undefined for anything but an id that this owner was given */
  open(owner: string, sealed: string): OpenedTask | undefined {
    const [kind, server, id] = this.#opened(owner, sealed);
    return kind === 'task' && typeof server === 'string' && typeof id === 'string' ? { server, id } : undefined;
  }

  /** The cursor of a list of tasks, which holds that of a server. */
  sealCursor(owner: string, { server, cursor }: TaskCursor): string {
    return this.#sealer.seal('task', owner, JSON.stringify(['cursor', server, cursor ?? null]));
  }

  /** @returns undefined for anything but a cursor that this owner was given */
  openCursor(owner: string, sealed: string): TaskCursor | undefined {
    const [kind, server, cursor] = this.#opened(owner, sealed);
    if (kind !== 'cursor' || typeof server !== 'string') return undefined;
    return { server, cursor: typeof cursor === 'string' ? cursor : undefined };
  }

  #opened(owner: string, sealed: string): readonly unknown[] {
    const text = this.#sealer.open('task', owner, sealed);
    return text === undefined ? [] : (JSON.parse(text) as unknown[]);
  }
}
