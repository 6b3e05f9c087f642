import { AgentCard as SdkCard } from '@a2a-js/sdk';
import { DefaultAgentCardResolver } from '@a2a-js/sdk/client';
import { isDeeperThan, isJsonObject } from '../upstream/json.ts';
import { AgentError } from './agent-error.ts';

/** One thing that an agent says it is good at (A2A 1.0, AgentSkill). */
export interface AgentSkill {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly examples: readonly string[];
}

/** How an agent is spoken to. */
export interface AgentInterface {
  /** Path and query on its Service. */
  readonly path: string;
  /** Has to be in every request; '' if there is none. */
  readonly tenant: string;
  readonly version: AgentVersion;
}

export type AgentVersion = '1.0' | '0.3';

/** What an agent says of itself, as far as the gateway uses it. */
export interface AgentCard {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly skills: readonly AgentSkill[];
  /** Media types that it takes and gives where a skill says nothing else. */
  readonly inputModes: readonly string[];
  readonly outputModes: readonly string[];
  /** Whether it tells of a task as it goes on, by a stream of events. */
  readonly isStreaming: boolean;
  readonly interface: AgentInterface;
  /** In the words of A2A 1.0, whichever version the agent speaks. */
  readonly sdk: SdkCard;
}

const MAX_DEPTH = 64;
/** More skills than any model could choose from; the rest is left out. */
export const MAX_SKILLS = 100;
/** Characters of a name, or of an id. */
const MAX_NAME = 256;

const resolver = new DefaultAgentCardResolver({ legacyCompat: { enabled: true } });

/**
 * Reads an agent card of A2A 1.0 or 0.3 (A2A 1.0, AgentCard; 0.3 by its shape). Of its interfaces the first counts that
 * speaks JSON-RPC in one of these versions (Client Protocol Selection), and of that one's URL path and query alone: whom
 * the gateway dials is said by the registry.
 * @param json as JSON.parse gave it
 * @throws AgentError ERR_AGENT_CARD that says what is wrong with it
 */
export function readAgentCard(json: unknown): AgentCard {
  if (!isJsonObject(json)) throw badCard('it is not a JSON object');
  if (isDeeperThan(MAX_DEPTH, json)) throw badCard(`it nests deeper than ${MAX_DEPTH} levels`);
  for (const name of ['skills', 'supportedInterfaces', 'additionalInterfaces']) {
    if (json[name] !== undefined && !Array.isArray(json[name])) throw badCard(`its ${name} are no list`);
  }
  let sdk: SdkCard;
  try {
    const normalized = resolver.normalizeAgentCard(json);
    // What is empty may be left out of a card of 1.0 (ProtoJSON), which the resolver passes on as it is.
    sdk = (normalized as unknown) === json ? SdkCard.fromJSON(json) : normalized;
  } catch (cause) {
    throw badCard(`it cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const required = sdk.capabilities?.extensions.find((extension) => extension.required);
  if (required !== undefined) {
    throw badCard(`it requires the extension ${shown(required.uri)}, which the gateway does not speak`);
  }
  const name = text(json['name']);
  if (name === '' || name.length > MAX_NAME) throw badCard(`its name has to have 1 to ${MAX_NAME} characters`);
  return {
    name,
    description: text(sdk.description),
    version: text(sdk.version).slice(0, MAX_NAME),
    skills: sdk.skills.slice(0, MAX_SKILLS).map(readSkill),
    inputModes: sdk.defaultInputModes.map(text),
    outputModes: sdk.defaultOutputModes.map(text),
    isStreaming: sdk.capabilities?.streaming === true,
    interface: chosenInterface(sdk),
    sdk,
  };
}

function readSkill({ id, name, description, examples }: SdkCard['skills'][number]): AgentSkill {
  if (text(id) === '' || id.length > MAX_NAME) throw badCard(`a skill's id has to have 1 to ${MAX_NAME} characters`);
  return { id, name: text(name) || id, description: text(description), examples: examples.map(text) };
}

function chosenInterface({ supportedInterfaces }: SdkCard): AgentInterface {
  for (const { url, protocolBinding, protocolVersion, tenant } of supportedInterfaces) {
    const version = spokenVersion(text(protocolVersion));
    if (text(protocolBinding).toUpperCase() !== 'JSONRPC' || version === undefined) continue;
    // Some name a path alone.
    const base = 'http://agent.invalid';
    if (!URL.canParse(text(url), base)) throw badCard(`its interface names ${shown(text(url))}, which is no URL`);
    const { pathname, search } = new URL(url, base);
    return { path: pathname + search, tenant: text(tenant), version };
  }
  const found = supportedInterfaces.map((each) => `${text(each.protocolBinding)} ${text(each.protocolVersion)}`);
  const has = found.length === 0 ? 'it names none' : `it names ${found.slice(0, 5).join(', ').slice(0, 128)}`;
  throw badCard(`it needs an interface with JSONRPC in version 1.0 or 0.3; ${has}`);
}

/** Versions are told apart by major and minor alone (A2A 1.0, Versioning). */
export function spokenVersion(version: string): AgentVersion | undefined {
  const [, spoken] = /^(1\.0|0\.3)(\.|$)/.exec(version) ?? [];
  return spoken as AgentVersion | undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function shown(value: string): string {
  return JSON.stringify(value.slice(0, 128));
}

function badCard(what: string, cause?: unknown): AgentError {
  return new AgentError('ERR_AGENT_CARD', `The agent card is of no use: ${what}.`, { cause });
}
