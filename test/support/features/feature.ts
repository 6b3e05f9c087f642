import type { Call, FeatureClient, Version } from './clients.ts';
import type { Dialect } from './dialects.ts';
import type { FeatureServer, ServerKind } from './servers.ts';

/** A client and a kind of server, as the table pairs them. */
export interface Pair {
  readonly version: Version;
  readonly isModern: boolean;
  readonly server: ServerKind;
}

/** The endpoints on which each pair meets. */
export const paths = ['/mcp', '/mcp/<namespace>/<service>'] as const;
export type Path = (typeof paths)[number];

/** What a cell of the table has to try a feature with. */
export interface Cell {
  readonly pair: Pair;
  readonly client: FeatureClient;
  readonly server: FeatureServer;
  readonly dialect: Dialect;
  /** Nobody else's. */
  readonly key: string;
  /** The name of a tool or prompt on the path at hand. */
  readonly name: (own: string) => string;
  /** A call on the path at hand. */
  readonly at: (call: Call) => Call;
  /** The same client of the same server under a deadline of HURRIED_MS. */
  readonly hurried: () => Promise<FeatureClient>;
}

/** The deadline of a call at a server that is hurried, in milliseconds. */
export const HURRIED_MS = 800;

/** A row of the table. */
export interface Feature {
  readonly name: string;
  /** Why a pair could not use it even without a gateway; absent or undefined: it can. */
  readonly missing?: (pair: Pair) => string | undefined;
  /** Something that happens to the server between two trials; then all other cells of the server are done. */
  readonly between?: (server: FeatureServer) => Promise<void>;
  /** @throws if it does not work */
  readonly trial: (cell: Cell) => Promise<void>;
}

/** What pairs may lack, each as the reason that the table gives. */
export const lacks = {
  /** @param version the first one that has the feature */
  since:
    (version: string) =>
    (pair: Pair): string | undefined =>
      pair.version < version ? `Not in revisions before ${version}.` : undefined,
  /** A server without sessions cannot be answered, told to stop, or asked to tell something later. */
  session: (pair: Pair): string | undefined =>
    isStateless(pair)
      ? 'The server keeps no sessions with clients of the legacy era, which this needs there.'
      : undefined,
  /** Such a server has no stream on which it could tell anything. */
  stream: ({ server }: Pair): string | undefined =>
    server.sessions || server.eras.includes('modern')
      ? undefined
      : 'The server has no stream on which it could tell anything: clients see a change when the gateway next reads its lists.',
  /** @param what its tools, as the table's reason says */
  member:
    (member: (dialect: Dialect) => unknown, what: string) =>
    ({ server }: Pair): string | undefined =>
      member(server.dialect) ? undefined : `${server.title} ${what}.`,
  /** The first reason of several. */
  any:
    (...all: readonly ((pair: Pair) => string | undefined)[]) =>
    (pair: Pair): string | undefined =>
      all.map((each) => each(pair)).find((reason) => reason !== undefined),
} as const;

/** Whether this pair meets in the legacy era, at a server without sessions. */
export function isStateless({ isModern, server }: Pair): boolean {
  return !server.sessions && !(server.eras.includes('modern') && (isModern || !server.eras.includes('legacy')));
}
