import type { Principal } from '../access/principal.ts';
import { agentAt, OWNER_HEADER, ownerOf } from '../agents/agent-target.ts';
import { needFor, refusalOf } from '../call/askable.ts';
import type { TaskIds } from '../call/task-ids.ts';
import type { Route, RoutedServer } from '../routing/route.ts';
import { keepOpen } from '../upstream/keep-open.ts';
import { isJsonObject, objectMember, type JsonObject } from '../upstream/json.ts';
import type { Pools } from '../upstream/pools.ts';
import { openSubscription } from '../upstream/subscription-stream.ts';

/** How long a client waits for the servers to say which tasks they tell of, in milliseconds. */
const ACKNOWLEDGED_MS = 5000;
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

export interface TaskListensOptions {
  readonly pools: Pools;
  readonly ids: TaskIds;
  readonly clientInfo: { readonly name: string; readonly version: string };
}

/** A client that wants to hear of tasks. */
export interface TaskListener {
  readonly principal: Principal;
  /** What it declared with its request: a task may ask for no more. */
  readonly capabilities: JsonObject;
}

/** What a client hears of its tasks. */
export interface TaskListen {
  /** Resolves with those of the client's ids that the servers tell of, when all have said, or had the time. Never rejects. */
  readonly acknowledged: Promise<string[]>;
  /** Of each task that is passed over: the server that the client does not see; undefined: the id is none that it was given. */
  readonly passedOver: readonly (string | undefined)[];
  /** Passes on what was said so far, and what is said from now on: the params of `notifications/tasks`. */
  begin(onTask: (params: JsonObject) => void): void;
  close(): void;
}

/**
 * News of tasks of modern servers (ext-tasks, Task Status Notifications). Each client that listens has a stream of its own
 * with each server that its tasks are of: what a server tells is about that client's tasks, and in kinds that it declared.
 */
export class TaskListens {
  readonly #options: TaskListensOptions;
  readonly #open = new Set<ServerTasks>();

  constructor(options: TaskListensOptions) {
    this.#options = options;
  }

