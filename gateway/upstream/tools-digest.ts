import { createHash } from 'node:crypto';
import { canonicalJson } from '../contract/canonical-json.ts';
import type { JsonObject } from './json.ts';

/** What a model or a client acts on when it chooses a tool and calls it. */
const pinnedMembers = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;

/** What is pinned of a tool: the canonical JSON of an object with the members that a model or a client acts on. */
export function pinnedText(tool: JsonObject): string {
  const pinned: Record<string, unknown> = {};
  for (const member of pinnedMembers) pinned[member] = tool[member];
  return canonicalJson(pinned);
}

/**
 * The digest of a list of tools, by which a person approves of it: `sha256:` and the hexadecimal sha256 of the canonical
 * JSON of an array of what is pinned of each tool, ordered by name (by code unit). In whichever order the server lists its
 * tools, or the members of their schemas, the digest is the same.
 *
 * @param tools by name, the text that `pinnedText` gives
 */
export function toolsDigest(tools: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256').update('[');
  let separator = '';
  for (const name of [...tools.keys()].sort()) {
    hash.update(separator).update(tools.get(name) ?? '');
    separator = ',';
  }
  return `sha256:${hash.update(']').digest('hex')}`;
}
