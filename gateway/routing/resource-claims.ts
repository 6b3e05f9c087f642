import type { UpstreamServer } from '../upstream/upstream-server.ts';
import { byClaim, type RoutedServer } from './route.ts';

/** So many are named in a sentence. */
const NAMED = 3;
/** Characters of a URI that is named. */
const URI_LENGTH = 96;
/** Changes that come together are looked at together, in milliseconds. */
const GATHER_MS = 200;

/**
 * Resources, and templates of them, that several servers list. Their URIs are not rewritten, so that on `/mcp` each has to
 * belong to one: the oldest (see UnionRoute).
 * @returns for each server that loses some, a sentence that says which, and to whom
 */
export function lostClaims(servers: readonly RoutedServer[]): ReadonlyMap<UpstreamServer, string> {
  const owners = { resources: new Map<unknown, RoutedServer>(), resourceTemplates: new Map<unknown, RoutedServer>() };
  const sentences = new Map<UpstreamServer, string>();
  for (const server of byClaim(servers)) {
    const lost: string[] = [];
    for (const [kind, member] of identities) {
      for (const { [member]: uri } of server.upstream.catalogue?.[kind] ?? []) {
        const owner = owners[kind].get(uri);
        if (owner === undefined) owners[kind].set(uri, server);
        else lost.push(`${JSON.stringify(String(uri).slice(0, URI_LENGTH))} (${nameOf(owner)})`);
      }
    }
    if (lost.length > 0) sentences.set(server.upstream, sentence(lost));
  }
  return sentences;
}

const identities = [
  ['resources', 'uri'],
  ['resourceTemplates', 'uriTemplate'],
] as const;

function sentence(lost: readonly string[]): string {
  const named = lost.slice(0, NAMED).join(', ');
  const rest = lost.length > NAMED ? ` and ${lost.length - NAMED} more` : '';
  return `On /mcp these of its resources are read from another server, which lists them too and is older, or comes before it: ${named}${rest}. Its own path has all.`;
}

function nameOf({ entry }: RoutedServer): string {
  return `${entry.namespace}/${entry.name}`;
}

/** Tells servers, shortly after something changed, which of their resources another has. */
export class ClaimsReport {
  #timer: NodeJS.Timeout | undefined;

  /** @param servers those of the union by then */
  tellSoon(servers: () => readonly RoutedServer[]): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const lost = lostClaims(servers());
      for (const { upstream } of servers()) upstream.lose(lost.get(upstream));
    }, GATHER_MS).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
