import type { AccessTarget } from '../contract/access-policy.ts';
import type { ServiceEntry } from '../contract/registry-document.ts';
import { PatternSet } from './pattern.ts';
import { ResourcePatterns } from './uri-spellings.ts';

/** The kinds of things that can be used. `agents`: an agent's own endpoint, for A2A clients. */
export type ItemKind = 'tools' | 'prompts' | 'resources' | 'agents';

const itemKinds = ['tools', 'prompts', 'resources'] as const;

/** What one entry of a rule's `to` means. */
interface Target {
  readonly source: AccessTarget;
  readonly services: PatternSet | undefined;
  readonly agents: PatternSet | undefined;
  /** It names kinds: only those are meant. */
  readonly isOfKinds: boolean;
  readonly some: Hit;
  readonly whole: Hit;
}

/** That a rule names things of a server. */
export interface Hit {
  /** The rule's place among all. */
  readonly rule: number;
  /** It names all that the server has. */
  readonly isWhole: boolean;
  /** Tells it from the others. */
  readonly number: number;
  readonly source: AccessTarget;
}

/** Things of one server that some rules name. */
export interface Things {
  /** All that it has. */
  readonly isWhole: boolean;
  /** Nothing that it could have. */
  readonly isNothing: boolean;
  include(kind: ItemKind, name: string): boolean;
}

/** So many servers, and unions of what rules name, are remembered; then it begins anew. */
const MOST_KNOWN = 20_000;

/** What all rules name. */
export class Targets {
  readonly #targets: readonly Target[];
  /** By entry, and by what of an entry counts: entries are made anew with each registry. */
  readonly #ofEntries = new WeakMap<ServiceEntry, readonly Hit[]>();
  readonly #ofServers = new Map<string, readonly Hit[]>();
  readonly #interned = new Map<string, readonly Hit[]>();
  readonly #things = new Map<string, Things>();

  /** @param rules of each rule what its `to` has; undefined: everything */
  constructor(rules: readonly (readonly AccessTarget[] | undefined)[]) {
    let number = 0;
    this.#targets = rules.flatMap((targets, rule) =>
      (targets ?? [{}]).map((source) => ({
        source,
        services: source.services === undefined ? undefined : new PatternSet(source.services),
        agents: source.agents === undefined ? undefined : new PatternSet(source.agents),
        isOfKinds: source.agents !== undefined || itemKinds.some((kind) => source[kind] !== undefined),
        some: { rule, isWhole: false, number: number++, source },
        whole: { rule, isWhole: true, number: number++, source },
      })),
    );
  }

  /** What the rules name of a server. The same list for servers of which they name the same. */
  hitsOf(entry: ServiceEntry): readonly Hit[] {
    let hits = this.#ofEntries.get(entry);
    if (hits === undefined) this.#ofEntries.set(entry, (hits = this.#hitsOfServer(entry)));
    return hits;
  }

  /** The things that some of these name together. */
  things(hits: readonly Hit[]): Things {
    if (hits.length === 0) return NOTHING;
    if (hits.some(({ isWhole }) => isWhole)) return ALL_THINGS;
    return remembered(this.#things, keyOf(hits), () => namedThings(hits.map(({ source }) => source)));
  }

  #hitsOfServer({ namespace, name, type }: ServiceEntry): readonly Hit[] {
    const key = `${namespace}/${name}`;
    return remembered(this.#ofServers, `${type} ${key}`, () => {
      const hits: Hit[] = [];
      for (const { services, agents, isOfKinds, some, whole } of this.#targets) {
        if (services !== undefined && !services.matches(key)) continue;
        if (!isOfKinds || (type === 'agent' && agents?.matches(key) === true)) hits.push(whole);
        else if (itemKinds.some((kind) => some.source[kind] !== undefined)) hits.push(some);
      }
      return remembered(this.#interned, keyOf(hits), () => hits);
    });
  }
}

function keyOf(hits: readonly Hit[]): string {
  return hits.map(({ number }) => number).join();
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  let value = known.get(key);
  if (value === undefined) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, (value = make()));
  }
  return value;
}

/** All things of a server. */
export const ALL_THINGS: Things = { isWhole: true, isNothing: false, include: () => true };
const NOTHING: Things = { isWhole: false, isNothing: true, include: () => false };

function namedThings(targets: readonly AccessTarget[]): Things {
  const sets: Partial<Record<ItemKind, { matches(text: string): boolean }>> = {};
  for (const kind of itemKinds) {
    const sources = targets.flatMap((target) => target[kind] ?? []);
    if (sources.length > 0) sets[kind] = kind === 'resources' ? new ResourcePatterns(sources) : new PatternSet(sources);
  }
  return {
    isWhole: false,
    isNothing: false,
    include: (kind, name) => sets[kind]?.matches(name) === true,
  };
}
