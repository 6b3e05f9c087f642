import type { ServerResponse } from 'node:http';
import { messageFrame } from '../jsonrpc/sse-frames.ts';
import { param, valueOf, type Message } from '../jsonrpc/message.ts';
import type { Route } from '../routing/route.ts';
import { isJsonObject } from '../upstream/json.ts';
import { metaKeys } from '../upstream/protocol-versions.ts';
import { capabilitiesOf } from './capabilities.ts';
import { McpError } from './errors.ts';
import type { ResourceWatches } from './resource-watches.ts';
import { offersSubscriptions } from './targets.ts';
import { EventStream } from './event-stream.ts';
import { changeTopics, type ChangeTopic } from './notifications.ts';

/** The member of the filter of `subscriptions/listen` for a topic. */
const filterMembers: Readonly<Record<ChangeTopic, string>> = {
  tools: 'toolsListChanged',
  prompts: 'promptsListChanged',
  resources: 'resourcesListChanged',
};

/** How many resources one stream may hear of. */
const MAX_RESOURCES = 1000;

interface Subscription {
  readonly path: string;
  /** The id of the listen request, as JSON text: every message carries it. */
  readonly id: string;
  readonly topics: ReadonlySet<ChangeTopic>;
  readonly stream: EventStream;
}

/** The open `subscriptions/listen` streams (2026-07-28, Subscriptions). */
export class Subscriptions {
  readonly #limit: number;
  readonly #resources: ResourceWatches;
  readonly #open = new Set<Subscription>();
  #isEnding = false;

  /** @param limit the most streams at one time */
  constructor(limit: number, resources: ResourceWatches) {
    this.#limit = limit;
    this.#resources = resources;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Opens a stream; the first message on it says what of the filter is honoured.
   * @throws McpError invalid_params if there is no filter, overloaded, or draining at the gateway's end
   */
  listen(route: Route, message: Message, response: ServerResponse, onClose: () => void): void {
    const place = param(message, 'notifications');
    const filter = place === undefined ? undefined : valueOf(message.bytes, place);
    if (!isJsonObject(filter))
      throw new McpError('invalid_params', 'params.notifications is missing or not an object.');
    if (this.#isEnding) throw new McpError('draining', 'The gateway ends: it opens no streams any more.');
    if (this.#open.size >= this.#limit) {
      throw new McpError('overloaded', `The gateway has its ${this.#limit} subscriptions; try again later.`, {
        headers: { 'retry-after': '10' },
      });
    }
    const offered = capabilitiesOf(route, 'modern');
    const topics = new Set(
      changeTopics.filter((topic) => filter[filterMembers[topic]] === true && offered[topic] !== undefined),
    );
    const uris = resourcesOf(filter['resourceSubscriptions']);
    const watched = uris.flatMap((uri) => {
      const server = route.resolveResource(uri);
      return server !== undefined && offersSubscriptions(server) ? [{ uri, server }] : [];
    });
    const stream = new EventStream(response, () => {
      this.#open.delete(subscription);
      for (const end of ends) end();
      onClose();
    });
    const subscription: Subscription = { path: route.path, id: message.id ?? 'null', topics, stream };
    const honoured = {
      ...Object.fromEntries([...topics].map((topic) => [filterMembers[topic], true])),
      ...(uris.length > 0 && { resourceSubscriptions: watched.map(({ uri }) => uri) }),
    };
    stream.send(
      notification(subscription, 'subscriptions/acknowledged', `,"notifications":${JSON.stringify(honoured)}`),
    );
    this.#open.add(subscription);
    const onUpdated = (uri: string): void =>
      stream.send(notification(subscription, 'resources/updated', `,"uri":${JSON.stringify(uri)}`));
    const ends = watched.map(({ uri, server }) => this.#resources.watch(server, uri, onUpdated));
  }

  /** Tells the listeners at a path that a list has changed. */
  notify(path: string, topic: ChangeTopic): void {
    for (const subscription of this.#open) {
      if (subscription.path !== path || !subscription.topics.has(topic)) continue;
      subscription.stream.send(notification(subscription, `${topic}/list_changed`, ''));
    }
  }

  /** Ends all streams gracefully, each listen request gets its result; none is opened any more. */
  close(): void {
    this.#isEnding = true;
    for (const { id, stream } of this.#open) {
      const meta = `"_meta":{"${metaKeys.subscriptionId}":${id}}`;
      const result = `{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete",${meta}}}`;
      stream.end(messageFrame(Buffer.from(result)));
    }
    this.#open.clear();
  }
}

/** @throws McpError invalid_params if it is no list of URIs, or a very long one */
function resourcesOf(member: unknown): string[] {
  if (member === undefined) return [];
  if (!Array.isArray(member) || !member.every((uri) => typeof uri === 'string')) {
    throw new McpError('invalid_params', 'params.notifications.resourceSubscriptions is not an array of URIs.');
  }
  if (member.length > MAX_RESOURCES) {
    const found = `params.notifications.resourceSubscriptions has ${member.length} URIs`;
    throw new McpError('invalid_params', `${found}; a stream may have ${MAX_RESOURCES}.`);
  }
  return [...new Set(member)];
}

function notification({ id }: Subscription, name: string, params: string): Buffer {
  const meta = `"_meta":{"${metaKeys.subscriptionId}":${id}}`;
  return messageFrame(Buffer.from(`{"jsonrpc":"2.0","method":"notifications/${name}","params":{${meta}${params}}}`));
}
