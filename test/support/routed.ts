import type { ServiceEntry } from '../../gateway/contract/registry-document.ts';
import type { RoutedServer } from '../../gateway/routing/route.ts';
import { routingTable, type RoutingTable } from '../../gateway/routing/routing-table.ts';
import {
  nextCatalogue,
  type Catalogue,
  type ChangeKind,
  type ServerDescription,
} from '../../gateway/upstream/catalogue.ts';
import { noHint, type CacheHint } from '../../gateway/upstream/freshness.ts';
import { stableListing, type Listing } from '../../gateway/upstream/listing.ts';
import type { JsonObject } from '../../gateway/upstream/json.ts';
import type { UpstreamServer } from '../../gateway/upstream/upstream-server.ts';
import { entry } from './registry-parts.ts';

/** What a known server offers, and what it says of itself. */
export interface Offer extends Partial<ServerDescription> {
  readonly tools?: readonly JsonObject[];
  readonly prompts?: readonly JsonObject[];
  readonly resources?: readonly JsonObject[];
  readonly resourceTemplates?: readonly JsonObject[];
}

/** A server as routing and listing see it, whose catalogue a test sets. */
export interface KnownServer extends RoutedServer {
  /** Offers something else from now on. */
  offer(offer: Offer): void;
  /** Offers this to some clients from now on, by what they declare. */
  offerSome(offer: Offer): void;
  /** The first check has ended. */
  settle(): void;
  /** How long what it lists may be kept, by its own word. */
  hint(kind: ChangeKind, hint: Partial<CacheHint>): void;
}

/** A server that is known as if it had been asked. @param offer undefined: it was never seen */
export function knownServer(name: string, offer?: Offer, changes: Partial<ServiceEntry> = {}): KnownServer {
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
  let catalogue: Catalogue | undefined;
  let variants: readonly Catalogue[] = [];
  const hints: Partial<Record<ChangeKind, CacheHint>> = {};
  const served = entry(name, changes);
  const upstream = {
    key: `${served.namespace}/${served.name}`,
    entry: served,
    settled,
    get catalogue() {
      return catalogue;
    },
    catalogueFor: () => catalogue,
    get variants() {
      return variants;
    },
    traitsOf: (tool: string) => catalogue?.toolTraits.get(tool),
    freshen: () => undefined,
    legacyKnown: () => undefined,
    hears: () => false,
    hint: (kind: ChangeKind) => hints[kind] ?? noHint,
  } as unknown as UpstreamServer;
  const known: KnownServer = {
    entry: served,
    upstream,
    settle,
    hint: (kind, hint) => void (hints[kind] = { ...noHint, ...hint }),
    offerSome: (some) => void (variants = [catalogueOf(undefined, some)]),
    offer(next) {
      catalogue = catalogueOf(catalogue, next);
      settle();
    },
  };
  if (offer !== undefined) known.offer(offer);
  return known;
}

/** The routing table of these servers, in the order of the document. */
export function tableOf(...servers: readonly RoutedServer[]): RoutingTable {
  const document = {
    formatVersion: 1,
    gateway: { namespace: 'tools', name: 'main' },
    revision: '',
    policy: { hosts: [] },
    services: servers.map((server) => server.entry),
    rejected: [],
    rules: [],
  };
  return routingTable(document, new Map(servers.map(({ upstream }) => [upstream.key, upstream])));
}

/** So many tools with names of their own. */
export function toolsNamed(...names: readonly string[]): JsonObject[] {
  return names.map((name) => ({ name, inputSchema: { type: 'object' } }));
}

function catalogueOf(previous: Catalogue | undefined, offer: Offer): Catalogue {
  const { tools = [], prompts = [], resources = [], resourceTemplates = [], ...description } = offer;
  const capabilities = {
    tools: {},
    prompts: {},
    ...(resources.length + resourceTemplates.length > 0 && { resources: {} }),
  };
  const before = (items: readonly JsonObject[] | undefined): Listing => listing(items ?? []);
  const lists = {
    tools: stableListing(before(previous?.tools), listing(tools)),
    prompts: stableListing(before(previous?.prompts), listing(prompts)),
    resources: stableListing(before(previous?.resources), listing(resources)),
    resourceTemplates: stableListing(before(previous?.resourceTemplates), listing(resourceTemplates)),
  };
  return nextCatalogue(
    previous,
    { era: 'legacy', protocolVersion: '2025-11-25', capabilities, ...description },
    lists,
    new Date(),
  );
}

function listing(items: readonly JsonObject[]): Listing {
  return { items, problems: [], digest: JSON.stringify(items), traits: new Map(), flags: [], toolsDigest: '' };
}
