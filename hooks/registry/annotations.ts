import { entryBounds, type DeclaredProtocol, type ServiceType } from '../../gateway/contract/registry-document.ts';
import { Fault, quoted } from './fault.ts';
import type { Service } from './service.ts';

/** The annotations on a Service, by what they say. */
export const annotations = {
  type: 'mcp.fetchfy.ai/type',
  protocol: 'mcp.fetchfy.ai/protocol',
  endpoint: 'mcp.fetchfy.ai/endpoint',
  port: 'mcp.fetchfy.ai/port',
  description: 'mcp.fetchfy.ai/description',
  version: 'mcp.fetchfy.ai/version',
  timeout: 'mcp.fetchfy.ai/timeout',
  prefix: 'mcp.fetchfy.ai/prefix',
  route: 'mcp.fetchfy.ai/route',
  toolsDigest: 'mcp.fetchfy.ai/tools-digest',
  gateways: 'mcp.fetchfy.ai/gateways',
  scheme: 'mcp.fetchfy.ai/scheme',
} as const;

/** How the gateway reaches a Service: its endpoints one by one, or its name (strict service meshes want that). */
export type Route = 'endpoints' | 'service';

/** What is spoken at a Service's port. */
export type Scheme = 'http' | 'https';

/** What a Service's annotations say, checked and with defaults. */
export interface Declaration {
  readonly type: ServiceType;
  /** Absent: MCP. */
  readonly protocol?: DeclaredProtocol;
  /** Of the MCP endpoint; with protocol `a2a` the one below which the agent's card lies. */
  readonly path: string;
  /** The name or number of one of the Service's ports; absent: to be found. */
  readonly port?: string;
  readonly description?: string;
  readonly version?: string;
  readonly timeoutMs?: number;
  readonly prefix: string;
  readonly route: Route;
  /** Of the tools that were approved. */
  readonly toolsDigest?: string;
  /** Absent: the port's appProtocol says it. */
  readonly scheme?: Scheme;
}

const DEFAULT_PATH = { mcp: '/mcp', auto: '/mcp', a2a: '/' } as const;
const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1000;

