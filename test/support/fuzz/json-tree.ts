/** JSON as a text may have it and no value can: members that stand twice, numbers of any size, single surrogates. */
export type JsonTree =
  | { readonly kind: 'scalar'; readonly text: string }
  | { readonly kind: 'array'; readonly items: readonly JsonTree[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: JsonTree])[] };

/** The tree of a value that JSON can hold. */
export function treeOf(value: unknown): JsonTree {
  if (Array.isArray(value)) return { kind: 'array', items: value.map(treeOf) };
  if (typeof value !== 'object' || value === null) return { kind: 'scalar', text: JSON.stringify(value) };
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return { kind: 'object', members: members.map(([name, member]) => [name, treeOf(member)] as const) };
}

/** The text of a tree. */
export function textOfTree(tree: JsonTree): string {
  if (tree.kind === 'scalar') return tree.text;
  if (tree.kind === 'array') return `[${tree.items.map(textOfTree).join(',')}]`;
  return `{${tree.members.map(([name, value]) => `${JSON.stringify(name)}:${textOfTree(value)}`).join(',')}}`;
}

/** How many values there are in it, itself included. */
export function sizeOf(tree: JsonTree): number {
  return childrenOf(tree).reduce((sum, child) => sum + sizeOf(child), 1);
}

/** The value with this number, counted from the outermost, which is 0. */
export function nodeAt(tree: JsonTree, index: number): JsonTree {
  let rest = index;
  if (rest-- === 0) return tree;
  for (const child of childrenOf(tree)) {
    const size = sizeOf(child);
    if (rest < size) return nodeAt(child, rest);
    rest -= size;
  }
  throw new RangeError(`There is no node ${index} in ${textOfTree(tree)}.`);
}

/** One value or member, and what stands in its place. */
export type Change = (name: string | undefined, value: JsonTree) => readonly (readonly [string, JsonTree])[];

/** The tree in which the value with this number, with its name if it is a member, is replaced by none, one or several. */
export function changedAt(tree: JsonTree, index: number, change: Change): JsonTree {
  if (index === 0) return change(undefined, tree)[0]?.[1] ?? { kind: 'scalar', text: '' };
  let rest = index - 1;
  const within = (name: string, child: JsonTree): readonly (readonly [string, JsonTree])[] => {
    const size = sizeOf(child);
    const at = rest;
    rest -= size;
    if (at < 0 || at >= size) return [[name, child]];
    return at === 0 ? change(name, child) : [[name, changedAt(child, at, change)]];
  };
  if (tree.kind === 'array') {
    return { kind: 'array', items: tree.items.flatMap((item) => within('', item).map(([, value]) => value)) };
  }
  if (tree.kind === 'object') {
    return { kind: 'object', members: tree.members.flatMap(([name, value]) => within(name, value)) };
  }
  return tree;
}

function childrenOf(tree: JsonTree): readonly JsonTree[] {
  if (tree.kind === 'array') return tree.items;
  return tree.kind === 'object' ? tree.members.map(([, value]) => value) : [];
}
