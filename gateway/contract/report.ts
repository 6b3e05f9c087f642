import { Ajv } from 'ajv';

/**
 * The report: what one gateway replica knows of the Services in its registry. It serves it as JSON on the admin port
 * (`REPORT_PATH`); the hooks read it of every replica and join it into the Gateway's status. One of the three contracts.
 */
export interface GatewayReport {
  readonly formatVersion: number;
  readonly gateway: { readonly namespace: string; readonly name: string };
  readonly registry: {
    /** The revision that the replica serves; null before the first. */
    readonly revision: string | null;
    /** Why a newer document was not taken, a sentence; absent when the newest is served. */
    readonly error?: string;
  };
  /** Present when HTTPS was asked for; `error`: why it cannot be served, a sentence. */
  readonly tls?: { readonly error?: string };
  /** Present when the CAs of servers are not as the Gateway has them; `error`: what is wrong, a sentence. */
  readonly cas?: { readonly error?: string };
  /** Present when what is to be shown to servers is not there, or nobody is shown it; `error`: what is wrong, sentences. */
  readonly credentials?: { readonly error?: string };
  /** The names of rules that name nothing which is there, in their order; absent while that is not known. */
  readonly rules?: { readonly unmatched: readonly string[] };
  /** Why some who should be let in may not be, sentences; absent: there is nothing to say. */
  readonly access?: { readonly error?: string };
  /** Sorted by namespace, then name. */
  readonly services: readonly ServiceReport[];
}

/**
 * Available: it answered MCP and its lists are known, or A2A and its card is. Pending: not probed yet, or nothing to dial.
 * Unavailable: it fails.
 */
export type ServiceState = 'Available' | 'Pending' | 'Unavailable';

/** What a Service can be found to speak. */
export type FoundProtocol = 'mcp' | 'a2a';

export interface ServiceReport {
  readonly namespace: string;
  readonly name: string;
  readonly state: ServiceState;
  /** When `state` or `message` last changed, RFC 3339. */
  readonly since: string;
  /** Why it is not Available, or what is wrong although it is: a sentence. */
  readonly message?: string;
  /** What it was found to speak; absent while unknown. */
  readonly protocol?: FoundProtocol;
  /** The era of MCP that it is spoken to in; absent while unknown. */
  readonly era?: 'legacy' | 'modern';
  /** The digest of its tools, by which a person approves of them: `sha256:` and 64 hexadecimal digits; absent while unknown. */
  readonly toolsDigest?: string;
  readonly toolCount: number;
  readonly promptCount: number;
  readonly resourceCount: number;
  /** Skills on the agent's card; absent without a card. */
  readonly skillCount?: number;
}

/** The version of the report that this build writes. */
export const REPORT_FORMAT_VERSION = 1;

const count = { type: 'integer', minimum: 0 } as const;
const validate = new Ajv().compile<GatewayReport>({
  type: 'object',
  required: ['formatVersion', 'gateway', 'registry', 'services'],
  properties: {
    formatVersion: { type: 'integer', minimum: 1, maximum: REPORT_FORMAT_VERSION },
    gateway: {
      type: 'object',
      required: ['namespace', 'name'],
      properties: { namespace: { type: 'string' }, name: { type: 'string' } },
    },
    registry: {
      type: 'object',
      required: ['revision'],
      properties: { revision: { type: ['string', 'null'] }, error: { type: 'string' } },
    },
    tls: { type: 'object', properties: { error: { type: 'string' } } },
    cas: { type: 'object', properties: { error: { type: 'string' } } },
    credentials: { type: 'object', properties: { error: { type: 'string' } } },
    rules: {
      type: 'object',
      required: ['unmatched'],
      properties: { unmatched: { type: 'array', items: { type: 'string', maxLength: 256 } } },
    },
    access: { type: 'object', properties: { error: { type: 'string' } } },
    services: {
      type: 'array',
      items: {
        type: 'object',
        required: ['namespace', 'name', 'state', 'since', 'toolCount', 'promptCount', 'resourceCount'],
        properties: {
          namespace: { type: 'string' },
          name: { type: 'string' },
          state: { enum: ['Available', 'Pending', 'Unavailable'] },
          since: { type: 'string' },
          message: { type: 'string', maxLength: 2048 },
          protocol: { enum: ['mcp', 'a2a'] },
          era: { enum: ['legacy', 'modern'] },
          toolsDigest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
          toolCount: count,
          promptCount: count,
          resourceCount: count,
          skillCount: count,
        },
      },
    },
  },
});

/** Reads a report's text; undefined if it is not one that this build understands (the hooks then keep what they knew). */
export function parseReport(text: string): GatewayReport | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return validate(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
