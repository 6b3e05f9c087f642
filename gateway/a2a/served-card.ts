import { spokenVersion } from '../agents/agent-card.ts';
import { isJsonObject, type JsonObject } from '../upstream/json.ts';
import { folded } from './places.ts';

/**
 * An agent's card as the gateway gives it to A2A clients, in the shape that the agent itself uses (1.0, 0.3, or both in
 * one). They find the gateway's URL in it, and nothing that holds only without the gateway: other bindings, the tenant,
 * signatures, how the agent authenticates, push notifications, an extended card. All else stays, known or not.
 * @param json as the agent gave it, checked by `readAgentCard`
 * @param url under which clients reach the agent through the gateway
 */
export function servedCard(json: JsonObject, url: string): JsonObject {
  const has = new Set(Object.keys(json).map(folded));
  const isOlder = has.has('url') || !has.has('supportedinterfaces');
  const served = mapped(json, {
    signatures: drop,
    securityschemes: drop,
    securityrequirements: drop,
    security: drop,
    url: () => url,
    preferredtransport: () => 'JSONRPC',
    additionalinterfaces: () => [{ url, transport: 'JSONRPC' }],
    supportsauthenticatedextendedcard: () => false,
    supportedinterfaces: (value) => interfaces(value, url),
    capabilities,
    skills: (value) => (Array.isArray(value) ? value.map(skill) : value),
  });
  // A card of 0.3 whose main interface is none of these would send clients elsewhere.
  return isOlder ? { ...served, url, preferredTransport: 'JSONRPC' } : served;
}

type Changes = Readonly<Record<string, (value: unknown) => unknown>>;

const drop = (): undefined => undefined;

/** The object with some members changed; those that become undefined are left out. @param changes by folded name */
function mapped(object: JsonObject, changes: Changes): JsonObject {
  const members = Object.entries(object).map(([name, value]) => {
    const key = folded(name);
    return [name, Object.hasOwn(changes, key) ? changes[key]?.(value) : value] as const;
  });
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

/** One of each version that the gateway speaks: all are at one URL, and the gateway tells them apart by the version. */
function interfaces(value: unknown, url: string): unknown {
  if (!Array.isArray(value)) return value;
  const seen = new Set<string>();
  return value.filter(isJsonObject).flatMap((each) => {
    const said = new Map(Object.entries(each).map(([name, member]) => [folded(name), String(member)]));
    const version = spokenVersion(said.get('protocolversion') ?? '');
    if (said.get('protocolbinding')?.toUpperCase() !== 'JSONRPC' || version === undefined || seen.has(version))
      return [];
    seen.add(version);
    return [mapped(each, { url: () => url, tenant: drop })];
  });
}

function capabilities(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const no = (): boolean => false;
  const declared = mapped(value, { pushnotifications: no, extendedagentcard: no });
  return { ...declared, pushNotifications: false };
}

function skill(value: unknown): unknown {
  return isJsonObject(value) ? mapped(value, { securityrequirements: drop, security: drop }) : value;
}
