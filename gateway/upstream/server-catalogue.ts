import type { CapabilitySet } from './capability-set.ts';
import { changesBetween, nextCatalogue, type Catalogue, type ChangeKind, type ListKind } from './catalogue.ts';
import { CatalogueVariants } from './catalogue-variants.ts';
import type { ControlConnection } from './control-connection.ts';
import { DualEra, type LegacyProbe } from './dual-era.ts';
import { noHint, type CacheHint } from './freshness.ts';
import type { ListBounds } from './listing.ts';
import { emptyLists, readLists, type Lists } from './lists-of-server.ts';
import type { ToolTraits } from './tool-traits.ts';

export interface ServerCatalogueOptions {
  readonly listBounds?: ListBounds;
  /** How long lists count as fresh of which the server says nothing, in milliseconds. */
  readonly periodMs: number;
  /** How long it counts whether a modern server speaks the legacy era too, in milliseconds. */
  readonly legacyVerdictMs: number;
  /** Reads the lists as the server shows them to a client that declares `set`. @throws UpstreamError */
  readonly readVariant: (set: CapabilitySet, previous: Lists) => Promise<Lists>;
  /** @param next the catalogue; undefined: the main one is the same as before */
  readonly onChange: (changes: ReadonlySet<ChangeKind>, next?: Catalogue) => void;
}

/** What is known of one server: what it lists, for whom, for how long, and in which eras. */
export class ServerCatalogue {
  readonly #options: ServerCatalogueOptions;
  readonly #variants: CatalogueVariants;
  readonly #dualEra: DualEra;
  readonly #hints = new Map<ListKind, CacheHint>();
  #lists: Lists = emptyLists;
  #current: Catalogue | undefined;
  #connection: ControlConnection | undefined;

  constructor(options: ServerCatalogueOptions) {
    const { periodMs, readVariant, onChange, legacyVerdictMs } = options;
    this.#options = options;
    this.#variants = new CatalogueVariants({ read: readVariant, periodMs, onChange });
    this.#dualEra = new DualEra(legacyVerdictMs, () => this.#publish());
  }

  /** The last good catalogue; undefined until there was one. */
  get current(): Catalogue | undefined {
    return this.#current;
  }

  /** The catalogue as clients that declare `set` get it. */
  of(set: CapabilitySet | undefined): Catalogue | undefined {
    const main = this.#current;
    return set === undefined || main === undefined || !hasVariants(main) ? main : this.#variants.get(set, main);
  }

  /** What calls have to know of a tool, whoever it is listed to; of most there is nothing. */
  traitsOf(tool: string): ToolTraits | undefined {
    return this.#current?.toolTraits.get(tool) ?? this.#variants.traitsOf(tool);
  }

  /** Sees to it that what such clients get is known. @returns as CatalogueVariants.ready */
  ready(set: CapabilitySet): Promise<void> | undefined {
    const main = this.#current;
    return main === undefined || !hasVariants(main) ? undefined : this.#variants.ready(set, main, this.#lists);
  }

  /** How long what was read may be kept, by the server's own word. */
  hint(kind: ChangeKind): CacheHint {
    return (kind === 'server' ? this.#connection?.hint : this.#hints.get(kind)) ?? noHint;
  }

  /** Reads some lists; the others stay. @throws UpstreamError, or what `signal` is aborted with */
  async read(connection: ControlConnection, kinds: ReadonlySet<ListKind>, signal: AbortSignal): Promise<Catalogue> {
    const onHint = (kind: ListKind, hint: CacheHint): void => void this.#hints.set(kind, hint);
    this.#lists = await readLists(connection, kinds, this.#lists, signal, this.#options.listBounds, onHint);
    signal.throwIfAborted();
    this.#connection = connection;
    return this.#publish() as Catalogue;
  }

  /** A client of the legacy era wants to use the server. @returns as DualEra.want */
  legacyWanted(probe: () => LegacyProbe | undefined): Promise<void> | undefined {
    return this.#current?.era === 'modern' ? this.#dualEra.want(probe) : undefined;
  }

  /** The server was just asked what it is. @param anew it may be another */
  checkLegacy({ description }: ControlConnection, probe: LegacyProbe, anew: boolean): void {
    if (description.era === 'legacy') this.#dualEra.forget();
    else this.#dualEra.check(probe, anew);
  }

  /** Forgets what nobody has asked for of late. */
  sweep(): void {
    this.#variants.sweep();
  }

  close(): void {
    this.#variants.close();
    this.#dualEra.forget();
  }

  #publish(): Catalogue | undefined {
    const description = this.#connection?.description;
    if (description === undefined) return undefined;
    const legacy = description.era === 'modern' ? this.#dualEra.ability : undefined;
    const previous = this.#current;
    const next = nextCatalogue(previous, { ...description, ...(legacy && { legacy }) }, this.#lists, new Date());
    this.#current = next;
    if (next !== previous) this.#options.onChange(changesBetween(previous, next), next);
    return next;
  }
}

/** Only a server that keeps sessions knows, when it lists, what the client declared. */
function hasVariants({ era, stateless }: Catalogue): boolean {
  return era === 'legacy' && stateless !== true;
}
