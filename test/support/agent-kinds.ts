import { clientKinds, type ClientKind } from './agent-clients.ts';
import { entryFor } from './registry-folder.ts';
import { startAgent, type AgentProgram, type RunningAgent } from './start-agent.ts';
import { startGateway, type RunningGateway } from './start-gateway.ts';
import { until } from './until.ts';
import type { ServiceEntry } from '../../gateway/contract/registry-document.ts';

/** A kind of agent that the tests know. */
export interface AgentKind {
  readonly program: AgentProgram;
  readonly args: readonly string[];
  readonly streams: boolean;
}

/** Name in the registry → the agent. */
export const agentKinds = {
  modern: { program: 'a2a', args: [], streams: true },
  older: { program: 'a2a', args: ['--version', '0.3'], streams: true },
  polled: { program: 'a2a', args: ['--streaming', 'false'], streams: false },
  python: { program: 'python', args: [], streams: true },
} as const satisfies Readonly<Record<string, AgentKind>>;

export type AgentName = keyof typeof agentKinds;
export const agentNames = Object.keys(agentKinds) as AgentName[];

/** Agents as processes behind a gateway of their own. */
export interface ServedAgents {
  readonly gateway: RunningGateway;
  readonly agents: Readonly<Record<AgentName, RunningAgent>>;
}

/** The entry of an agent of A2A. */
export function agentEntry(name: string, url: string, changes: Partial<ServiceEntry> = {}): ServiceEntry {
  return entryFor(url, { name, type: 'agent', protocol: 'a2a', path: '/', ...changes });
}

/** Starts these agents and a gateway that serves them; both end with the test. */
export async function serveAgents(
  t: { teardown(end: () => Promise<unknown>): void },
  names: readonly AgentName[] = agentNames,
  changes: Partial<ServiceEntry> = {},
): Promise<ServedAgents> {
  const started = await Promise.all(
    names.map(async (name) => {
      const { program, args } = agentKinds[name];
      return [name, await startAgent(program, { args: ['--name', `The ${name} one`, ...args] })] as const;
    }),
  );
  const gateway = await startGateway(started.map(([name, { url }]) => agentEntry(name, url, changes)));
  t.teardown(() => Promise.all([gateway.stop(), ...started.map(([, agent]) => agent.stop())]));
  await untilServed(gateway, names.length);
  return { gateway, agents: Object.fromEntries(started) as Record<AgentName, RunningAgent> };
}

/** Waits until a gateway has heard of so many agents what they can do. */
export async function untilServed(gateway: RunningGateway, count: number): Promise<void> {
  const services = async () => (await gateway.report()).services;
  await until('the agents', async () => {
    const all = await services();
    return all.length === count && all.every(({ state }) => state === 'Available');
  });
}

/** A way to an agent's tools: among all of the gateway, or alone. */
export interface ToolPath {
  readonly title: string;
  readonly url: string;
  /** What its tools' names begin with. */
  readonly prefix: string;
}

/** Both ways to the tools of an agent. */
export function pathsTo({ url }: RunningGateway, name: string): readonly ToolPath[] {
  return [
    { title: '/mcp', url, prefix: `${name}_` },
    { title: `/mcp/default/${name}`, url: `${url}/default/${name}`, prefix: '' },
  ];
}

export const kindsOfClients = Object.keys(clientKinds) as ClientKind[];
