import { hash } from 'node:crypto';
import { byAge, entryBounds, type ServiceEntry } from '../../gateway/contract/registry-document.ts';
import type { Candidate } from './entry.ts';
import { cutToBytes } from './fault.ts';

/**
 * Gives each candidate its prefix and its alias. Of two that claim one thing the older has it, so that a new Service
 * never renames the tools of one that is there:
 *
 * | claim | the older | the younger |
 * |---|---|---|
 * | prefix | keeps it | gets `<namespace>-<service>`; if that is taken too, with a hash of its name |
 * | path below /mcp/ | is served there | is served below /mcp/<namespace>/<service> only |
 * | path that is another's /mcp/<namespace>/<service> | – | never has it, whatever its age |
 *
 * The path of an A2A agent claims nothing: no MCP is spoken there.
 *
 * Every loss is told in the entry's note.
 */
export function settleClaims(candidates: readonly Candidate[]): ServiceEntry[] {
  const prefixes = new Map<string, Candidate>();
  const aliases = new Map<string, Candidate>();
  const ownPaths = new Set(candidates.map(ownPath));
  return candidates.toSorted(byAge).map((candidate) => {
    const { notes, ...entry } = candidate;
    const prefix = settlePrefix(candidate, prefixes);
    const alias = settleAlias(candidate, aliases, ownPaths);
    const note = [...notes, prefix.note, alias.note].filter((text) => text !== undefined).join(' ');
    return {
      ...entry,
      prefix: prefix.value,
      ...(alias.value === undefined ? {} : { alias: alias.value }),
      ...(note === '' ? {} : { note: cutToBytes(note, entryBounds.message) }),
    };
  });
}

function settlePrefix(candidate: Candidate, taken: Map<string, Candidate>): { value: string; note?: string } {
  const wish = candidate.prefix;
  const holder = taken.get(wish);
  if (holder === undefined) {
    taken.set(wish, candidate);
    return { value: wish };
  }
  const value = freePrefix(candidate, taken);
  taken.set(value, candidate);
  return {
    value,
    note: `The prefix "${wish}" is taken by the older Service ${holder.namespace}/${holder.name}: the tools of this one are named "${value}_…".`,
  };
}

/** `<namespace>-<service>`, or that with a hash of the Service's own name: always the same for the same neighbours. */
function freePrefix({ namespace, name }: Candidate, taken: ReadonlyMap<string, Candidate>): string {
  const qualified = `${namespace}-${name}`;
  let prefix = qualified;
  // One round does, unless somebody chose a name to collide.
  for (let round = 0; taken.has(prefix); round++) {
    const digest = hash('sha256', `${namespace}/${name}/${round}`, 'hex');
    prefix = `${qualified.slice(0, 119)}-${digest.slice(0, 8)}`;
  }
  return prefix;
}

function settleAlias(
  candidate: Candidate,
  taken: Map<string, Candidate>,
  ownPaths: ReadonlySet<string>,
): { value?: string; note?: string } {
  const { path, protocol } = candidate;
  if (protocol === 'a2a') return {};
  if (!path.startsWith('/mcp/') || path === '/mcp/' || path === ownPath(candidate)) return {};
  if (ownPaths.has(path)) {
    return {
      note: `The gateway's path ${path} is that of another Service; this one is served at ${ownPath(candidate)}.`,
    };
  }
  const holder = taken.get(path);
  if (holder !== undefined) {
    return {
      note: `The gateway's path ${path} is taken by the older Service ${holder.namespace}/${holder.name}, which declares it too; this one is served at ${ownPath(candidate)}.`,
    };
  }
  taken.set(path, candidate);
  return { value: path };
}

function ownPath({ namespace, name }: Candidate): string {
  return `/mcp/${namespace}/${name}`;
}
