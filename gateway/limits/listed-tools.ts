import type { RoutedServer } from '../routing/route.ts';
import type { Catalogue } from '../upstream/catalogue.ts';

const namesOf = new WeakMap<Catalogue, ReadonlySet<unknown>>();

/** Whether a server lists a tool of this name, to all clients or to some. */
export function isListedTool({ upstream }: RoutedServer, name: string): boolean {
  const { catalogue, variants } = upstream;
  if (catalogue !== undefined && toolNames(catalogue).has(name)) return true;
  return variants.some((variant) => toolNames(variant).has(name));
}

function toolNames(catalogue: Catalogue): ReadonlySet<unknown> {
  let names = namesOf.get(catalogue);
  if (names === undefined) namesOf.set(catalogue, (names = new Set(catalogue.tools.map(({ name }) => name))));
  return names;
}
