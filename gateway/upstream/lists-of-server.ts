import { listKinds, type ListKind, type ServerDescription } from './catalogue.ts';
import type { ConnectionOptions, ControlConnection } from './control-connection.ts';
import { UpstreamError } from './errors.ts';
import { cacheHint, joinedHint, type CacheHint } from './freshness.ts';
import type { JsonObject } from './json.ts';
import { connectLegacy } from './legacy-connection.ts';
import { emptyListing, listMethods, readList, stableListing, type ListBounds, type Listing } from './listing.ts';
import type { Endpoint } from './rpc-client.ts';

/** All lists of one server, as last read. */
export type Lists = Readonly<Record<ListKind, Listing>>;

export const emptyLists: Lists = {
  tools: emptyListing,
  prompts: emptyListing,
  resources: emptyListing,
  resourceTemplates: emptyListing,
};

const METHOD_NOT_FOUND = -32601;

/** The lists that a server says it has. MCP has one capability for resources and their templates. */
export function declaredLists({ capabilities }: ServerDescription): readonly ListKind[] {
  return listKinds.filter((kind) => {
    const capability = kind === 'resourceTemplates' ? 'resources' : kind;
    return capabilities[capability] !== undefined && capabilities[capability] !== null;
  });
}

/**
 * Reads some lists of a server; the others stay as they were. A list that fails while others can be read stays too,
 * with the reason as a problem: a server that is wrong in one list is still of use.
 * @param onHint told for each list that was read how long it may be kept, by the server's word
 * @throws UpstreamError if nothing could be read, or the session is lost
 */
export async function readLists(
  connection: ControlConnection,
  kinds: ReadonlySet<ListKind>,
  previous: Lists,
  signal: AbortSignal,
  bounds?: ListBounds,
  onHint: (kind: ListKind, hint: CacheHint) => void = () => undefined,
): Promise<Lists> {
  const { description } = connection;
  const declared = declaredLists(description);
  const wanted = declared.filter((kind) => kinds.has(kind));
  if (wanted.length === 0) await checkHealth(connection, signal);
  const outcomes = await Promise.allSettled(
    wanted.map(async (kind) => {
      let hint: CacheHint | undefined;
      const request = async (method: string, params: JsonObject): Promise<JsonObject> => {
        const result = await connection.request(method, params, signal);
        const ofPage = cacheHint(result, performance.now());
        hint = hint === undefined ? ofPage : joinedHint(hint, ofPage);
        return result;
      };
      const listing = await readList(kind, description.era, request, bounds);
      if (hint !== undefined) onHint(kind, hint);
      return listing;
    }),
  );
  throwIfLost(outcomes);
  const lists: Record<ListKind, Listing> = { ...previous };
  for (const kind of listKinds) if (!declared.includes(kind)) lists[kind] = emptyListing;
  wanted.forEach((kind, index) => {
    const outcome = outcomes[index];
    if (outcome !== undefined) lists[kind] = stableListing(previous[kind], listingOf(kind, outcome, previous[kind]));
  });
  return lists;
}

/**
 * Reads all lists of a legacy server in a session that declares `options.capabilities`, and ends the session.
 * @throws UpstreamError
 */
export async function readVariant(
  endpoint: Endpoint,
  options: ConnectionOptions,
  previous: Lists,
  signal: AbortSignal,
  bounds?: ListBounds,
): Promise<Lists> {
  const connection = await connectLegacy(endpoint, options, signal);
  try {
    return await readLists(connection, new Set(listKinds), previous, signal, bounds);
  } finally {
    void connection.close();
  }
}

/** A server without lists can still be asked whether it is there; 2026-07-28 has no ping. */
async function checkHealth(connection: ControlConnection, signal: AbortSignal): Promise<void> {
  await connection.request(connection.description.era === 'legacy' ? 'ping' : 'server/discover', {}, signal);
}

function throwIfLost(outcomes: readonly PromiseSettledResult<Listing>[]): void {
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  for (const error of errors) {
    if (!(error instanceof UpstreamError) || error.code === 'ERR_UPSTREAM_SESSION') throw error;
  }
  // "No such method" is an answer.
  const failures = errors.filter((error) => !isMethodNotFound(error));
  if (failures.length > 0 && failures.length === outcomes.length) throw failures[0];
}

function listingOf(kind: ListKind, outcome: PromiseSettledResult<Listing>, previous: Listing): Listing {
  if (outcome.status === 'fulfilled') return outcome.value;
  // Servers that have resources but no templates say so only here.
  if (isMethodNotFound(outcome.reason)) return emptyListing;
  const reason = (outcome.reason as UpstreamError).message;
  return { ...previous, problems: [`${listMethods[kind]} failed, the last known list stays: ${reason}`] };
}

function isMethodNotFound(error: unknown): boolean {
  return error instanceof UpstreamError && error.rpcCode === METHOD_NOT_FOUND;
}

/** How many problems a state's message tells. */
const TOLD = 3;

/** Problems in short; undefined if there are none. */
export function problemsInShort(problems: readonly string[]): string | undefined {
  if (problems.length === 0) return undefined;
  const told = problems.slice(0, TOLD).join(' ');
  return problems.length > TOLD ? `${told} And ${problems.length - TOLD} more problems.` : told;
}
