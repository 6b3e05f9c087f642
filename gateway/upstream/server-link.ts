import type { ServiceEntry } from '../contract/registry-document.ts';
import type { ListKind } from './catalogue.ts';
import { allKinds, announcementOf, kindsOf, type CheckWork } from './check-work.ts';
import type { ConnectionOptions, ControlConnection } from './control-connection.ts';
import { ControlLink } from './control-link.ts';
import { dial, endpointAt, redial } from './dial.ts';
import type { Reach } from './dual-era.ts';
import type { Endpoints } from './endpoints.ts';
import type { Pools } from './pools.ts';

export interface ServerLinkOptions {
  readonly pools: Pools;
  readonly endpoints: Endpoints;
  readonly connection: ConnectionOptions;
  /** How long a legacy server with sessions is taken for one without asking, in milliseconds. */
  readonly legacyVerdictMs: number;
  /** The registry's entry, the newest. */
  readonly entry: () => ServiceEntry;
  /** Has something checked that the link has heard of. */
  readonly ask: (work: CheckWork) => void;
}

/** How long the first read waits for the stream that hears of changes, in milliseconds. */
const STREAM_FIRST_MS = 250;

/** The connection over which one server is watched, from one that breaks to the next. */
export class ServerLink {
  readonly #options: ServerLinkOptions;
  #current: ControlLink | undefined;
  #probedAt = 0;

  constructor(options: ServerLinkOptions) {
    this.#options = options;
  }

  /** Whether there is one. */
  get isUp(): boolean {
    return this.#current !== undefined;
  }

  /** Whether there is one to an address that the registry still has. */
  get isUsable(): boolean {
    const { endpoints } = this.#options;
    return this.#current !== undefined && endpoints.targets.includes(this.#current.connection.target);
  }

  /** Whether changes of lists are heard at once. */
  get isListening(): boolean {
    return this.#current?.isListening ?? false;
  }

  /** Whether a change of a list would be heard at once. */
  hears(kind: ListKind): boolean {
    return this.#current?.hears(announcementOf[kind]) ?? false;
  }

  /** Where the server is connected to. */
  reach(): Reach | undefined {
    const connection = this.#current?.connection;
    if (connection === undefined) return undefined;
    const { entry, pools, connection: options } = this.#options;
    const endpoint = endpointAt(connection.target, entry(), pools)(connection.description.transport);
    return { endpoint, options };
  }

  /** Connects anew. @throws UpstreamError if no address answers as an MCP server */
  async dial(signal: AbortSignal): Promise<void> {
    this.drop();
    const { entry, endpoints, pools, connection } = this.#options;
    this.#take(await dial(entry(), endpoints, pools, connection, signal), signal);
  }

  /** Asks the server anew what it is, if it is time. @returns whether it is another by now */
  async reprobe(probe: CheckWork['probe'], signal: AbortSignal): Promise<boolean> {
    const { entry, pools, connection, legacyVerdictMs } = this.#options;
    const current = this.#current;
    if (probe === 'no' || current === undefined) return false;
    const { era, stateless } = current.connection.description;
    const hasSession = era === 'legacy' && stateless !== true;
    const isDue = !hasSession || performance.now() - this.#probedAt >= legacyVerdictMs;
    if (probe === 'due' && !isDue) return false;
    const next = await redial(current.connection, entry(), pools, connection, signal);
    this.#probedAt = performance.now();
    if (next === undefined) return false;
    this.drop();
    this.#take(next, signal);
    return true;
  }

  /** The connection, once it hears of changes, or has had the time to: what it reads then is not missed. */
  async toRead(): Promise<ControlConnection> {
    const link = this.#current as ControlLink;
    await link.readyToRead(STREAM_FIRST_MS);
    return link.connection;
  }

  drop(): void {
    void this.close();
  }

  async close(): Promise<void> {
    const link = this.#current;
    this.#current = undefined;
    await link?.close();
  }

  #take(connection: ControlConnection, signal: AbortSignal): void {
    if (signal.aborted) {
      void connection.close();
      signal.throwIfAborted();
    }
    this.#probedAt = performance.now();
    const { ask } = this.#options;
    this.#current = new ControlLink(connection, {
      onChanged: (list) => ask({ kinds: new Set(kindsOf[list]), probe: 'no', urgent: true }),
      onMissed: () => ask({ kinds: allKinds, probe: 'no', urgent: true }),
      onBroken: () => ask({ kinds: allKinds, probe: 'now', urgent: true }),
    });
  }
}
