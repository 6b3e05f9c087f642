import type { ServiceEntry } from '../contract/registry-document.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { jittered } from '../upstream/backoff.ts';
import { Endpoints } from '../upstream/endpoints.ts';
import type { Pools } from '../upstream/pools.ts';
import { refusalHint } from '../upstream/refusal-hint.ts';
import type { Subject } from '../upstream/subject.ts';
import { AgentError } from './agent-error.ts';
import { AgentLink, type AgentPlace } from './agent-link.ts';
import { agentTools, type AgentTool } from './agent-tools.ts';
import { fetchCard, type FetchedCard } from './card-source.ts';
import { Handles } from './task-ref.ts';

export interface AgentOptions {
  /** Reach the agents; without a bound of connections for streams. */
  readonly pools: Pools;
  readonly sealer: Sealer;
  /** The deadline of a call whose Service declares none, in milliseconds. */
  readonly callTimeoutMs: number;
}

const CARD = '.well-known/agent-card.json';
/** How many addresses are tried for a card. */
const MAX_TRIES = 4;
/** How soon a card is read again at the earliest where nobody asks for it, in milliseconds. */
const LEAST_AGAIN_MS = 5000;
/** How much sooner than the client's deadline a call is answered, so that its task is never lost; milliseconds. */
const MARGIN_MS = 2000;
/** Of so many questions it is remembered that they were answered. */
const REMEMBERED = 1000;

