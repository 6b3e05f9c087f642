/**
 * JSON Schema of the parts of the registry that say who may do what. Here unknown members are refused: what a gateway does
 * not understand of these, it must not guess.
 */

const strings = { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } } as const;
const positive = { type: 'integer', minimum: 1 } as const;

function closed<const P extends object, const R extends readonly (keyof P & string)[]>(properties: P, required: R) {
  return { type: 'object', additionalProperties: false, required, properties } as const;
}

const nothing = closed({}, []);

const jwt = closed(
  {
    issuer: { type: 'string', minLength: 1 },
    audiences: strings,
    jwksUri: { type: 'string', pattern: '^https://' },
    algorithms: strings,
    clockSkewSeconds: { type: 'integer', minimum: 0, maximum: 600 },
    userClaim: { type: 'string', minLength: 1 },
    groupsClaim: { type: 'string', minLength: 1 },
    scopesClaim: { type: 'string', minLength: 1 },
    allowPrivateAddresses: { type: 'boolean' },
  },
  ['issuer', 'algorithms', 'clockSkewSeconds', 'userClaim', 'groupsClaim', 'scopesClaim', 'allowPrivateAddresses'],
);

export const authPolicy = closed(
  {
    methods: {
      type: 'array',
      minItems: 1,
      items: {
        oneOf: [
          closed({ jwt }, ['jwt']),
          closed({ serviceAccount: closed({ audiences: strings }, ['audiences']) }, ['serviceAccount']),
          closed({ apiKey: closed({ header: { type: 'string', minLength: 1 } }, ['header']) }, ['apiKey']),
          closed({ clientCertificate: nothing }, ['clientCertificate']),
          closed({ anonymous: nothing }, ['anonymous']),
        ],
      },
    },
  },
  ['methods'],
);

const accessSource = closed(
  {
    users: strings,
    issuers: strings,
    groups: strings,
    scopes: strings,
    claims: {
      type: 'array',
      minItems: 1,
      items: closed({ name: { type: 'string', minLength: 1 }, values: strings }, ['name', 'values']),
    },
    serviceAccounts: strings,
    apiKeys: strings,
    certificates: strings,
    anonymous: { type: 'boolean' },
  },
  [],
);

const accessTarget = closed(
  { services: strings, tools: strings, prompts: strings, resources: strings, agents: strings },
  [],
);

export const accessRule = closed(
  {
    name: { type: 'string', minLength: 1 },
    effect: { enum: ['Allow', 'Deny'] },
    from: { type: 'array', minItems: 1, items: accessSource },
    to: { type: 'array', minItems: 1, items: accessTarget },
  },
  ['name', 'effect'],
);

const rateLimit = closed({ requests: positive, periodSeconds: positive, burst: positive }, [
  'requests',
  'periodSeconds',
  'burst',
]);

export const limitPolicy = closed(
  {
    perPrincipal: rateLimit,
    perServer: rateLimit,
    perTool: rateLimit,
    concurrentPerPrincipal: positive,
    concurrentPerServer: positive,
  },
  [],
);

export const auditPolicy = closed({ mode: { enum: ['None', 'Denied', 'All'] }, arguments: { type: 'boolean' } }, [
  'mode',
  'arguments',
]);

export const corsPolicy = closed({ allowOrigins: strings }, ['allowOrigins']);
