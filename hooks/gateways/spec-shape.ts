import type { AuthMethodSpec, GatewaySpec } from './gateway.ts';

/**
 * What spec.auth is made of, and the other fields that the registry passes on as they are. In a cluster the API server sees to that by the CRD; where it has not, in local mode, a member
 * that is not known must not be passed over: a rule would say less than its author means.
 */

/** What a value has to be. */
type Shape =
  | 'text'
  | 'texts'
  | 'number'
  /** A whole number of at least 1. */
  | 'count'
  | 'boolean'
  | { readonly oneOf: readonly string[] }
  | { readonly list: Shape }
  | { readonly members: Readonly<Record<string, Shape>>; readonly isFilled?: true; readonly needs?: string };

const nothing: Shape = { members: {} };

const jwt: Shape = {
  members: {
    issuer: 'text',
    audiences: 'texts',
    jwksUri: 'text',
    algorithms: 'texts',
    clockSkewSeconds: 'number',
    userClaim: 'text',
    groupsClaim: 'text',
    scopesClaim: 'text',
    allowPrivateAddresses: 'boolean',
  },
};

const source: Shape = {
  isFilled: true,
  members: {
    users: 'texts',
    issuers: 'texts',
    groups: 'texts',
    scopes: 'texts',
    serviceAccounts: 'texts',
    apiKeys: 'texts',
    certificates: 'texts',
    anonymous: 'boolean',
    claims: { list: { members: { name: 'text', values: 'texts' } } },
  },
};

const target: Shape = {
  isFilled: true,
  members: { services: 'texts', tools: 'texts', prompts: 'texts', resources: 'texts', agents: 'texts' },
};

const auth: Shape = {
  members: {
    methods: {
      list: {
        members: {
          jwt,
          serviceAccount: { members: { audiences: 'texts' } },
          apiKey: { members: { secretRef: 'text', header: 'text' } },
          clientCertificate: nothing,
          anonymous: nothing,
        },
      },
    },
    rules: { list: { members: { name: 'text', effect: 'text', from: { list: source }, to: { list: target } } } },
  },
};

const rate: Shape = { needs: 'requests', members: { requests: 'count', periodSeconds: 'count', burst: 'count' } };

const policies = {
  cors: { needs: 'allowOrigins', members: { allowOrigins: 'texts' } },
  limits: {
    members: {
      perPrincipal: rate,
      perServer: rate,
      perTool: rate,
      concurrentPerPrincipal: 'count',
      concurrentPerServer: 'count',
    },
  },
  toolPolicy: { oneOf: ['Warn', 'Enforce'] },
  audit: { members: { mode: { oneOf: ['None', 'Denied', 'All'] }, arguments: 'boolean' } },
} as const satisfies Partial<Record<keyof GatewaySpec, Shape>>;

/** What is not as it has to be in the fields beside spec.auth that a gateway is told, one sentence each. */
export function policyShapeFaults(spec: GatewaySpec): string[] {
  return Object.entries(policies).flatMap(([name, shape]) => {
    const value: unknown = spec[name as keyof typeof policies];
    return value === undefined ? [] : shapeFaults(value, shape, `spec.${name}`);
  });
}

/** What is not as it has to be in spec.auth, one sentence each. */
export function authShapeFaults(value: unknown): string[] {
  const faults = shapeFaults(value, auth, 'spec.auth');
  // Without them nothing else of it can be looked at.
  if (faults.length === 0 && (value as { methods?: unknown }).methods === undefined) {
    return ['spec.auth.methods is missing: name at least one way to say who one is.'];
  }
  return faults;
}

/** The ways to say who one is that a spec has, as far as they can be read, whatever else is wrong with spec.auth. */
export function authMethods({ auth: found }: GatewaySpec): readonly AuthMethodSpec[] {
  const methods: unknown = found?.methods;
  return Array.isArray(methods) ? methods.filter((each) => typeof each === 'object' && each !== null) : [];
}

function shapeFaults(value: unknown, shape: Shape, where: string): string[] {
  if (shape === 'text') return typeof value === 'string' && value !== '' ? [] : [wrong(where, value, 'a text')];
  if (shape === 'number' || shape === 'boolean') {
    return typeof value === shape ? [] : [wrong(where, value, shape === 'number' ? 'a number' : 'true or false')];
  }
  if (shape === 'count') {
    return Number.isInteger(value) && (value as number) >= 1 ? [] : [wrong(where, value, 'a whole number, at least 1')];
  }
  if (typeof shape === 'object' && 'oneOf' in shape) {
    return shape.oneOf.some((each) => each === value) ? [] : [wrong(where, value, shape.oneOf.join(' or '))];
  }
  if (shape === 'texts' || 'list' in shape) {
    if (!Array.isArray(value) || (value.length === 0 && where !== 'spec.auth.methods' && where !== 'spec.auth.rules')) {
      return [wrong(where, value, 'a list that is not empty')];
    }
    const of = shape === 'texts' ? 'text' : shape.list;
    return value.flatMap((each: unknown, index) => shapeFaults(each, of, `${where}[${index}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [wrong(where, value, 'an object')];
  const known = Object.keys(shape.members);
  if (shape.isFilled === true && Object.keys(value).length === 0) {
    return [`${where} is empty: expected some of ${known.join(', ')}. What is left out means everyone, or everything.`];
  }
  const { needs } = shape;
  if (needs !== undefined && !Object.hasOwn(value, needs)) return [`${where}.${needs} is missing.`];
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = Object.hasOwn(shape.members, name) ? shape.members[name] : undefined;
    if (inner !== undefined) return shapeFaults(member, inner, `${where}.${name}`);
    const expected = known.length === 0 ? 'it has no members' : `expected only ${known.join(', ')}`;
    return [`${where}.${name.slice(0, 64)} is not known: ${expected}.`];
  });
}

function wrong(where: string, value: unknown, expected: string): string {
  const found = JSON.stringify(value) ?? 'missing';
  return `${where} is ${found.length > 64 ? `${found.slice(0, 64)}…` : found}: expected ${expected}.`;
}
