import { param, stringOf, type Message } from '../jsonrpc/message.ts';
import { objectMember, type JsonObject } from '../upstream/json.ts';

/** The requests amid which a client can be asked (2026-07-28, Multi Round-Trip Requests, Supported Requests). */
export const askableRequests: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** What a server may ask for (2026-07-28, Multi Round-Trip Requests, Server Requirements), by the capability that it takes. */
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

/** What a server's question needs; undefined: it is none that a client can be asked. */
export function needOf(method: string, params: JsonObject = {}): Need | undefined {
  const feature = capabilityFor(method);
  return feature === undefined ? undefined : { feature, mode: modeOf(method, params) };
}

/** The same of a request of a legacy server, of which only what tells is read. */
export function needOfRequest(request: Message): Need | undefined {
  const { bytes, method } = request;
  const params: Record<string, unknown> = {};
  for (const name of TELLING) {
    const place = param(request, name);
    if (place !== undefined) params[name] = name === 'mode' ? stringOf(bytes, place) : true;
  }
  return needOf(method, params);
}

/** The params that tell a mode. */
const TELLING = ['mode', 'tools', 'toolChoice'];

function modeOf(method: string, { mode, tools, toolChoice }: JsonObject): string | undefined {
  if (method === 'elicitation/create') return typeof mode === 'string' ? mode : 'form';
  const needsTools = tools !== undefined || toolChoice !== undefined;
  return method === 'sampling/createMessage' && needsTools ? 'tools' : undefined;
}

/** Why a client is not asked what a server asks. */
export interface Refusal {
  /** Of the JSON-RPC error that the server gets. */
  readonly code: number;
  readonly message: string;
  /** What was not declared: `sampling`, `elicitation.url`. */
  readonly lacks: string;
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
    return {
      code: -32601,
      message: `Method not found: the client did not declare ${feature}.`,
      lacks: feature,
      required,
    };
  }
  if (mode === undefined || hasMode(objectMember(capabilities, feature), mode)) return undefined;
  const lacks = `${feature}.${mode}`;
  return { code: -32602, message: `The client did not declare ${lacks}.`, lacks, required };
}

function hasMode(feature: JsonObject, mode: string): boolean {
  if (feature[mode] !== undefined) return true;
  // An elicitation without any mode is one with forms (2026-07-28, Elicitation, Capabilities).
  return mode === 'form' && feature['url'] === undefined;
}
