import { param, stringOf, type Message } from '../jsonrpc/message.ts';
import { isJsonObject, objectMember, type JsonObject } from '../upstream/json.ts';

/** What servers may ask for (2025-11-25, Client Features; 2026-07-28, Multi Round-Trip Requests, Server Requirements). */
export const askableMethods: Readonly<Record<string, string>> = {
  'elicitation/create': 'elicitation',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
};

/** What a client has to declare to be asked by this method; undefined: it is none of the specification's. */
export function capabilityFor(method: string): string | undefined {
  return Object.hasOwn(askableMethods, method) ? askableMethods[method] : undefined;
}

/** Whether a client that declares this can be asked for anything. */
export function canBeAsked(capabilities: JsonObject): boolean {
  return Object.values(askableMethods).some((name) => capabilities[name] !== undefined);
}

/** What a client must have declared to be asked something. */
export interface Need {
  readonly feature: string;
  /** What of the feature, if it is not the feature alone. */
  readonly mode: string | undefined;
}

/** What a request of a server needs; undefined: it is none that a client can be asked. */
export function needOf(request: Message): Need | undefined {
  const mode = param(request, 'mode');
  return needFor(request.method, {
    mode: mode && stringOf(request.bytes, mode),
    tools: param(request, 'tools'),
    toolChoice: param(request, 'toolChoice'),
  });
}

/** The same, of a request whose method and params are known. */
export function needFor(method: string, params: JsonObject): Need | undefined {
  const feature = capabilityFor(method);
  if (feature === undefined) return undefined;
  if (feature === 'elicitation') {
    const { mode } = params;
    return { feature, mode: typeof mode === 'string' ? mode : 'form' };
  }
  const needsTools = params['tools'] !== undefined || params['toolChoice'] !== undefined;
  return { feature, mode: feature === 'sampling' && needsTools ? 'tools' : undefined };
}

/** Why a client is not asked what a server asks. */
export interface Refusal {
  /** Of the JSON-RPC error that the server gets. */
  readonly code: number;
  readonly message: string;
  /** What the client would have to declare, as ClientCapabilities. */
  readonly required: JsonObject;
}

/**
 * Whether a client can be asked; undefined: it can. A feature that was not declared does not exist for the server (-32601), a
 * mode of one is a wrong parameter (-32602; 2025-11-25, Elicitation and Sampling, Error Handling).
 */
export function refusalOf({ feature, mode }: Need, capabilities: JsonObject): Refusal | undefined {
  const required = { [feature]: mode === undefined ? {} : { [mode]: {} } };
  if (capabilities[feature] === undefined) {
    return { code: -32601, message: `Method not found: the client did not declare ${feature}.`, required };
  }
  if (mode === undefined || hasMode(objectMember(capabilities, feature), mode)) return undefined;
  return { code: -32602, message: `The client did not declare ${feature}.${mode}.`, required };
}

/** What a client would have to declare, as ClientCapabilities, where two refusals each require something. */
export function bothRequired(some: JsonObject | undefined, more: JsonObject): JsonObject {
  const all: Record<string, unknown> = { ...some };
  for (const [name, value] of Object.entries(more)) {
    all[name] = isJsonObject(value) ? { ...objectMember(all, name), ...value } : value;
  }
  return all;
}

function hasMode(feature: JsonObject, mode: string): boolean {
  if (feature[mode] !== undefined) return true;
  // An elicitation without any mode is one with forms (2025-11-25 and 2026-07-28, Elicitation, Capabilities).
  return mode === 'form' && feature['url'] === undefined;
}
