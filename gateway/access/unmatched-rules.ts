import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AccessRule, AccessTarget } from '../contract/access-policy.ts';
import type { ServiceEntry } from '../contract/registry-document.ts';
import { uriTemplate } from '../routing/uri-template.ts';
import type { Catalogue } from '../upstream/catalogue.ts';
import { PatternSet } from './pattern.ts';
import { ResourcePatterns } from './uri-spellings.ts';

/** A server as far as rules name it and what it has. */
export interface NamedServer {
  readonly entry: ServiceEntry;
  readonly upstream: {
    /** Undefined: it was never seen. */
    readonly catalogue: Catalogue | undefined;
    /** As some clients are shown it. */
    readonly variants: readonly Catalogue[];
    /** What it has is kept back until a person approves it. */
    readonly isWithheld?: boolean;
  };
}

/** How long it may look without letting others have their turn, in milliseconds. */
const SLICE_MS = 5;

/**
 * The names of rules that name nothing which is there: mostly a name is misspelt. Of servers that were never seen it is
 * not said what they have not.
 */
export async function unmatchedRules(
  rules: readonly AccessRule[],
  servers: readonly NamedServer[],
): Promise<readonly string[]> {
  const unmatched: string[] = [];
  let began = performance.now();
  for (const { name, to } of rules) {
    if (to !== undefined && !to.some((target) => matches(target, servers))) unmatched.push(name);
    if (performance.now() - began < SLICE_MS) continue;
    await nextTurn();
    began = performance.now();
  }
  return unmatched;
}

function matches(target: AccessTarget, servers: readonly NamedServer[]): boolean {
  const { services, tools, prompts, resources, agents } = target;
  const named = services === undefined ? servers : servers.filter(within(services));
  if (tools === undefined && prompts === undefined && resources === undefined && agents === undefined) {
    return named.length > 0;
  }
  if (agents !== undefined && named.filter(({ entry }) => entry.type === 'agent').some(within(agents))) return true;
  if (tools !== undefined && hasNamed(named, 'tools', tools)) return true;
  if (prompts !== undefined && hasNamed(named, 'prompts', prompts)) return true;
  return resources !== undefined && hasResource(named, resources);
}

function within(patterns: readonly string[]): (server: NamedServer) => boolean {
  const set = new PatternSet(patterns);
  return ({ entry }) => set.matches(`${entry.namespace}/${entry.name}`);
}

/** @returns undefined of a server that was never seen, or of which nothing is shown for now */
function cataloguesOf({ upstream }: NamedServer): readonly Catalogue[] | undefined {
  const { catalogue, variants, isWithheld } = upstream;
  return catalogue === undefined || isWithheld === true ? undefined : [catalogue, ...variants];
}

function hasNamed(servers: readonly NamedServer[], kind: 'tools' | 'prompts', patterns: readonly string[]): boolean {
  const set = new PatternSet(patterns);
  return servers.some((server) => {
    const known = cataloguesOf(server);
    return known === undefined || known.some((each) => each[kind].some(({ name }) => set.matches(String(name))));
  });
}

function hasResource(servers: readonly NamedServer[], patterns: readonly string[]): boolean {
  const set = new ResourcePatterns(patterns);
  return servers.some((server) => {
    const known = cataloguesOf(server);
    if (known === undefined) return true;
    return known.some(
      ({ resources, resourceTemplates }) =>
        resources.some(({ uri }) => set.matches(String(uri))) ||
        resourceTemplates.some(
          ({ uriTemplate: text }) => set.matches(String(text)) || couldFit(String(text), patterns),
        ),
    );
  });
}

/** Whether something that a template stands for could be meant: it is not in any list. */
function couldFit(template: string, patterns: readonly string[]): boolean {
  const head = template.split('{', 1)[0] ?? '';
  const read = uriTemplate(template);
  return patterns.some((each) => {
    const from = each.split(/[*{]/, 1)[0] ?? '';
    return from === each ? read.matches(each) : from.startsWith(head) || head.startsWith(from);
  });
}
