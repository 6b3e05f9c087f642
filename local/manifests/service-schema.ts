/** The schema of what a Service's manifest may say, as far as the hooks read it. In a cluster the API server knows it all. */
export const serviceSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        type: { enum: ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] },
        externalName: { type: 'string', minLength: 1 },
        clusterIP: { type: 'string' },
        selector: { type: 'object', additionalProperties: { type: 'string' } },
        ports: {
          type: 'array',
          items: {
            type: 'object',
            required: ['port'],
            properties: {
              name: { type: 'string', maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
              port: { type: 'integer', minimum: 1, maximum: 65_535 },
              protocol: { enum: ['TCP', 'UDP', 'SCTP'] },
              appProtocol: { type: 'string' },
              targetPort: { type: ['integer', 'string'] },
            },
            additionalProperties: true,
          },
        },
      },
      additionalProperties: true,
    },
  },
  additionalProperties: true,
} as const;