  /**
   * Ends the streams of servers that are no longer there, or not for the client; the clients' own stay.
   * @param serversOf those that a caller may use
   */
  retain(serversOf: (principal: Principal) => ReadonlySet<RoutedServer['upstream']>): void {
    for (const stream of this.#open) if (!serversOf(stream.principal).has(stream.upstream)) stream.close();
  }

  /** @param sealed ids as the client has them; such as it was not given are passed over */
  listen(route: Route, sealed: readonly string[], listener: TaskListener): TaskListen {
    const byServer = new Map<RoutedServer, Map<string, string>>();
    const passedOver: (string | undefined)[] = [];
    for (const text of sealed) {
      const task = this.#options.ids.open(listener.principal.id, text);
      const server = route.servers.find(({ upstream }) => upstream.key === task?.server);
      if (task === undefined || server === undefined) passedOver.push(task?.server);
      if (task === undefined || server?.upstream.catalogue?.era !== 'modern') continue;
      let ids = byServer.get(server);
      if (ids === undefined) byServer.set(server, (ids = new Map()));
      ids.set(task.id, text);
    }
    let onTask: ((params: JsonObject) => void) | undefined;
    const early: JsonObject[] = [];
    const tell = (params: JsonObject): void => {
      if (onTask !== undefined) onTask(params);
      else early.push(params);
    };
    const streams = [...byServer].map(([server, ids]) => new ServerTasks(this.#options, server, ids, listener, tell));
    for (const stream of streams) {
      this.#open.add(stream);
      void stream.ended.then(() => this.#open.delete(stream));
    }
    return {
      acknowledged: Promise.all(streams.map(({ acknowledged }) => acknowledged)).then((ids) => ids.flat()),
      passedOver,
      begin(listener) {
        onTask = listener;
        for (const params of early.splice(0)) listener(params);
      },
      close: () => {
        for (const stream of streams) stream.close();
      },
    };
  }
}

/** The stream of one client with one server. */
class ServerTasks {
  readonly acknowledged: Promise<string[]>;
  /** Resolves when the stream is closed, or of no use. */
  readonly ended: Promise<void>;
  readonly #options: TaskListensOptions;
  readonly #closed = new AbortController();
  readonly #server: RoutedServer;
  /** The server's ids → the client's. */
  readonly #ids: ReadonlyMap<string, string>;
  readonly #listener: TaskListener;
  readonly #tell: (params: JsonObject) => void;
  readonly #acknowledge: (ids: string[]) => void;

  constructor(
    options: TaskListensOptions,
    server: RoutedServer,
    ids: ReadonlyMap<string, string>,
    listener: TaskListener,
    tell: (params: JsonObject) => void,
  ) {
    this.#options = options;
    this.#server = server;
    this.#ids = ids;
    this.#listener = listener;
    this.#tell = tell;
    const { promise, resolve } = Promise.withResolvers<string[]>();
    this.acknowledged = promise;
    this.#acknowledge = resolve;
    this.ended = this.#run(this.#closed.signal);
  }

  get upstream(): RoutedServer['upstream'] {
    return this.#server.upstream;
  }

  get principal(): Principal {
    return this.#listener.principal;
  }

  close(): void {
    this.#closed.abort();
  }

  async #run(closed: AbortSignal): Promise<void> {
    const given = new AbortController();
    const timer = setTimeout(() => given.abort(), ACKNOWLEDGED_MS);
    let isHonoured = false;
    const signal = AbortSignal.any([closed, given.signal]);
    await keepOpen(closed, async () => {
      // Once it is honoured the stream stays as long as the client's.
      await this.#open(isHonoured ? closed : signal, (ids) => {
        isHonoured = ids.length > 0;
        clearTimeout(timer);
        this.#acknowledge(ids);
      }).catch(ignore);
      // What a server did not say at once that it tells of, the client does not expect.
      return isHonoured;
    });
    clearTimeout(timer);
    this.#acknowledge([]);
  }

  async #open(signal: AbortSignal, onHonoured: (ids: string[]) => void): Promise<void> {
    const { upstream, entry } = this.#server;
    const target = upstream.endpoints.pick();
    if (target === undefined) return;
    const dispatcher = this.#options.pools.forStreams(entry, target, this.#listener.principal);
    const endpoint = { dispatcher, target, host: entry.host, path: entry.path };
    await openSubscription(endpoint, {
      version: upstream.catalogue?.protocolVersion ?? '',
      clientInfo: this.#options.clientInfo,
      capabilities: this.#listener.capabilities,
      ...(agentAt(target) !== undefined && { headers: { [OWNER_HEADER]: ownerOf(this.#listener.principal.id) } }),
      filter: { taskIds: [...this.#ids.keys()] },
      signal,
      deadlineMs: ACKNOWLEDGED_MS,
      maxEventBytes: MAX_EVENT_BYTES,
      onAcknowledged: ({ taskIds }) =>
        onHonoured(Array.isArray(taskIds) ? taskIds.flatMap((id) => this.#ids.get(String(id)) ?? []) : []),
      onMessage: (message) => {
        if (message['method'] === 'notifications/tasks') this.#told(objectMember(message, 'params'));
      },
    });
  }

  #told(params: JsonObject): void {
    const taskId = this.#ids.get(String(params['taskId']));
    if (taskId !== undefined && isAnswerable(params, this.#listener.capabilities)) this.#tell({ ...params, taskId });
  }
}

/** Whether a task asks for nothing that the client did not declare; the client's own tasks/get tells it of the fault. */
function isAnswerable(params: JsonObject, capabilities: JsonObject): boolean {
  return Object.values(objectMember(params, 'inputRequests')).every((request) => {
    if (!isJsonObject(request)) return false;
    const need = needFor(String(request['method']), objectMember(request, 'params'));
    return need !== undefined && refusalOf(need, capabilities) === undefined;
  });
}

function ignore(): void {
  // The connection broke, or the client has gone.
}
