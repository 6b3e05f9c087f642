import { Ajv, type ValidateFunction } from 'ajv';
import type {
  CompositeSyncResponse,
  CustomizeResponse,
  DecoratorSyncResponse,
} from '../../hooks/metacontroller/hooks.ts';
import type { Webhook } from './controller.ts';

/** A hook that failed, or whose answer Metacontroller would not take. */
export class HookError extends Error {
  override readonly name = 'HookError';
}

/** What a hook answered over HTTP. */
export interface HookAnswer {
  readonly statusCode: number;
  readonly body: string;
}

/** Calls a hook: POST of `body` as JSON. Rejects when there is no answer at all. */
export type CallHook = (hook: Webhook, body: object) => Promise<HookAnswer>;

const labelSelector = {
  type: 'object',
  additionalProperties: false,
  properties: {
    matchLabels: { type: 'object', additionalProperties: { type: 'string' } },
    matchExpressions: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['key', 'operator'],
        properties: {
          key: { type: 'string' },
          operator: { type: 'string' },
          values: { type: 'array', items: { type: 'string' } },
        },
      },
    },
  },
} as const;

const customizeSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['relatedResources'],
  properties: {
    relatedResources: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['apiVersion', 'resource'],
        properties: {
          apiVersion: { type: 'string', minLength: 1 },
          resource: { type: 'string', minLength: 1 },
          labelSelector,
          namespaceSelector: labelSelector,
          namespace: { type: 'string' },
          names: { type: 'array', items: { type: 'string' } },
        },
      },
    },
  },
} as const;

/** Objects as far as the driver reads them itself; the rest is the API server's to judge. */
const objects = {
  type: 'array',
  items: {
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata'],
    properties: {
      apiVersion: { type: 'string', minLength: 1 },
      kind: { type: 'string', minLength: 1 },
      metadata: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', minLength: 1 }, namespace: { type: 'string' } },
      },
    },
  },
} as const;

const resyncAfterSeconds = { type: 'number', minimum: 0 } as const;
const stringsOrNull = { type: 'object', additionalProperties: { type: ['string', 'null'] } } as const;

const compositeSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['status', 'children'],
  properties: { status: { type: 'object' }, children: objects, resyncAfterSeconds, finalized: { type: 'boolean' } },
} as const;

const decoratorSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['attachments'],
  properties: {
    labels: stringsOrNull,
    annotations: stringsOrNull,
    status: { type: ['object', 'null'] },
    attachments: objects,
    resyncAfterSeconds,
    finalized: { type: 'boolean' },
  },
} as const;

const ajv = new Ajv({ allowUnionTypes: true });
const validators = {
  customize: ajv.compile<CustomizeResponse>(customizeSchema),
  composite: ajv.compile<CompositeSyncResponse>(compositeSchema),
  decorator: ajv.compile<DecoratorSyncResponse>(decoratorSchema),
};

export function readCustomizeAnswer(hook: Webhook, answer: HookAnswer): CustomizeResponse {
  return read(hook, answer, validators.customize);
}

export function readCompositeAnswer(hook: Webhook, answer: HookAnswer): CompositeSyncResponse {
  return read(hook, answer, validators.composite);
}

export function readDecoratorAnswer(hook: Webhook, answer: HookAnswer): DecoratorSyncResponse {
  return read(hook, answer, validators.decorator);
}

/** Reads an answer strictly, as Metacontroller does for v2: only status 200 counts, and an unknown field is an error. */
function read<T>({ path }: Webhook, { statusCode, body }: HookAnswer, validate: ValidateFunction<T>): T {
  if (statusCode !== 200) {
    throw new HookError(`The hook ${path} answered HTTP ${statusCode}, not 200: ${body.slice(0, 500)}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw new HookError(`The hook ${path} answered something that is not JSON.`, { cause });
  }
  if (validate(value)) return value;
  const [error] = validate.errors ?? [];
  const field =
    typeof error?.params['additionalProperty'] === 'string' ? ` "${error.params['additionalProperty']}"` : '';
  throw new HookError(
    `The hook ${path} gave an answer that is not valid: ${error?.instancePath || '/'} ${error?.message}${field}.`,
  );
}
