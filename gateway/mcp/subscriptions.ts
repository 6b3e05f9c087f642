import type { Principal } from '../access/principal.ts';
import type { ServerResponse } from 'node:http';
import { messageFrame } from '../jsonrpc/sse-frames.ts';
import { param, valueOf, type Message } from '../jsonrpc/message.ts';
import { lastingRoom } from '../limits/lasting-room.ts';
import type { Limits } from '../limits/limits.ts';
import type { Room } from '../limits/room.ts';
import { permits, type Route, type RoutedServer } from '../routing/route.ts';
import type { RoutingView } from '../routing/routing-table.ts';
import { isJsonObject, objectMember, type JsonObject } from '../upstream/json.ts';
import { metaKeys } from '../upstream/protocol-versions.ts';
import { capabilitiesOf } from './capabilities.ts';
import { endWithCredential } from './credential-end.ts';
import { McpError } from './errors.ts';
import type { PassedOver } from './exchange.ts';
import type { ResourceWatches } from './resource-watches.ts';
import { serverInfoMember } from './server-info.ts';
import { offersSubscriptions } from './targets.ts';
import type { TaskListen, TaskListens } from './tasks-listen.ts';
import { declaredBy } from '../call/modern-answer.ts';
import { checkTasksDeclared } from '../call/task-extension.ts';
import type { NewsTo } from './changes.ts';
import { EventStream } from './event-stream.ts';
import { changeTopics, type ChangeTopic } from './notifications.ts';

/** The member of the filter of `subscriptions/listen` for a topic. */
const filterMembers: Readonly<Record<ChangeTopic, string>> = {
  tools: 'toolsListChanged',
  prompts: 'promptsListChanged',
  resources: 'resourcesListChanged',
};

/** How many resources, and how many tasks, one stream may hear of. */
const MAX_NAMED = 1000;

interface Subscription {
  readonly path: string;
  /** The id of the listen request, as JSON text: every message carries it. */
  readonly id: string;
  readonly topics: ReadonlySet<ChangeTopic>;
  readonly stream: EventStream;
  readonly principal: Principal;
  /** The resources that it hears of, each with what ends that. */
  readonly watches: Map<string, { readonly server: RoutedServer; readonly end: () => void }>;
}

interface Beginning {
  readonly path: string;
  readonly principal: Principal;
  readonly message: Message;
  readonly response: ServerResponse;
  readonly filter: JsonObject;
  readonly uris: readonly string[];
  /** Where the filter names tasks: those of them that the servers tell of. */
  readonly tasks?: { readonly tasks: TaskListen; readonly honoured: readonly string[] };
}

/** The open `subscriptions/listen` streams (2026-07-28, Subscriptions). */
export class Subscriptions {
  readonly #room: Room;
  readonly #resources: ResourceWatches;
  readonly #tasks: TaskListens;
  readonly #viewOf: (principal: Principal) => RoutingView;
  readonly #open = new Set<Subscription>();
  #isEnding = false;

