import { canonicalJson } from '../../gateway/contract/canonical-json.ts';
import type { AccessRuleSpec, AuthMethodSpec, GatewaySpec } from './gateway.ts';

/** The most rules of a Gateway. */
const MAX_RULES = 500;
/** The most bytes of one rule, as JSON: it must fit into one part of the registry. */
const MAX_RULE_BYTES = 16 * 1024;

const METHODS = ['jwt', 'serviceAccount', 'apiKey', 'clientCertificate', 'anonymous'] as const;

/**
 * What is wrong with who may come to a Gateway, and with what each may use: one sentence each. What fields there are, and of
 * which types, the CRD's schema says: the API server refuses the rest, and so does local mode.
 */
export function accessFaults(spec: GatewaySpec): string[] {
  const { enableTls = false, clientCaSecretRef, auth } = spec;
  const faults: string[] = [];
  if (clientCaSecretRef !== undefined && !enableTls) {
    faults.push('spec.clientCaSecretRef names a Secret, but spec.enableTls is not set: set it, or remove the Secret.');
  }
  if (auth === undefined) return faults;
  faults.push(...methodFaults(auth.methods), ...ruleFaults(auth.rules ?? []));
  if (
    auth.methods.some(({ clientCertificate }) => clientCertificate !== undefined) &&
    clientCaSecretRef === undefined
  ) {
    faults.push(
      'spec.auth.methods has clientCertificate, but spec.clientCaSecretRef does not name the Secret with the CA of clients.',
    );
  }
  return faults;
}

function methodFaults(methods: readonly AuthMethodSpec[]): string[] {
  const faults = methods.flatMap((method, index) => {
    const named = METHODS.filter((name) => method[name] !== undefined);
    if (named.length === 1) return [...jwtFaults(method, index), ...apiKeyFaults(method, index)];
    const found = named.length === 0 ? 'none' : named.join(' and ');
    return [`spec.auth.methods[${index}] has ${found}: each method is exactly one of ${METHODS.join(', ')}.`];
  });
  const issuers = methods.flatMap(({ jwt }) => (jwt === undefined ? [] : [jwt.issuer]));
  for (const issuer of new Set(issuers.filter((each, index) => issuers.indexOf(each) !== index))) {
    faults.push(`spec.auth.methods has the issuer ${JSON.stringify(issuer)} twice: each may stand once.`);
  }
  for (const name of METHODS.slice(1)) {
    if (methods.filter((method) => method[name] !== undefined).length > 1) {
      faults.push(`spec.auth.methods has ${name} twice: each method but jwt may stand once.`);
    }
  }
  return faults;
}

/**
 * Headers that go on to servers, or that the connection and the protocols read in their own way: a key is safe in none. The
 * CRD has the same pattern, as RE2.
 */
export const NO_KEY_HEADER =
  /^(?:(?:mcp|a2a|x-a2a|fetchfy|proxy|sec)-.*|authorization|host|origin|accept|content-.*|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|last-event-id|set-cookie)$/i;

function apiKeyFaults({ apiKey }: AuthMethodSpec, index: number): string[] {
  const header = apiKey?.header;
  if (header === undefined || !NO_KEY_HEADER.test(header)) return [];
  const where = `spec.auth.methods[${index}].apiKey.header is ${JSON.stringify(header)}`;
  return [`${where}, which HTTP, MCP or A2A has for something else: name one such as X-API-Key.`];
}

function jwtFaults({ jwt }: AuthMethodSpec, index: number): string[] {
  return (['issuer', 'jwksUri'] as const).flatMap((field) => {
    const text = jwt?.[field];
    if (text === undefined || URL.parse(text)?.protocol === 'https:') return [];
    return [`spec.auth.methods[${index}].jwt.${field} is ${JSON.stringify(text)}: it must be an https URL.`];
  });
}

function ruleFaults(rules: readonly AccessRuleSpec[]): string[] {
  if (rules.length > MAX_RULES) {
    return [
      `spec.auth.rules has ${rules.length} rules: at most ${MAX_RULES} are taken. Let one rule name several callers or patterns.`,
    ];
  }
  const names = new Set<string>();
  return rules.flatMap((rule, index) => {
    const where = `spec.auth.rules[${index}] (${rule.name})`;
    const bytes = Buffer.byteLength(canonicalJson(rule));
    const faults = names.has(rule.name) ? [`${where} has the name of an earlier rule: each must be unique.`] : [];
    names.add(rule.name);
    faults.push(...unqualified(rule, where));
    if (bytes > MAX_RULE_BYTES) {
      faults.push(`${where} has ${bytes} bytes: at most ${MAX_RULE_BYTES} are taken. Make several rules of it.`);
    }
    return faults;
  });
}

/** Names without a namespace, which match nothing: what was meant to be denied would stay open. */
function unqualified({ from = [], to = [] }: AccessRuleSpec, where: string): string[] {
  const named = [
    ...from.flatMap(({ serviceAccounts = [] }) => serviceAccounts.map((name) => ({ field: 'serviceAccounts', name }))),
    ...to.flatMap(({ services = [] }) => services.map((name) => ({ field: 'services', name }))),
    ...to.flatMap(({ agents = [] }) => agents.map((name) => ({ field: 'agents', name }))),
  ];
  return named
    .filter(({ name }) => !/[/*]/.test(name))
    .map(
      ({ field, name }) =>
        `${where} has ${JSON.stringify(name.slice(0, 128))} among its ${field}: expected <namespace>/<name>, such as ${JSON.stringify(`default/${name.slice(0, 128)}`)}, or "*/" and the name.`,
    );
}