/** Reads a Service's annotations; the first fault if any of them is wrong. */
export function readDeclaration(service: Service): Declaration | Fault {
  const type = readType(service);
  if (type instanceof Fault) return type;
  const protocol = readProtocol(service, type);
  if (protocol instanceof Fault) return protocol;
  const path = readPath(service, protocol);
  if (path instanceof Fault) return path;
  const description = readBounded(service, 'description', entryBounds.description);
  if (description instanceof Fault) return description;
  const version = readBounded(service, 'version', entryBounds.version);
  if (version instanceof Fault) return version;
  const timeoutMs = readTimeout(service);
  if (timeoutMs instanceof Fault) return timeoutMs;
  const prefix = readPrefix(service);
  if (prefix instanceof Fault) return prefix;
  const route = readRoute(service);
  if (route instanceof Fault) return route;
  const toolsDigest = readToolsDigest(service);
  if (toolsDigest instanceof Fault) return toolsDigest;
  const scheme = readScheme(service);
  if (scheme instanceof Fault) return scheme;
  const port = valueOf(service, 'port');
  return {
    type,
    path,
    prefix,
    route,
    ...(protocol === 'mcp' ? {} : { protocol }),
    ...(port === undefined ? {} : { port }),
    ...(description === undefined ? {} : { description }),
    ...(version === undefined ? {} : { version }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(toolsDigest === undefined ? {} : { toolsDigest }),
    ...(scheme === undefined ? {} : { scheme }),
  };
}

/** An annotation's text without white space around it; an empty one counts as absent. */
function valueOf(service: Service, name: keyof typeof annotations): string | undefined {
  const value = service.metadata.annotations?.[annotations[name]]?.trim();
  return value === '' ? undefined : value;
}

/** What a Service says it is; also told of one that is rejected for another reason. */
export function readType(service: Service): ServiceType | Fault {
  const value = valueOf(service, 'type') ?? 'tool';
  if (value === 'tool' || value === 'agent') return value;
  return new Fault(
    'UnknownType',
    `The annotation ${annotations.type} is ${quoted(value)}: it must be "tool" or "agent".`,
  );
}

/** What a Service speaks: a tool server MCP, an agent what it says, or whichever of the two is found. */
function readProtocol(service: Service, type: ServiceType): DeclaredProtocol | 'mcp' | Fault {
  const value = valueOf(service, 'protocol') ?? (type === 'agent' ? 'auto' : 'mcp');
  if (value !== 'mcp' && value !== 'a2a' && value !== 'auto') {
    return new Fault(
      'UnknownProtocol',
      `The annotation ${annotations.protocol} is ${quoted(value)}: it must be "mcp", "a2a" or "auto".`,
    );
  }
  if (type === 'agent' || value === 'mcp') return value;
  return new Fault(
    'UnknownProtocol',
    `The annotation ${annotations.protocol} is ${quoted(value)}, but only agents (${annotations.type}: agent) speak A2A: set that type, or remove the annotation.`,
  );
}

// RFC 3986 pchar. No query: the gateway sends what it likes there. No empty or dot segment: "//host" would be read as
// an authority, and ".." would be resolved away.
const PATH = /^(\/([A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)+$/;
const EMPTY_OR_DOT_SEGMENT = /\/(\.{0,2})\//;
const LAST_DOT_SEGMENT = /\/\.{1,2}$/;

function readPath(service: Service, protocol: DeclaredProtocol | 'mcp'): string | Fault {
  const value = valueOf(service, 'endpoint') ?? DEFAULT_PATH[protocol];
  if (Buffer.byteLength(value) > entryBounds.path) return tooLong('endpoint', value, entryBounds.path);
  if (!PATH.test(value) || EMPTY_OR_DOT_SEGMENT.test(value) || LAST_DOT_SEGMENT.test(value)) {
    const wanted = protocol === 'a2a' ? "path below which the agent's card lies" : 'path of the MCP endpoint';
    return new Fault(
      'InvalidEndpoint',
      `The annotation ${annotations.endpoint} is ${quoted(value)}: it must be the ${wanted} on the Service, such as "${DEFAULT_PATH[protocol]}", without host, query or "..".`,
    );
  }
  return value;
}

function readBounded(service: Service, name: 'description' | 'version', bound: number): string | undefined | Fault {
  const value = valueOf(service, name);
  return value !== undefined && Buffer.byteLength(value) > bound ? tooLong(name, value, bound) : value;
}

function tooLong(name: keyof typeof annotations, value: string, bound: number): Fault {
  return new Fault(
    'FieldTooLong',
    `The annotation ${annotations[name]} has ${Buffer.byteLength(value)} bytes: it may have at most ${bound}.`,
  );
}

const DURATION = /^(\d+(\.\d+)?(ms|s|m|h))+$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function readTimeout(service: Service): number | undefined | Fault {
  const value = valueOf(service, 'timeout');
  if (value === undefined) return undefined;
  const milliseconds = DURATION.test(value) && value.length <= 64 ? Math.round(durationMs(value)) : 0;
  if (milliseconds >= 1 && milliseconds <= MAX_TIMEOUT_MS) return milliseconds;
  return new Fault(
    'InvalidTimeout',
    `The annotation ${annotations.timeout} is ${quoted(value)}: it must be a duration of more than 0 and at most 24h, such as "30s", "1m30s" or "500ms".`,
  );
}

/** The milliseconds of a duration in the form that Kubernetes and Go write. */
function durationMs(text: string): number {
  let sum = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h)/g)) {
    sum += Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  }
  return sum;
}

function readPrefix(service: Service): string | Fault {
  const value = valueOf(service, 'prefix');
  // A Service's own name is a DNS label: always fit to be a prefix, and longer than a declared one may be.
  if (value === undefined) return service.metadata.name;
  if (/^[A-Za-z0-9-]{1,32}$/.test(value)) return value;
  return new Fault(
    'InvalidPrefix',
    `The annotation ${annotations.prefix} is ${quoted(value)}: it must be 1 to 32 letters, digits and "-".`,
  );
}

function readRoute(service: Service): Route | Fault {
  const value = valueOf(service, 'route') ?? 'endpoints';
  if (value === 'endpoints' || value === 'service') return value;
  return new Fault(
    'InvalidRoute',
    `The annotation ${annotations.route} is ${quoted(value)}: it must be "endpoints" or "service".`,
  );
}

function readToolsDigest(service: Service): string | undefined | Fault {
  const value = valueOf(service, 'toolsDigest');
  if (value === undefined || /^sha256:[0-9a-f]{64}$/.test(value)) return value;
  return new Fault(
    'InvalidToolsDigest',
    `The annotation ${annotations.toolsDigest} is ${quoted(value)}: it must be "sha256:" and 64 lower-case hexadecimal digits, as the Gateway's status has it in toolsDigest.`,
  );
}

function readScheme(service: Service): Scheme | undefined | Fault {
  const value = valueOf(service, 'scheme');
  if (value === undefined || value === 'http' || value === 'https') return value;
  return new Fault(
    'InvalidScheme',
    `The annotation ${annotations.scheme} is ${quoted(value)}: it must be "http" or "https".`,
  );
}
