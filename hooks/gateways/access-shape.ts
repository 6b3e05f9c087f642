import type { AuthMethodSpec, GatewaySpec } from './gateway.ts';

/**
 * What spec.auth is made of. In a cluster the API server sees to that by the CRD; where it has not, in local mode, a member
 * that is not known must not be passed over: a rule would say less than its author means.
 */

/** What a value has to be. */
type Shape =
  | 'text'
  | 'texts'
  | 'number'
  | 'boolean'
  | { readonly list: Shape }
  | { readonly members: Readonly<Record<string, Shape>>; readonly isFilled?: true };

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
