import type { ServiceEntry } from '../contract/registry-document.ts';
import type { ServiceReport, ServiceState } from '../contract/report.ts';
import type { Logger } from '../log.ts';
import type { BackoffOptions } from './backoff.ts';
import type { CapabilitySet } from './capability-set.ts';
import type { Catalogue, ChangeKind, ListKind } from './catalogue.ts';
import { CheckSchedule } from './check-schedule.ts';
import { allKinds, type CheckWork } from './check-work.ts';
import type { ConnectionOptions } from './control-connection.ts';
import { Endpoints } from './endpoints.ts';
import { UpstreamError } from './errors.ts';
import { Freshening } from './freshening.ts';
import type { CacheHint } from './freshness.ts';
import type { ListBounds } from './listing.ts';
import { problemsInShort } from './lists-of-server.ts';
import type { Pools } from './pools.ts';
import { ServerCatalogue } from './server-catalogue.ts';
import { ServerLink } from './server-link.ts';
import { ServerStatus } from './server-status.ts';
import type { Slots } from './slots.ts';
import type { Offer, ToolPin } from './tool-pin.ts';
import type { ToolTraits } from './tool-traits.ts';

/** What all servers are watched with. */
export interface Watch {
  readonly log: Logger;
  /** The control side's own connections: calls that fill the others' pools must not hide a server's state. */
  readonly pools: Pools;
  readonly slots: Slots;
  readonly connection: ConnectionOptions;
  /** How often a server that is well is asked again, in milliseconds. */
  readonly checkMs: number;
  /** How soon one that fails is. */
  readonly retry: BackoffOptions;
  /** How long a legacy server with sessions is taken for one without asking, in milliseconds. */
  readonly legacyVerdictMs: number;
  readonly listBounds?: ListBounds;
  readonly onChange: (server: UpstreamServer, changes: ReadonlySet<ChangeKind>) => void;
}

/**
 * One server of the registry across its revisions: where it is, what it offers, and whether it answers. It keeps itself
 * up to date until it is closed.
 */
export class UpstreamServer {
  /** `<namespace>/<name>` */
  readonly key: string;
  readonly endpoints: Endpoints;
  /** Resolves when the first check has ended, well or not. */
  readonly settled: Promise<void>;
  readonly #watch: Watch;
  readonly #log: Logger;
  readonly #settle: () => void;
  readonly #closed = new AbortController();
  readonly #status: ServerStatus;
  readonly #checks: CheckSchedule;
  readonly #known: ServerCatalogue;
  readonly #freshening: Freshening;
  readonly #link: ServerLink;
  #entry: ServiceEntry;
  /** What others offer too, and get: a sentence. */
  #lost: string | undefined;

