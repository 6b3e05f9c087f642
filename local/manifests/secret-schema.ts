/** The schema of a Secret, as far as people write one. In a cluster the API server knows it. */
export const secretSchema = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    immutable: { type: 'boolean' },
    data: {
      type: 'object',
      additionalProperties: { type: 'string', pattern: '^\\s*([A-Za-z0-9+/]\\s*)*(=\\s*){0,2}$' },
    },
    stringData: { type: 'object', additionalProperties: { type: 'string' } },
  },
} as const;
