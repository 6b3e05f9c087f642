import { annotations } from '../../hooks/registry/annotations.ts';
import type { Fault, ManifestDocument } from './manifest-text.ts';

const PREFIX = 'mcp.fetchfy.ai/';
const KNOWN: readonly string[] = Object.values(annotations).toSorted();

/** What a cluster warns of when a Service is applied: annotations of ours that nobody knows, most likely slips. */
export function unknownAnnotations({ value, lineOf }: ManifestDocument): Fault[] {
  const { metadata } = value as { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } };
  return Object.keys(metadata.annotations ?? {})
    .filter((name) => name.startsWith(PREFIX) && !KNOWN.includes(name))
    .map((name) => ({
      line: lineOf(['metadata', 'annotations', name]),
      message: `The annotation ${name} says nothing to Fetchfy. It knows ${PREFIX} with ${names()}.`,
    }));
}

function names(): string {
  return KNOWN.map((name) => name.slice(PREFIX.length)).join(', ');
}
