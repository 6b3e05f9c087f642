import type { Dispatcher } from 'undici';
import type { ServiceEntry } from '../contract/registry-document.ts';
import { Slots } from '../upstream/slots.ts';
import { Agent, type AgentOptions } from './agent.ts';
import { AgentDispatcher, GoneDispatcher } from './agent-dispatcher.ts';
import { AgentError } from './agent-error.ts';
import { agentAt, agentTarget } from './agent-target.ts';

export interface AgentsOptions extends AgentOptions {
  /** An agent that may speak either was found to speak the other: its entry is another from now on. */
  readonly onFound: () => void;
}

/** How soon an agent is asked again what it speaks that could not be reached, and how often one that speaks MCP; milliseconds. */
const RETRY_MS = 1000;
const AGAIN_MS = 60_000;
/** How many are asked at once; one that does not answer keeps others waiting no longer than this, in milliseconds. */
const LOOKS_AT_ONCE = 32;
const SLOT_MS = 250;

interface Known {
  readonly agent: Agent;
  readonly dispatcher: AgentDispatcher;
  /** What an agent with `auto` was found to speak; undefined: it is not known yet. */
  found: 'a2a' | 'mcp' | undefined;
  /** Resolves when it was asked once what it speaks, with whatever outcome. */
  looked: Promise<void>;
  timer: NodeJS.Timeout | undefined;
}

/** All agents of the registry that speak A2A, or may. To the rest of the gateway each is a server of MCP at an address of its own. */
export class Agents {
  readonly #options: AgentsOptions;
  readonly #known = new Map<string, Known>();
  readonly #gone = new GoneDispatcher();
  readonly #slots = new Slots(LOOKS_AT_ONCE, SLOT_MS);

  constructor(options: AgentsOptions) {
    this.#options = options;
  }

  /** Takes the services of a registry revision. @returns the same, agents of A2A at the addresses of their MCP servers */
  reconcile(entries: readonly ServiceEntry[]): ServiceEntry[] {
    const left = new Set(this.#known.keys());
    const next = entries.map((entry) => {
      if (entry.protocol === undefined) return entry;
      const key = `${entry.namespace}/${entry.name}`;
      left.delete(key);
      return this.#served(entry, this.#known.get(key) ?? this.#begin(key, entry));
    });
    for (const key of left) this.#end(key);
    return next;
  }

  /** The agent's MCP server at an address that `reconcile` made; undefined for any other. */
  dispatcherAt(target: string): Dispatcher | undefined {
    const key = agentAt(target);
    return key === undefined ? undefined : (this.#known.get(key)?.dispatcher ?? this.#gone);
  }

  /** The agent of a Service, if it speaks A2A as far as is known. */
  agentOf(key: string): Agent | undefined {
    const known = this.#known.get(key);
    return known !== undefined && speaksA2a(known) ? known.agent : undefined;
  }

  /** What was found that a Service speaks, for its report; undefined: it is none of these, or that is not known yet. */
  foundOf(key: string): 'a2a' | 'mcp' | undefined {
    const known = this.#known.get(key);
    return known === undefined ? undefined : speaksA2a(known) ? 'a2a' : known.found;
  }

  /** Resolves when of each agent that there is now it was asked once what it speaks. */
  async settled(): Promise<void> {
    await Promise.all([...this.#known.values()].map(({ looked }) => looked));
  }

  close(): void {
    for (const key of this.#known.keys()) this.#end(key);
  }

  #begin(key: string, entry: ServiceEntry): Known {
    const agent = new Agent(entry, this.#options);
    const dispatcher = new AgentDispatcher(agent);
    agent.onChange(() => dispatcher.toolsChanged());
    const known: Known = { agent, dispatcher, found: undefined, looked: Promise.resolve(), timer: undefined };
    this.#known.set(key, known);
    if (entry.protocol === 'auto') known.looked = this.#look(known);
    return known;
  }

  #served(entry: ServiceEntry, known: Known): ServiceEntry {
    if (known.agent.update(entry)) {
      if (entry.protocol === 'auto') void this.#look(known);
      // Whoever is there now may be another.
      known.dispatcher.toolsChanged();
    }
    const { pending: _pending, ...rest } = entry;
    if (speaksA2a(known)) {
      // Without an address there is nothing to ask yet, which the entry says.
      return entry.targets.length === 0 ? entry : { ...rest, targets: [agentTarget(known.agent.key)] };
    }
    if (known.found === 'mcp') return entry;
    return { ...entry, targets: [], pending: entry.pending ?? 'It is being asked whether it speaks A2A or MCP.' };
  }

  /** Finds out what an agent with `auto` speaks: A2A if it has a card, else MCP. */
  #look(known: Known): Promise<void> {
    clearTimeout(known.timer);
    return this.#slots.run(() => this.#lookNow(known), { urgent: true });
  }

  async #lookNow(known: Known): Promise<void> {
    const { key } = known.agent;
    if (known.agent.entry.protocol !== 'auto') return;
    let next: Known['found'];
    let againMs = AGAIN_MS;
    try {
      if (known.agent.entry.targets.length > 0) {
        await known.agent.card();
        next = 'a2a';
      }
    } catch (error) {
      const code = error instanceof AgentError ? error.code : undefined;
      // A card that is of no use is one, and is told so. No connection says nothing: MCP's own check says what is wrong.
      if (code === 'ERR_AGENT_CARD') next = 'a2a';
      else if (code === 'ERR_AGENT_NO_CARD') next = 'mcp';
      else {
        next = known.found ?? 'mcp';
        againMs = RETRY_MS;
      }
    }
    if (this.#known.get(key) !== known) return;
    // One that speaks A2A reads its card again as long as it is there.
    if (next !== 'a2a') known.timer = setTimeout(() => void this.#look(known), againMs).unref();
    if (next === known.found) return;
    known.found = next;
    this.#options.onFound();
  }

  #end(key: string): void {
    const known = this.#known.get(key);
    clearTimeout(known?.timer);
    known?.agent.close();
    this.#known.delete(key);
  }
}

function speaksA2a({ agent, found }: Known): boolean {
  return agent.entry.protocol === 'a2a' || found === 'a2a';
}
