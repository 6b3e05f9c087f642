import { startServer, type RunningServer, type StartOptions } from './start-server.ts';

/** The programs in test/support/agents. */
export type AgentProgram = 'a2a' | 'python';

/** What an agent has counted. */
export interface AgentCounts {
  /** A2A method → how often it was called; `card`: how often the card was read. */
  readonly methods: Readonly<Record<string, number>>;
  /** Tasks that have begun and not ended. */
  readonly running: number;
  /** Tasks that were cancelled. */
  readonly cancelled: number;
  /** Event streams that are open. */
  readonly streams: number;
}

/** An agent that runs as a process of its own; its `url` is that below which its card is. */
export interface RunningAgent extends RunningServer {
  counts(): Promise<AgentCounts>;
  /** The last request of a method as it arrived. */
  lastRequest(method: string): Promise<{ readonly headers: Record<string, string>; readonly params: unknown }>;
  /** Does what a person would who has been asked to sign in for a task. */
  authorize(taskId: string): Promise<void>;
  /** Breaks all event streams in the middle. */
  dropStreams(): Promise<void>;
  /** Has it forget all tasks and conversations; their streams end. */
  forget(): Promise<void>;
}

const files: Readonly<Record<AgentProgram, string>> = { a2a: 'agents/a2a.ts', python: 'agents/python/agent.py' };

/**
 * Starts a test agent and waits until it listens. The one in Python has of the things that a test can do to an agent
 * `counts` and `authorize` alone.
 */
export async function startAgent(program: AgentProgram, options: StartOptions = {}): Promise<RunningAgent> {
  const server = await startServer(new URL(files[program], import.meta.url), options);
  const at = async (path: string, method = 'POST'): Promise<Response> => {
    const response = await fetch(new URL(path, server.url), { method });
    if (!response.ok) throw new Error(`The agent ${program} answered HTTP ${response.status} to ${path}`);
    return response;
  };
  const done = async (path: string): Promise<void> => {
    await (await at(path)).text();
  };
  return {
    ...server,
    counts: async () => (await (await at('/counts', 'GET')).json()) as AgentCounts,
    lastRequest: async (method) => {
      const seen = (await (await at('/seen', 'GET')).json()) as Record<string, never>;
      const request = seen[method];
      if (request === undefined) throw new Error(`The agent ${program} has had no request ${method}`);
      return request;
    },
    authorize: (taskId) => done(`/authorize?task=${encodeURIComponent(taskId)}`),
    dropStreams: () => done('/drop-streams'),
    forget: () => done('/forget'),
  };
}