/** One agent that speaks A2A: where it is, its card, the tools that are made of it. */
export class Agent {
  /** `<namespace>/<name>` */
  readonly key: string;
  readonly handles: Handles;
  readonly #options: AgentOptions;
  readonly #endpoints: Endpoints;
  readonly #answered = new Set<string>();
  #entry: ServiceEntry;
  #known: FetchedCard | undefined;
  #fetching: Promise<FetchedCard> | undefined;
  /** How often the agent may have become another. */
  #generation = 0;
  #tools: readonly AgentTool[] = [];
  #changed: () => void = () => undefined;
  #again: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(entry: ServiceEntry, options: AgentOptions) {
    this.key = `${entry.namespace}/${entry.name}`;
    this.handles = new Handles(options.sealer, this.key);
    this.#options = options;
    this.#entry = entry;
    this.#endpoints = new Endpoints(entry.targets);
  }

  /** The registry's entry, the newest. */
  get entry(): ServiceEntry {
    return this.#entry;
  }

  /** The last good card; undefined until there was one. */
  get known(): FetchedCard | undefined {
    return this.#known;
  }

  /** How long a call may wait for the agent, in milliseconds: it is answered before the client's own time is over. */
  get patienceMs(): number {
    const deadline = this.#entry.timeoutMs ?? this.#options.callTimeoutMs;
    return Math.max(deadline - MARGIN_MS, deadline / 2);
  }

  /** Takes the entry of a newer registry. @returns whether the agent may be another: its card is read again then */
  update(entry: ServiceEntry): boolean {
    const isSame =
      entry.path === this.#entry.path &&
      entry.host === this.#entry.host &&
      entry.scheme === this.#entry.scheme &&
      entry.protocol === this.#entry.protocol &&
      entry.targets.join() === this.#entry.targets.join();
    this.#entry = entry;
    if (isSame) return false;
    this.#endpoints.update(entry.targets);
    // What is being read comes from the agent that was.
    this.#generation++;
    this.#fetching = undefined;
    if (this.#known !== undefined) this.#known = { ...this.#known, freshUntil: 0, validators: {} };
    this.#readAgain();
    return true;
  }

  /** Calls `listener` when the card is another than before, or cannot be read any more. */
  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  /** The card: the one that is known as long as it is fresh. @throws AgentError */
  async card(): Promise<FetchedCard> {
    if (this.#known !== undefined && performance.now() < this.#known.freshUntil) return this.#known;
    if (this.#fetching === undefined) {
      const fetching = this.#fetch().finally(() => {
        if (this.#fetching !== fetching) return;
        this.#fetching = undefined;
        this.#readAgain();
      });
      this.#fetching = fetching;
    }
    return this.#fetching;
  }

  /** The agent is not served any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#again);
  }

  /** The tools of the card. @throws AgentError */
  async tools(): Promise<readonly AgentTool[]> {
    await this.card();
    return this.#tools;
  }

  /**
   * The tools that can be called: those of the last good card. A newer one counts from the next call: a call's time is not
   * spent on it. @throws AgentError if there never was one
   */
  async callable(): Promise<readonly AgentTool[]> {
    if (this.#known === undefined) return this.tools();
    void this.card().catch(() => undefined);
    return this.#tools;
  }

  /**
   * The way to the agent.
   * @param target where a task runs; another if that is gone
   * @param subject on whose behalf; undefined: the gateway's own
   * @throws AgentError if there is no card, or no address
   */
  async link(target?: string, subject?: Subject): Promise<{ readonly link: AgentLink; readonly target: string }> {
    const { card } = this.#known ?? (await this.card());
    const { target: chosen, ...place } = this.place(target, subject);
    return { link: new AgentLink(card, place), target: chosen };
  }

  /**
   * Where a request is dispatched.
   * @param target where a task runs; another if that is gone
   * @param subject on whose behalf; undefined: the gateway's own
   * @throws AgentError if there is no address
   */
  place(target?: string, subject?: Subject): AgentPlace & { readonly target: string } {
    const isThere = target !== undefined && this.#endpoints.targets.includes(target);
    const chosen = isThere ? target : this.#pick();
    const dispatcher = this.#options.pools.forStreams(this.#entry, chosen, subject);
    const { host, scheme } = this.#entry;
    return { dispatcher, host, target: chosen, ...(scheme && { scheme }) };
  }

  /** No connection to an address came about. */
  refused(target: string): void {
    this.#endpoints.refused(target);
  }

  /** Whether a question was answered before, by its key. */
  wasAnswered(key: string): boolean {
    return this.#answered.has(key);
  }

  /**
   * Has the agent told what answers a question: that counts as answered from now on, though the agent may say otherwise until
   * it has heard; unless `tell` fails.
   * @param isHeard whether the agent may have heard, by what `tell` gave
   */
  async answer<T>(key: string, tell: () => Promise<T>, isHeard: (told: T) => boolean = () => true): Promise<T> {
    this.#answered.add(key);
    const [oldest] = this.#answered;
    if (this.#answered.size > REMEMBERED && oldest !== undefined) this.#answered.delete(oldest);
    try {
      const told = await tell();
      if (!isHeard(told)) this.#answered.delete(key);
      return told;
    } catch (error) {
      this.#answered.delete(key);
      throw error;
    }
  }

  async #fetch(): Promise<FetchedCard> {
    const { host, protocol, path } = this.#entry;
    const base = protocol === 'a2a' ? path.replace(/\/+$/, '') : '';
    const tries = Math.min(this.#endpoints.targets.length, MAX_TRIES);
    const generation = this.#generation;
    for (let tried = 1; ; tried++) {
      const target = this.#pick();
      const dispatcher = this.#options.pools.get(this.#entry, target);
      try {
        const fetched = await fetchCard({ dispatcher, host, path: `${base}/${CARD}`, hint: this.#hint }, this.#known);
        if (generation !== this.#generation) return await this.card();
        const before = this.#known?.card;
        this.#known = fetched;
        if (fetched.card !== before) this.#tools = agentTools(fetched.card);
        if (before !== undefined && fetched.card !== before) this.#changed();
        return fetched;
      } catch (error) {
        const isUnreachable = error instanceof AgentError && error.code === 'ERR_AGENT_UNREACHABLE';
        if (isUnreachable) this.refused(target);
        if (!isUnreachable || tried >= tries) throw error;
      }
    }
  }

  /**
   * Has a card that was read once read again when it has run out: clients were promised to hear of other tools. One that
   * cannot be read is found out by who asks for the tools then.
   */
  #readAgain(): void {
    clearTimeout(this.#again);
    if (this.#isClosed || this.#known === undefined) return;
    const leftMs = this.#known.freshUntil - performance.now();
    const read = (): void => void this.card().catch(() => this.#changed());
    this.#again = setTimeout(read, jittered(Math.max(leftMs, LEAST_AGAIN_MS))).unref();
  }

  /** What is to be done about a status that refuses the card. */
  readonly #hint = (status: number): string | undefined =>
    refusalHint(status, this.key, this.#options.pools.credentialOf(this.key));

  #pick(): string {
    const target = this.#endpoints.pick();
    if (target !== undefined) return target;
    throw new AgentError('ERR_AGENT_UNREACHABLE', this.#entry.pending ?? 'The Service has no ready address.');
  }
}
