import { entryFor } from '../registry-folder.ts';
import { startGateway, type RunningGateway } from '../start-gateway.ts';
import { connect, versions, type FeatureClient, type Version } from './clients.ts';
import { HURRIED_MS, paths, type Cell, type Feature, type Pair, type Path } from './feature.ts';
import { callFeatures, lossFeatures } from './features-calls.ts';
import { changeFeatures, listFeatures } from './features-lists.ts';
import { questionFeatures } from './features-questions.ts';
import { serverKinds, startFeatureServer, type FeatureServer } from './servers.ts';

/** All features of the table, in its order. */
export const features: readonly Feature[] = [
  ...listFeatures,
  ...callFeatures,
  ...changeFeatures,
  ...questionFeatures,
  ...lossFeatures,
];

/** How one trial ended. */
export type Outcome = { readonly error?: unknown };

/** Nothing but the hurried trial is to end at a deadline, be the machine ever so busy. In milliseconds. */
const USUAL_MS = 60_000;

/** How many pairs are tried at one time: more would only wait for each other. */
const LANES = 10;

/** Two, since a Service has one deadline. */
interface Gateways {
  readonly usual: RunningGateway;
  readonly hurried: RunningGateway;
}

/** One client and one server on one path: its trials come one after the other. */
class Lane {
  readonly pair: Pair;
  readonly path: Path;
  readonly #gateways: Gateways;
  readonly #server: FeatureServer;
  readonly #key: string;
  readonly #clients = new Map<string, Promise<FeatureClient>>();

  constructor(pair: Pair, path: Path, gateways: Gateways, server: FeatureServer) {
    this.pair = pair;
    this.path = path;
    this.#gateways = gateways;
    this.#server = server;
    this.#key = `${pair.version}-${path === '/mcp' ? 'all' : 'own'}`;
  }

  async try(feature: Feature): Promise<Outcome> {
    try {
      const { kind } = this.#server;
      const client = await this.#client('usual');
      const name = (own: string): string => (this.path === '/mcp' ? `${kind.name}_${own}` : own);
      const cell: Cell = {
        pair: this.pair,
        client,
        server: this.#server,
        dialect: kind.dialect,
        key: `${this.#key}-${features.indexOf(feature)}`,
        name,
        at: (call) => ({ name: name(call.name), arguments: call.arguments }),
        hurried: () => this.#client('hurried'),
      };
      await feature.trial(cell);
      return {};
    } catch (error) {
      return { error };
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#clients.values()].map(async (client) => (await client).close()));
  }

  #client(gateway: keyof Gateways): Promise<FeatureClient> {
    const path = this.path === '/mcp' ? '' : `/default/${this.#server.kind.name}`;
    let client = this.#clients.get(gateway);
    if (client === undefined) {
      client = connect(this.#gateways[gateway].url + path, this.pair.version);
      this.#clients.set(gateway, client);
    }
    return client;
  }
}

/** All pairs of the table. */
export const pairs: readonly Pair[] = versions.flatMap((version) =>
  serverKinds.map((server) => ({ version, isModern: version === versions.at(-1), server })),
);

/** All trials of the table, under way. */
export class Grid {
  readonly #outcomes = new Map<string, PromiseWithResolvers<Outcome>>();
  readonly #gateways: Gateways;
  readonly #servers: readonly FeatureServer[];
  readonly #lanes: readonly Lane[];
  readonly #ended: Promise<unknown>;

  /** Starts all servers and the gateways. */
  static async start(): Promise<Grid> {
    const servers = await Promise.all(serverKinds.map(startFeatureServer));
    const started = (timeoutMs: number): Promise<RunningGateway> =>
      startGateway(servers.map(({ kind, url }) => entryFor(url, { name: kind.name, timeoutMs })));
    const [usual, hurried] = await Promise.all([started(USUAL_MS), started(HURRIED_MS)]);
    return new Grid({ usual, hurried }, servers);
  }

  private constructor(gateways: Gateways, servers: readonly FeatureServer[]) {
    this.#gateways = gateways;
    this.#servers = servers;
    this.#lanes = pairs.flatMap((pair) => {
      const server = servers.find(({ kind }) => kind === pair.server) as FeatureServer;
      return paths.map((path) => new Lane(pair, path, gateways, server));
    });
    const turns = new Turns(LANES);
    this.#ended = Promise.all(servers.map((server) => this.#tryServer(server, turns)));
  }

  /** Resolves when the trial has ended. */
  outcome(feature: Feature, pair: Pair, path: Path): Promise<Outcome> {
    return this.#of(feature, pair, path).promise;
  }

  async stop(): Promise<void> {
    await this.#ended;
    await Promise.all(this.#lanes.map((lane) => lane.close()));
    await Promise.all([...Object.values(this.#gateways), ...this.#servers].map((process) => process.stop()));
  }

  async #tryServer(server: FeatureServer, turns: Turns): Promise<void> {
    const lanes = this.#lanes.filter(({ pair }) => pair.server === server.kind);
    const tryAll = (some: readonly Feature[]): Promise<unknown> =>
      Promise.all(
        lanes.map((lane) =>
          turns.take(async () => {
            for (const feature of some) {
              if (feature.missing?.(lane.pair) !== undefined) continue;
              this.#of(feature, lane.pair, lane.path).resolve(await lane.try(feature));
            }
          }),
        ),
      );
    await tryAll(features.filter(({ between }) => between === undefined));
    for (const feature of features) {
      if (feature.between === undefined || lanes.every(({ pair }) => feature.missing?.(pair) !== undefined)) continue;
      await feature.between(server);
      await tryAll([feature]);
    }
  }

  #of(feature: Feature, pair: Pair, path: Path): PromiseWithResolvers<Outcome> {
    const key = [feature.name, pair.version, pair.server.name, path].join('\n');
    let known = this.#outcomes.get(key);
    if (known === undefined) this.#outcomes.set(key, (known = Promise.withResolvers<Outcome>()));
    return known;
  }
}

/** Lets so many at a time. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/** How a client is called in names and heads. */
export function clientTitle(version: Version): string {
  return version === versions.at(-1) ? `modern client, ${version}` : `legacy client, ${version}`;
}
