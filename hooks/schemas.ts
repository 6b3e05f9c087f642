/**
 * JSON Schemas of the hooks' request bodies: the envelope, and of each object in it what the hooks take for granted. What
 * objects say beyond that came through the API server's own validation, and is read with care.
 */

const object = {
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata'],
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string', minLength: 1 }, namespace: { type: 'string' } },
    },
  },
} as const;

/** A Gateway: namespaced, and known by its uid. */
const parent = {
  ...object,
  properties: {
    ...object.properties,
    metadata: {
      ...object.properties.metadata,
      required: ['name', 'namespace'],
      properties: { ...object.properties.metadata.properties, uid: { type: 'string' } },
    },
    spec: { type: 'object' },
    status: { type: 'object' },
  },
} as const;

const objectMap = {
  type: 'object',
  additionalProperties: { type: 'object', additionalProperties: object },
} as const;

export const customizeSchema = { type: 'object', required: ['parent'], properties: { parent } } as const;

export const compositeSyncSchema = {
  type: 'object',
  required: ['parent', 'children', 'related'],
  properties: { controller: object, parent, children: objectMap, related: objectMap },
} as const;

export const decoratorSyncSchema = {
  type: 'object',
  required: ['controller', 'object', 'attachments', 'related'],
  properties: { controller: object, object: parent, attachments: objectMap, related: objectMap },
} as const;