  /**
   * @param limit the most streams at one time
   * @param callerLimits by which one caller leaves some of them to others
   * @param viewOf what a caller may use now
   */
  constructor(
    limit: number,
    callerLimits: Limits,
    resources: ResourceWatches,
    tasks: TaskListens,
    viewOf: (principal: Principal) => RoutingView,
  ) {
    this.#viewOf = viewOf;
    this.#room = lastingRoom(callerLimits, 'subscriptionsPerPrincipal', limit, 'subscriptions');
    this.#resources = resources;
    this.#tasks = tasks;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Opens a stream, on a response that has not closed; the first message on it says what of the filter is honoured.
   * @returns what is not honoured because it is not there, or not for the client; undefined: the client went before it was
   *   open. A promise where servers have to be asked first what they honour
   * @throws McpError invalid_params if there is no filter, missing_capability for tasks that the client did not declare,
   *   overloaded, or draining at the gateway's end; LimitError if the caller has its part of all streams
   */
  listen(
    route: Route,
    message: Message,
    response: ServerResponse,
    principal: Principal,
  ): Promise<PassedOver | undefined> | PassedOver {
    const place = param(message, 'notifications');
    const filter = place === undefined ? undefined : valueOf(message.bytes, place);
    if (!isJsonObject(filter))
      throw new McpError('invalid_params', 'params.notifications is missing or not an object.');
    if (this.#isEnding) throw new McpError('draining', 'The gateway ends: it opens no streams any more.');
    const uris = named(filter, 'resourceSubscriptions', 'URIs');
    const taskIds = named(filter, 'taskIds', 'ids');
    const refusal = this.#room.take(principal);
    if (refusal !== undefined) throw refusal;
    // Also where it comes to no stream: an error is an answer, which closes, too.
    response.once('close', () => this.#room.give(principal));
    const beginning = { path: route.path, principal, message, response, filter, uris };
    if (filter['taskIds'] === undefined) return this.#begin(beginning);
    checkTasksDeclared(message);
    const tasks = this.#tasks.listen(route, taskIds, { principal, capabilities: declaredBy(message) });
    return this.#beginWithTasks(beginning, tasks);
  }

  /** Servers may take their time to say what they honour; the client may have gone by then. */
  async #beginWithTasks(beginning: Beginning, tasks: TaskListen): Promise<PassedOver | undefined> {
    const honoured = await tasks.acknowledged;
    const { response } = beginning;
    if (response.destroyed || this.#isEnding) tasks.close();
    if (this.#isEnding) throw new McpError('draining', 'The gateway ends: it opens no streams any more.');
    return response.destroyed ? undefined : this.#begin({ ...beginning, tasks: { tasks, honoured } });
  }

  /** @throws McpError if the endpoint has gone, or is not the caller's any more */
  #begin({ path, principal, message, response, filter, uris, tasks }: Beginning): PassedOver {
    const route = this.#viewOf(principal).find(path)?.route;
    if (route === undefined) {
      tasks?.tasks.close();
      throw new McpError('not_found', `Nothing is served at ${path} any more.`);
    }
    const offered = capabilitiesOf(route, 'modern');
    const topics = new Set(
      changeTopics.filter((topic) => filter[filterMembers[topic]] === true && offered[topic] !== undefined),
    );
    const readable = uris.flatMap((uri) => {
      const server = route.resolveResource(uri);
      return server !== undefined && permits(route, 'resources', server, uri) ? [{ uri, server }] : [];
    });
    const watched = readable.filter(({ server }) => offersSubscriptions(server));
    const stream = new EventStream(response, () => {
      this.#open.delete(subscription);
      for (const { end } of watches.values()) end();
      tasks?.tasks.close();
    });
    const watches: Subscription['watches'] = new Map();
    const subscription = { path, id: message.id ?? 'null', topics, stream, principal, watches };
    const honoured = {
      ...Object.fromEntries([...topics].map((topic) => [filterMembers[topic], true])),
      ...(uris.length > 0 && { resourceSubscriptions: watched.map(({ uri }) => uri) }),
      ...(tasks !== undefined && { taskIds: tasks.honoured }),
    };
    stream.send(
      notification(subscription, 'subscriptions/acknowledged', `,"notifications":${JSON.stringify(honoured)}`),
    );
    this.#open.add(subscription);
    endWithCredential(response, principal, () => end(subscription));
    for (const { uri, server } of watched) {
      const onUpdated = (updated: string): void => {
        // A server may tell of a part of what is watched.
        if (!this.#mayRead(subscription, server, updated)) return;
        stream.send(notification(subscription, 'resources/updated', `,"uri":${JSON.stringify(updated)}`));
      };
      watches.set(uri, { server, end: this.#resources.watch(server, uri, onUpdated) });
    }
    tasks?.tasks.begin((params) => stream.send(taskNotification(subscription, params)));
    const known = new Set(readable.map(({ uri }) => uri));
    return { uris: uris.filter((uri) => !known.has(uri)), tasks: tasks?.tasks.passedOver ?? [] };
  }

  /** Tells each listener of the lists that are news to it. @returns whether there was any news */
  notify(newsTo: NewsTo): boolean {
    let isTold = false;
    for (const subscription of this.#open) {
      for (const topic of newsTo(subscription.path, subscription.principal)) {
        if (!subscription.topics.has(topic)) continue;
        subscription.stream.send(notification(subscription, `${topic}/list_changed`, ''));
        isTold = true;
      }
    }
    return isTold;
  }

  /** Another routing table took over: no client hears any more of what it may not use any more. */
  retain(): void {
    for (const subscription of this.#open) {
      const { path, principal, watches } = subscription;
      const view = this.#viewOf(principal);
      if (view.find(path) === undefined) {
        this.#open.delete(subscription);
        end(subscription);
        continue;
      }
      for (const [uri, watch] of watches) {
        if (view.servers.has(watch.server.upstream) && this.#mayRead(subscription, watch.server, uri)) continue;
        watches.delete(uri);
        watch.end();
      }
    }
  }

  /** Ends all streams gracefully, each listen request gets its result; none is opened any more. */
  close(): void {
    this.#isEnding = true;
    for (const subscription of this.#open) end(subscription);
    this.#open.clear();
  }

  #mayRead({ principal }: Subscription, server: RoutedServer, uri: string): boolean {
    return permits(this.#viewOf(principal).union, 'resources', server, uri);
  }
}

/** Ends a stream gracefully: the listen request gets its result. */
function end({ id, stream }: Subscription): void {
  const meta = `"_meta":{"${metaKeys.subscriptionId}":${id},${serverInfoMember}}`;
  const result = `{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete",${meta}}}`;
  stream.end(messageFrame(Buffer.from(result)));
}

/** What a filter names one by one; none where it names none. @throws McpError invalid_params if it is no list of texts */
function named(filter: JsonObject, member: 'resourceSubscriptions' | 'taskIds', what: 'URIs' | 'ids'): string[] {
  const list = filter[member];
  if (list === undefined) return [];
  if (!Array.isArray(list) || !list.every((each) => typeof each === 'string')) {
    throw new McpError('invalid_params', `params.notifications.${member} is not an array of ${what}.`);
  }
  if (list.length > MAX_NAMED) {
    const found = `params.notifications.${member} has ${list.length} ${what}`;
    throw new McpError('invalid_params', `${found}; a stream may have ${MAX_NAMED}.`);
  }
  return [...new Set(list)];
}

function taskNotification({ id }: Subscription, params: JsonObject): Buffer {
  // The id's own type and spelling are kept by JSON text alone.
  const others = Object.entries(objectMember(params, '_meta')).filter(([name]) => name !== metaKeys.subscriptionId);
  const meta = others.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const own = `"_meta":{${[`"${metaKeys.subscriptionId}":${id}`, ...meta].join(',')}}`;
  const { _meta, ...task } = params;
  const text = JSON.stringify(task).slice(1);
  return messageFrame(Buffer.from(`{"jsonrpc":"2.0","method":"notifications/tasks","params":{${own},${text}}`));
}

function notification({ id }: Subscription, name: string, params: string): Buffer {
  const meta = `"_meta":{"${metaKeys.subscriptionId}":${id}}`;
  return messageFrame(Buffer.from(`{"jsonrpc":"2.0","method":"notifications/${name}","params":{${meta}${params}}}`));
}