  constructor(entry: ServiceEntry, watch: Watch, pin?: ToolPin) {
    this.key = `${entry.namespace}/${entry.name}`;
    this.#entry = entry;
    this.#watch = watch;
    this.#log = watch.log.child({ service: this.key });
    this.#status = new ServerStatus(this.#log);
    this.#checks = new CheckSchedule({
      ...watch,
      canCheck: () => this.#hasAddress(),
      check: (work, signal) => this.#check(work, signal),
      ended: (fault) => this.#checked(fault),
    });
    this.#known = new ServerCatalogue({
      ...watch,
      reach: () => this.#link.reach(),
      signal: this.#closed.signal,
      onChange: (changes, next) => this.#tellChange(changes, next),
    });
    this.#known.pinTo(pin);
    this.#freshening = new Freshening({
      hint: (kind) => this.hint(kind),
      hears: (kind) => this.hears(kind),
      ask: (work) => this.#checks.ask(work),
    });
    this.endpoints = new Endpoints(entry.targets);
    this.#link = new ServerLink({
      ...watch,
      endpoints: this.endpoints,
      entry: () => this.#entry,
      ask: (work) => void this.#checks.ask(work),
    });
    ({ promise: this.settled, resolve: this.#settle } = Promise.withResolvers<void>());
    void this.#checks.ask({ kinds: allKinds, probe: 'due', urgent: true });
  }

  /** The registry's entry, the newest. */
  get entry(): ServiceEntry {
    return this.#entry;
  }

  /** The last good catalogue, as far as the pin lets it be offered; undefined until there was one. */
  get catalogue(): Catalogue | undefined {
    return this.#known.offer?.main;
  }

  /** Whether nothing of it is offered: an enforced pin does not approve of its tools, or they are not known yet. */
  get isWithheld(): boolean {
    return this.#known.offer?.isWithheld ?? this.#known.pin?.isEnforced === true;
  }

  /** Whether its tools are not those of its pin. */
  get isChanged(): boolean {
    return this.#known.offer?.isChanged === true;
  }

  /** Whether a tool may be called as far as the pin goes. */
  mayCall(tool: string): boolean {
    return this.#known.offer?.has(tool) ?? this.#known.pin?.isEnforced !== true;
  }

  get state(): ServiceState {
    return this.#status.state;
  }

  /** When `state` or `message` last changed, RFC 3339. */
  get since(): string {
    return this.#status.since;
  }

  /** Why it is not Available, or what is wrong although it is: a sentence. */
  get message(): string | undefined {
    return this.#status.message;
  }

  /** Whether changes of lists are heard at once. */
  get isListening(): boolean {
    return this.#link.isListening;
  }

  /** Whether a change of a list would be heard at once. */
  hears(kind: ListKind): boolean {
    return this.#link.hears(kind);
  }

  /** How long what the server says of itself, or one of its lists, may be kept, by its own word. */
  hint(kind: ChangeKind): CacheHint {
    return this.#known.hint(kind);
  }

  /** What calls have to know of a tool; of most there is nothing. */
  traitsOf(tool: string): ToolTraits | undefined {
    return this.#known.traitsOf(tool);
  }

  /** The catalogue as clients get it that declare `set`. */
  catalogueFor(set: CapabilitySet | undefined): Catalogue | undefined {
    return this.#known.of(set);
  }

  /** The catalogues of clients that get more or less than others, by what they declare; another array when they change. */
  get variants(): readonly Catalogue[] {
    return this.#known.variants;
  }

  /**
   * Sees to it that what is given out of `kind` is fresh: by the server's own word, unless a change would be heard anyway,
   * and as clients that declare `set` see it.
   * @returns resolves when it is, or cannot be made so soon; undefined: there is nothing to wait for
   */
  freshen(kind: ChangeKind, set?: CapabilitySet): Promise<void> | undefined {
    if (!this.#link.isUp) return undefined;
    if (this.#freshening.isStale(kind)) return this.#freshening.freshen();
    return set === undefined ? undefined : this.#known.ready(set);
  }

  /**
   * Sees to it that it is known which eras a modern server speaks, now that a client of the legacy era wants to use it.
   * @returns undefined: it is known, or has been waited for long enough
   */
  legacyKnown(): Promise<void> | undefined {
    return this.#known.legacyWanted();
  }

  /** Takes note of what it lists and another gets. @param problem a sentence; undefined: nothing */
  lose(problem: string | undefined): void {
    if (problem === this.#lost) return;
    this.#lost = problem;
    if (problem !== undefined) this.#log.warn('A server lists what another has', { problem });
    if (this.state === 'Available') this.#tellAvailable();
  }

  /** Reads all lists again, once for all that ask meanwhile; resolves when they have been read, or could not be. */
  refresh(): Promise<void> {
    return this.#checks.ask({ kinds: allKinds, probe: 'no', urgent: true });
  }

  /** Takes the entry of a newer registry, and its pin. */
  update(entry: ServiceEntry, pin?: ToolPin): void {
    const previous = this.#entry;
    this.#entry = entry;
    this.#known.pinTo(pin);
    if (this.state === 'Available') this.#tellAvailable();
    const moved = entry.path !== previous.path || entry.host !== previous.host || entry.scheme !== previous.scheme;
    const isSame = !moved && entry.targets.join() === previous.targets.join();
    if (isSame) {
      if (entry.targets.length === 0) this.#status.set('Pending', entry.pending);
      return;
    }
    this.endpoints.update(entry.targets);
    if (moved) this.#link.drop();
    // What is under way may be waiting for an address that is gone; one that was just registered and now has its address is
    // waited for.
    this.#checks.supersede();
    void this.#checks.ask({ kinds: allKinds, probe: 'now', urgent: true });
  }

  report(): ServiceReport {
    const { namespace, name } = this.#entry;
    const { state, since, message } = this.#status;
    const { catalogue } = this;
    const toolsDigest = this.#known.offer?.listed.toolsDigest;
    return {
      namespace,
      name,
      state,
      since,
      ...(message !== undefined && { message }),
      ...(catalogue && { era: catalogue.era }),
      ...(toolsDigest !== undefined && { toolsDigest }),
      toolCount: catalogue?.tools.length ?? 0,
      promptCount: catalogue?.prompts.length ?? 0,
      resourceCount: catalogue?.resources.length ?? 0,
    };
  }

  /** Ends everything of this server; never throws. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#known.close();
    await Promise.all([this.#checks.close(), this.#link.close()]);
    this.#settle();
  }

  #hasAddress(): boolean {
    if (this.#entry.targets.length > 0) return true;
    this.#link.drop();
    this.#status.set('Pending', this.#entry.pending ?? 'The Service has no ready address.');
    this.#settle();
    return false;
  }

  #checked(fault: string | undefined): void {
    if (fault === undefined) this.#known.sweep();
    else {
      this.#link.drop();
      this.#status.set('Unavailable', fault);
    }
    this.#settle();
  }

  async #check(work: CheckWork, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#link.isUsable) {
      try {
        const isReplaced = await this.#link.reprobe(work.probe, signal);
        await this.#read(isReplaced ? allKinds : work.kinds, signal);
        this.#known.checkLegacy(isReplaced || work.probe === 'now');
        return;
      } catch (error) {
        // The server may have been restarted, or the session forgotten: what counts is whether a new connection works.
        if (signal.aborted || !(error instanceof UpstreamError)) throw error;
      }
    }
    await this.#link.dial(signal);
    await this.#read(allKinds, signal);
    this.#known.checkLegacy(true);
  }

  async #read(kinds: ReadonlySet<ListKind>, signal: AbortSignal): Promise<void> {
    await this.#known.read(await this.#link.toRead(), kinds, signal);
    this.#tellAvailable();
  }

  #tellAvailable(): void {
    const problems = this.#known.concerns;
    this.#status.set('Available', problemsInShort(this.#lost === undefined ? problems : [...problems, this.#lost]));
  }

  #tellChange(changes: ReadonlySet<ChangeKind>, next: Offer | undefined): void {
    const problems = next === undefined ? [] : this.#known.concerns;
    if (problems.length > 0)
      this.#log.warn('A server lists what is to be looked at, or cannot be offered', { problems });
    if (changes.size > 0) this.#watch.onChange(this, changes);
  }
}
