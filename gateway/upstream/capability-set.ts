import type { Era } from './catalogue.ts';
import { isJsonObject, objectMember, type JsonObject } from './json.ts';

/**
 * What a client can be asked for, as far as servers list things by it: sampling, roots, elicitation in its two modes, and
 * which of these it does as tasks (2025-11-25, Lifecycle, Capability Negotiation; Elicitation, Capabilities; Tasks,
 * Capabilities).
 */
export interface CapabilitySet {
  /** The same for the same set. */
  readonly key: string;
  /** As they are declared to a server. */
  readonly capabilities: JsonObject;
}

/** One object a set, so that sets are the same if their objects are. There are a few hundred at most. */
const sets = new Map<string, CapabilitySet>();

/**
 * The set of what a client declared; undefined if it can be asked for nothing.
 * @param era of the client: tasks that it does for servers are of the legacy era alone
 */
export function capabilitySet(era: Era, declared: JsonObject): CapabilitySet | undefined {
  const { sampling, elicitation, roots, tasks } = declared;
  const isUrl = isJsonObject(elicitation) && elicitation['url'] !== undefined;
  // An empty declaration means forms.
  const isForm = elicitation !== undefined && (!isUrl || elicitation['form'] !== undefined);
  const asTasks = era === 'legacy' && isJsonObject(tasks) ? tasksSet(tasks) : undefined;
  const capabilities: JsonObject = {
    ...(elicitation !== undefined && { elicitation: { ...(isForm && { form: {} }), ...(isUrl && { url: {} }) } }),
    ...(roots !== undefined && { roots: {} }),
    ...(sampling !== undefined && { sampling: {} }),
    ...(asTasks !== undefined && { tasks: asTasks }),
  };
  if (Object.keys(capabilities).length === 0) return undefined;
  const key = JSON.stringify(capabilities);
  let set = sets.get(key);
  if (set === undefined) sets.set(key, (set = { key, capabilities }));
  return set;
}

/** What a client does as tasks; undefined: nothing that it can be asked for. */
function tasksSet(tasks: JsonObject): JsonObject | undefined {
  const asked = objectMember(tasks, 'requests');
  const isSampling = objectMember(asked, 'sampling')['createMessage'] !== undefined;
  const isElicitation = objectMember(asked, 'elicitation')['create'] !== undefined;
  if (!isSampling && !isElicitation) return undefined;
  return {
    ...(tasks['cancel'] !== undefined && { cancel: {} }),
    ...(tasks['list'] !== undefined && { list: {} }),
    requests: {
      ...(isElicitation && { elicitation: { create: {} } }),
      ...(isSampling && { sampling: { createMessage: {} } }),
    },
  };
}
