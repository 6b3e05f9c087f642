import { TASKS_EXTENSION } from '../call/task-extension.ts';
import { isCurrent, type Route, type RoutedServer } from '../routing/route.ts';
import { showsAny } from '../routing/visible.ts';
import type { Catalogue, Era } from '../upstream/catalogue.ts';
import { isJsonObject, objectMember, type JsonObject } from '../upstream/json.ts';
import { instructionsOf } from './instructions.ts';

/** What a route says of itself when a client comes. */
export interface Introduction {
  readonly capabilities: JsonObject;
  readonly instructions: string | undefined;
}

interface Introductions {
  readonly catalogues: readonly (Catalogue | undefined)[];
  readonly byEra: Partial<Record<Era, Introduction>>;
}

/** Each is made once for a state of the catalogues: clients come by the hundred, and servers change rarely. */
const made = new WeakMap<Route, Introductions>();

/** What a route says of itself to clients of an era. */
export function introductionOf(route: Route, era: Era): Introduction {
  let known = made.get(route);
  if (known === undefined || !isCurrent(route.servers, known.catalogues)) {
    known = { catalogues: route.servers.map(({ upstream }) => upstream.catalogue), byEra: {} };
    made.set(route, known);
  }
  return (known.byEra[era] ??= {
    capabilities:
      route.single === undefined ? unionCapabilities(route, era) : singleCapabilities(route, route.single, era),
    instructions: instructionsOf(route, era),
  });
}

/** What a route can do, for clients of an era. */
export function capabilitiesOf(route: Route, era: Era): JsonObject {
  return introductionOf(route, era).capabilities;
}

/**
 * The union declares all that the gateway passes on, whoever is there: what is declared holds for a whole session, and a
 * labelled Service may bring any of it while a client stays connected; a client uses, and listens for, only what was
 * declared. Until then a list is empty, and a request about what no server has is refused as any such is. What servers
 * add of their own, extensions and experiments, is of use only with the server that has it: declared are those of the
 * servers that are there now.
 */
function unionCapabilities(route: Route, era: Era): JsonObject {
  const shown = route.servers.filter((server) => showsAny(route, server));
  const own = shown.map(({ upstream }) => ownAdditions(upstream.catalogue, era));
  return {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    completions: {},
    logging: {},
    ...own.reduce(merged, {}),
  };
}

/**
 * One server's path declares what the server does. Changes of its lists are told in any case: the gateway reads them again.
 * Log messages are passed to legacy clients in any case, and so declared (2025-11-25, Logging, Capabilities): servers of their
 * era write them without having declared it, as those of the Python SDK do.
 */
function singleCapabilities(route: Route, server: RoutedServer, era: Era): JsonObject {
  // Of one that shows nothing of itself no more is said than of one that was never seen.
  const catalogue = showsAny(route, server) ? server.upstream.catalogue : undefined;
  const logging = { logging: {} };
  if (catalogue === undefined) {
    const lists = { tools: { listChanged: true }, prompts: { listChanged: true }, resources: { listChanged: true } };
    return { ...lists, ...(era === 'legacy' && logging) };
  }
  const { capabilities } = catalogue;
  // Of a dual-era server the lists are read in the modern era; the rest is what its own era's clients use.
  const used = spokenCapabilities(catalogue, era);
  const subscribes = objectMember(capabilities, 'resources')['subscribe'] === true;
  return {
    ...(has(capabilities, 'tools') && { tools: { listChanged: true } }),
    ...(has(capabilities, 'prompts') && { prompts: { listChanged: true } }),
    ...(has(capabilities, 'resources') && { resources: { ...(subscribes && { subscribe: true }), listChanged: true } }),
    ...(has(used, 'completions') && { completions: {} }),
    ...((era === 'legacy' || has(used, 'logging')) && logging),
    ...ownAdditions(catalogue, era),
  };
}

/** The most characters of a server's additions, so that none can crowd out the others; more are left out. */
const MOST_ADDED = 8192;

/** What a server adds of its own. What has a meaning in one era only is for clients of that era. */
function ownAdditions(catalogue: Catalogue | undefined, era: Era): JsonObject {
  if (catalogue === undefined) return {};
  const isSpoken = catalogue.era === era || (era === 'legacy' && catalogue.legacy !== undefined);
  const { experimental, extensions, tasks } = spokenCapabilities(catalogue, era);
  const offered = isJsonObject(extensions) && isSpoken ? extensionsFor(era, extensions) : {};
  const additions = {
    ...(isJsonObject(experimental) && { experimental }),
    ...(Object.keys(offered).length > 0 && { extensions: offered }),
    ...(isSpoken && era === 'legacy' && isJsonObject(tasks) && { tasks }),
  };
  return JSON.stringify(additions).length > MOST_ADDED ? {} : additions;
}

const LABEL = '[a-z](?:[a-z0-9-]*[a-z0-9])?';
/** How an extension is named: with a prefix (2026-07-28, Extension Negotiation; Base Protocol, _meta). */
const EXTENSION_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*/(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)?$`, 'i');

/**
 * Tasks as an extension are of the modern era; those of the legacy era are another thing. The modern era has rules for names:
 * what breaks them is not declared on.
 */
function extensionsFor(era: Era, extensions: JsonObject): JsonObject {
  const { [TASKS_EXTENSION]: _tasks, ...others } = extensions;
  if (era === 'legacy') return others;
  return Object.fromEntries(Object.entries(extensions).filter(([name]) => EXTENSION_NAME.test(name)));
}

/** What a server declares in the era in which its clients' calls reach it. */
function spokenCapabilities({ capabilities, legacy }: Catalogue, era: Era): JsonObject {
  return era === 'legacy' && legacy !== undefined ? legacy.capabilities : capabilities;
}

function has(capabilities: JsonObject, name: string): boolean {
  return capabilities[name] !== undefined && capabilities[name] !== null;
}

/** Both objects in one, member by member; where they contradict each other the first is right. */
function merged(a: JsonObject, b: JsonObject): JsonObject {
  const result = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = Object.hasOwn(a, name) ? a[name] : undefined;
    if (known === undefined) result[name] = value;
    else if (isJsonObject(known) && isJsonObject(value)) result[name] = merged(known, value);
    else if (Array.isArray(known) && Array.isArray(value)) result[name] = [...new Set<unknown>([...known, ...value])];
  }
  return result;
}
