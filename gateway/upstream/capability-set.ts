import { isJsonObject, type JsonObject } from './json.ts';

/**
 * What a client can be asked for, as far as servers list things by it: sampling, roots, and elicitation in its two modes
 * (2025-11-25, Lifecycle, Capability Negotiation; Elicitation, Capabilities).
 */
export interface CapabilitySet {
  /** The same for the same set. */
  readonly key: string;
  /** As they are declared to a server. */
  readonly capabilities: JsonObject;
}

/** One object a set, so that sets are the same if their objects are. There are fifteen. */
const sets = new Map<string, CapabilitySet>();

/** The set of what a client declared; undefined if it can be asked for nothing. */
export function capabilitySet({ sampling, elicitation, roots }: JsonObject): CapabilitySet | undefined {
  const isUrl = isJsonObject(elicitation) && elicitation['url'] !== undefined;
  // An empty declaration means forms.
  const isForm = elicitation !== undefined && (!isUrl || elicitation['form'] !== undefined);
  const capabilities: JsonObject = {
    ...(elicitation !== undefined && { elicitation: { ...(isForm && { form: {} }), ...(isUrl && { url: {} }) } }),
    ...(roots !== undefined && { roots: {} }),
    ...(sampling !== undefined && { sampling: {} }),
  };
  if (Object.keys(capabilities).length === 0) return undefined;
  const key = JSON.stringify(capabilities);
  let set = sets.get(key);
  if (set === undefined) sets.set(key, (set = { key, capabilities }));
  return set;
}
