import { startServer, type RunningServer, type ServerProgram } from '../start-server.ts';
import { everyContent } from './behaviour.ts';
import { everything, own, type Dialect } from './dialects.ts';
import { offerOf, type ListKind } from './offer.ts';

/** A server of the table: a kind of server, not one instance of it. */
export interface ServerKind {
  readonly name: string;
  /** In the table's head. */
  readonly title: string;
  /** What the eras of the revisions that it speaks are. */
  readonly eras: readonly ('legacy' | 'modern')[];
  /** Whether legacy clients have sessions at it. */
  readonly sessions: boolean;
  /** Whether a test can make it drop its sessions. */
  readonly canForget: boolean;
  readonly program: ServerProgram | URL;
  readonly args: readonly string[];
  /** The path of its endpoint, where that is not the one it prints. */
  readonly path?: string;
  readonly dialect: Dialect;
}

const here = (file: string): URL => new URL(file, import.meta.url);
const named = (name: string, era: 'legacy' | 'modern', ...args: readonly string[]) => ({
  name,
  canForget: true,
  args: ['--name', name, ...args],
  dialect: own(name, era),
});

export const serverKinds: readonly ServerKind[] = [
  {
    ...named('sessions', 'legacy'),
    title: 'SDK 1, sessions',
    eras: ['legacy'],
    sessions: true,
    program: here('server-legacy.ts'),
  },
  {
    ...named('stateless', 'legacy', '--transport', 'stateless'),
    title: 'SDK 1, stateless',
    eras: ['legacy'],
    sessions: false,
    program: here('server-legacy.ts'),
  },
  {
    ...named('http-sse', 'legacy', '--transport', 'http-sse'),
    title: 'SDK 1, HTTP+SSE',
    eras: ['legacy'],
    sessions: true,
    program: here('server-legacy.ts'),
    path: '/sse',
  },
  {
    ...named('modern', 'modern'),
    title: 'SDK 2, modern only',
    eras: ['modern'],
    sessions: false,
    program: here('server-modern.ts'),
  },
  {
    ...named('dual', 'modern', '--era', 'dual'),
    title: 'SDK 2, both eras',
    eras: ['legacy', 'modern'],
    sessions: false,
    program: here('server-modern.ts'),
  },
  {
    name: 'python',
    canForget: false,
    title: 'Python SDK 1',
    eras: ['legacy'],
    sessions: true,
    program: here('server.py'),
    args: ['--offer', JSON.stringify({ ...offerOf('python', 'legacy'), contents: everyContent })],
    dialect: own('python', 'legacy'),
  },
  {
    name: 'everything',
    canForget: false,
    title: 'server-everything',
    eras: ['legacy'],
    sessions: true,
    program: 'everything',
    args: [],
    dialect: everything,
  },
];

/** A server of the table as it runs. */
export interface FeatureServer {
  readonly kind: ServerKind;
  /** The URL of its endpoint. */
  readonly url: string;
  /** Adds an item to one of its lists, which it announces. */
  add(kind: ListKind, key: string): Promise<void>;
  /** Updates a resource, which it announces. */
  touch(uri: string): Promise<void>;
  /** Drops all sessions. */
  forget(): Promise<void>;
  /** Whether the call with this key has been cancelled. */
  wasCancelled(key: string): Promise<boolean>;
  /** Ends the process and starts another under the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server of this kind. */
export async function startFeatureServer(kind: ServerKind): Promise<FeatureServer> {
  let running: RunningServer = await startServer(kind.program, { args: kind.args });
  const { port, url } = running;
  const control = (action: string, query: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(new URL(`/control/${action}?${new URLSearchParams(query).toString()}`, url), { method: 'POST' });
  const done = async (action: string, query: Readonly<Record<string, string>> = {}): Promise<void> => {
    const { ok, status } = await control(action, query);
    if (!ok) throw new Error(`The server ${kind.name} answered HTTP ${status} to ${action}`);
  };
  return {
    kind,
    url: new URL(kind.path ?? '/mcp', url).href,
    add: (list, key) => done('add', { kind: list, key }),
    touch: (uri) => done('touch', { uri }),
    forget: () => done('forget'),
    wasCancelled: async (key) => (await control('cancelled', { key })).ok,
    restart: async () => {
      await running.stop();
      running = await startServer(kind.program, { args: kind.args, port });
    },
    stop: () => running.stop(),
  };
}
