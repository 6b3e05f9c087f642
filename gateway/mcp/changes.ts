import type { Route } from '../routing/route.ts';
import type { RoutingTable } from '../routing/routing-table.ts';
import type { ChangeKind } from '../upstream/catalogue.ts';
import { changeTopics, listChanged, type ChangeTopic } from './notifications.ts';
import type { Sessions } from './sessions.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Changes that come together are told together, in milliseconds. */
const GATHER_MS = 20;
/**
 * Between two tellings at least so many, in milliseconds: when a thousand servers are seen for the first time,
 * no client is to read the whole list for each of them.
 */
const GAP_MS = 150;

const topicsOf: Readonly<Record<ChangeKind, readonly ChangeTopic[]>> = {
  tools: ['tools'],
  prompts: ['prompts'],
  resources: ['resources'],
  resourceTemplates: ['resources'],
  server: [],
};

/** Tells clients of both eras which lists of their endpoint have changed. */
export class Changes {
  readonly #sessions: Sessions;
  readonly #subscriptions: Subscriptions;
  /** Path → what changed there and was not told yet. */
  readonly #gathered = new Map<string, Set<ChangeTopic>>();
  #timer: NodeJS.Timeout | undefined;
  #toldAt = -Infinity;

  constructor(sessions: Sessions, subscriptions: Subscriptions) {
    this.#sessions = sessions;
    this.#subscriptions = subscriptions;
  }

  /** A server's catalogue changed. @param key `<namespace>/<name>` */
  catalogueChanged(key: string, kinds: Iterable<ChangeKind>): void {
    for (const kind of kinds) {
      for (const topic of topicsOf[kind]) {
        this.#add('/mcp', topic);
        this.#add(`/mcp/${key}`, topic);
      }
    }
  }

  /** Another routing table took over: what its union offers differently is told. */
  tableChanged(before: RoutingTable, after: RoutingTable): void {
    const offered = offerOf(before.union);
    const offers = offerOf(after.union);
    for (const topic of changeTopics) if (offered[topic] !== offers[topic]) this.#add('/mcp', topic);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #add(path: string, topic: ChangeTopic): void {
    let topics = this.#gathered.get(path);
    if (topics === undefined) this.#gathered.set(path, (topics = new Set()));
    topics.add(topic);
    this.#timer ??= setTimeout(() => this.#tell(), Math.max(GATHER_MS, this.#toldAt + GAP_MS - performance.now()));
  }

  #tell(): void {
    this.#timer = undefined;
    this.#toldAt = performance.now();
    for (const [path, topics] of this.#gathered) {
      for (const topic of topics) {
        this.#sessions.notify(path, listChanged(topic));
        this.#subscriptions.notify(path, topic);
      }
    }
    this.#gathered.clear();
  }
}

/** A text for each topic that is the same exactly if the route offers the same servers' lists under the same names. */
function offerOf(route: Route): Readonly<Record<ChangeTopic, string>> {
  const parts: Record<ChangeTopic, string[]> = { tools: [], prompts: [], resources: [] };
  for (const { entry, upstream } of route.servers) {
    const { catalogue } = upstream;
    if (catalogue === undefined) continue;
    const mark = `${entry.namespace}/${entry.name} ${entry.prefix}`;
    if (catalogue.tools.length > 0) parts.tools.push(mark);
    if (catalogue.prompts.length > 0) parts.prompts.push(mark);
    if (catalogue.resources.length + catalogue.resourceTemplates.length > 0) parts.resources.push(mark);
  }
  return { tools: parts.tools.join(), prompts: parts.prompts.join(), resources: parts.resources.join() };
}
