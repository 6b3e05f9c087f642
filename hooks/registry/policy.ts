import type {
  AccessRule,
  AuthMethod,
  AuthPolicy,
  JwtMethod,
  LimitPolicy,
  RateLimit,
} from '../../gateway/contract/access-policy.ts';
import { gatewayServiceName } from '../../gateway/contract/names.ts';
import type { RegistryPolicy } from '../../gateway/contract/registry-document.ts';
import type { AuthMethodSpec, AuthSpec, Gateway, LimitSpec } from '../gateways/gateway.ts';

/** The schema's defaults of a JWT issuer: local mode has no API server to fill them in. */
const JWT_DEFAULTS = {
  algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
  clockSkewSeconds: 30,
  userClaim: 'sub',
  groupsClaim: 'groups',
  scopesClaim: 'scope',
  allowPrivateAddresses: false,
} as const satisfies Omit<JwtMethod, 'issuer'>;

/** The header that has an API key if the Gateway names none. */
export const API_KEY_HEADER = 'X-API-Key';

/**
 * What a Gateway says of who may come and how, as its gateway is told: what may change without a restart.
 * @param apiServers addresses of the cluster's API server
 */
export function registryPolicy(gateway: Gateway, apiServers: readonly string[] = []): RegistryPolicy {
  const { hosts, publicUrl, auth, cors, limits, toolPolicy } = gateway.spec ?? {};
  return {
    hosts: hosts ?? [],
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(cors === undefined ? {} : { cors: { allowOrigins: cors.allowOrigins.toSorted() } }),
    ...(auth === undefined ? {} : { auth: authPolicy(auth, gateway) }),
    ...(limits === undefined ? {} : { limits: limitPolicy(limits) }),
    ...auditPolicy(gateway),
    ...(toolPolicy === 'Enforce' ? { toolPolicy } : {}),
    ...(apiServers.length === 0 ? {} : { apiServers }),
  };
}

/** The rules of a Gateway, with the schema's defaults. */
export function accessRules({ spec }: Gateway): AccessRule[] {
  return (spec?.auth?.rules ?? []).map((rule) => ({ ...rule, effect: rule.effect ?? 'Allow' }));
}

function authPolicy({ methods }: AuthSpec, gateway: Gateway): AuthPolicy {
  return { methods: methods.map((method) => authMethod(method, gateway)) };
}

function authMethod(
  { jwt, serviceAccount, apiKey, clientCertificate }: AuthMethodSpec,
  { metadata: { name, namespace = '' } }: Gateway,
): AuthMethod {
  if (jwt !== undefined) return { jwt: { ...JWT_DEFAULTS, ...jwt } };
  if (serviceAccount !== undefined) {
    const own = `${gatewayServiceName(name)}.${namespace}.svc`;
    return { serviceAccount: { audiences: serviceAccount.audiences ?? [own] } };
  }
  if (apiKey !== undefined) return { apiKey: { header: (apiKey.header ?? API_KEY_HEADER).toLowerCase() } };
  return clientCertificate === undefined ? { anonymous: {} } : { clientCertificate: {} };
}

function limitPolicy(limits: LimitSpec): LimitPolicy {
  const { perPrincipal, perServer, perTool, ...rest } = limits;
  return {
    ...rest,
    ...(perPrincipal === undefined ? {} : { perPrincipal: rateLimit(perPrincipal) }),
    ...(perServer === undefined ? {} : { perServer: rateLimit(perServer) }),
    ...(perTool === undefined ? {} : { perTool: rateLimit(perTool) }),
  };
}

function rateLimit({ requests, periodSeconds = 1, burst = requests }: NonNullable<LimitSpec['perTool']>): RateLimit {
  return { requests, periodSeconds, burst };
}

/** With callers who say who they are, and else only if the Gateway asks for it, there is something to write down. */
function auditPolicy({ spec }: Gateway): Pick<RegistryPolicy, 'audit'> | undefined {
  if (spec?.audit === undefined && spec?.auth === undefined) return undefined;
  return { audit: { mode: spec.audit?.mode ?? 'All', arguments: spec.audit?.arguments ?? false } };
}
