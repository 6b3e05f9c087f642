import type { AccessTarget } from '../contract/access-policy.ts';
import type { ServiceEntry } from '../contract/registry-document.ts';
import { PatternSet } from './pattern.ts';

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
}

/** What some rules mean, together. */
export class Targets {
  readonly #targets: readonly Target[];
  readonly #byServer = new Map<string, ServerTargets>();

  constructor(targets: readonly AccessTarget[]) {
    this.#targets = targets.map((source) => ({
      source,
      services: source.services === undefined ? undefined : new PatternSet(source.services),
      agents: source.agents === undefined ? undefined : new PatternSet(source.agents),
      isOfKinds: source.agents !== undefined || itemKinds.some((kind) => source[kind] !== undefined),
    }));
  }

  /** Which things of a server are meant: made once a server. */
  of(entry: ServiceEntry): ServerTargets {
    const key = `${entry.namespace}/${entry.name}`;
    let known = this.#byServer.get(key);
    if (known === undefined) this.#byServer.set(key, (known = this.#made(key, entry)));
    return known;
  }

  #made(key: string, { type }: ServiceEntry): ServerTargets {
    const meant = this.#targets.filter(({ services }) => services === undefined || services.matches(key));
    const isWhole = meant.some(
      ({ isOfKinds, agents }) => !isOfKinds || (type === 'agent' && agents?.matches(key) === true),
    );
    return isWhole ? EVERYTHING : serverTargets(meant.map(({ source }) => source));
  }
}

/** Things of one server. */
export interface ServerTargets {
  /** All that it has. */
  readonly isWhole: boolean;
  /** Nothing that it could have. */
  readonly isNothing: boolean;
  include(kind: ItemKind, name: string): boolean;
}

const EVERYTHING: ServerTargets = { isWhole: true, isNothing: false, include: () => true };

function serverTargets(targets: readonly AccessTarget[]): ServerTargets {
  const sets = new Map<ItemKind, PatternSet>();
  for (const kind of itemKinds) {
    const sources = targets.flatMap((target) => target[kind] ?? []);
    if (sources.length > 0) sets.set(kind, new PatternSet(sources));
  }
  return {
    isWhole: false,
    isNothing: sets.size === 0,
    include: (kind, name) => sets.get(kind)?.matches(name) === true,
  };
}
