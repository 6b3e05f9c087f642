/** JSON Schema (draft-07, as ajv 8 reads by default) of the registry's parts. Unknown members are allowed and ignored. */
import { accessRule, auditPolicy, authPolicy, corsPolicy, limitPolicy } from './access-schema.ts';

const dnsLabel = { type: 'string', minLength: 1, maxLength: 63 } as const;
const sha256Hex = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
const gateway = {
  type: 'object',
  required: ['namespace', 'name'],
  properties: { namespace: dnsLabel, name: dnsLabel },
} as const;
const serviceType = { enum: ['tool', 'agent'] } as const;
const declaredProtocol = { enum: ['a2a', 'auto'] } as const;

export const indexSchema = {
  type: 'object',
  required: ['formatVersion', 'gateway', 'revision', 'policy', 'serviceCount', 'rejectedCount', 'shards'],
  properties: {
    formatVersion: { type: 'integer', minimum: 1 },
    gateway,
    generation: { type: 'integer', minimum: 0 },
    revision: sha256Hex,
    policy: {
      type: 'object',
      required: ['hosts'],
      properties: {
        hosts: { type: 'array', items: { type: 'string' } },
        publicUrl: { type: 'string' },
        auth: authPolicy,
        cors: corsPolicy,
        limits: limitPolicy,
        audit: auditPolicy,
        toolPolicy: { enum: ['Warn', 'Enforce'] },
        apiServers: { type: 'array', items: { type: 'string', minLength: 1 } },
      },
    },
    serviceCount: { type: 'integer', minimum: 0 },
    rejectedCount: { type: 'integer', minimum: 0 },
    shards: { type: 'array', minItems: 1, maxItems: 64, items: sha256Hex },
  },
} as const;

export const shardSchema = {
  type: 'object',
  required: ['formatVersion', 'services', 'rejected'],
  properties: {
    formatVersion: { type: 'integer', minimum: 1 },
    services: {
      type: 'array',
      items: {
        type: 'object',
        required: ['namespace', 'name', 'type', 'created', 'prefix', 'path', 'host', 'targets'],
        properties: {
          namespace: dnsLabel,
          name: dnsLabel,
          type: serviceType,
          protocol: declaredProtocol,
          created: { type: 'string' },
          prefix: { type: 'string', pattern: '^[A-Za-z0-9-]{1,128}$' },
          path: { type: 'string', pattern: '^/' },
          alias: { type: 'string', pattern: '^/mcp/' },
          host: { type: 'string', minLength: 1 },
          targets: { type: 'array', items: { type: 'string', minLength: 1 } },
          pending: { type: 'string' },
          scheme: { enum: ['https'] },
          toolsDigest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
          timeoutMs: { type: 'integer', minimum: 1 },
          description: { type: 'string' },
          version: { type: 'string' },
          note: { type: 'string' },
        },
      },
    },
    rules: { type: 'array', items: accessRule },
    rejected: {
      type: 'array',
      items: {
        type: 'object',
        required: ['namespace', 'name', 'type', 'reason', 'message'],
        properties: {
          namespace: dnsLabel,
          name: dnsLabel,
          type: serviceType,
          reason: { type: 'string' },
          message: { type: 'string' },
        },
      },
    },
  },
} as const;
