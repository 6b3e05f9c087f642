import { accessFaults } from './access-faults.ts';
import { externalNamePatternFault } from '../registry/external-name.ts';
import { labelSelectorFault, selectsEverything, type LabelSelector } from '../metacontroller/label-selector.ts';
import type { Gateway, GatewaySpec, ResourceRequirements } from './gateway.ts';
import { MAX_GATEWAY_NAME } from './names.ts';
import { canonicalQuantity } from './quantity.ts';

/** The port of a gateway's Service if the Gateway names none. */
const DEFAULT_MCP_PORT = 8080;

/** What a Gateway selects if it says nothing. */
const DEFAULT_SERVICE_SELECTOR: LabelSelector = { matchLabels: { 'mcp-enabled': 'true' } };

/** The selector of Services, with the schema's default: local mode has no API server to fill it in. */
export function serviceSelector(gateway: Gateway): LabelSelector {
  return gateway.spec?.serviceSelector ?? DEFAULT_SERVICE_SELECTOR;
}

/** The port of the gateway's Service, with the schema's default. */
export function mcpPort(gateway: Gateway): number {
  const port = gateway.spec?.mcpPort ?? DEFAULT_MCP_PORT;
  return portFault({ mcpPort: port }) === undefined ? port : DEFAULT_MCP_PORT;
}

/**
 * What is wrong with a Gateway, one sentence each. The API server refuses nearly all of it by the CRD's schema; what
 * comes through (an older CRD, local mode) must still be told.
 */
export function gatewayFaults(gateway: Gateway): string[] {
  const spec = gateway.spec ?? {};
  return [
    nameFault(gateway.metadata.name),
    portFault(spec),
    tlsFault(spec),
    publicUrlFault(spec),
    ...resourceFaults(spec.resources),
    ...registryFaults(gateway),
  ].filter((fault) => fault !== undefined);
}

/** The faults for which a Gateway's registry cannot be made anew; it then stays as it is. */
export function registryFaults(gateway: Gateway): string[] {
  const spec = gateway.spec ?? {};
  const selector = serviceSelector(gateway);
  return [
    selectsEverything(selector)
      ? 'spec.serviceSelector is empty and would select every Service of the cluster: give it matchLabels or matchExpressions.'
      : undefined,
    labelSelectorFault(selector, 'spec.serviceSelector'),
    spec.namespaceSelector === undefined
      ? undefined
      : labelSelectorFault(spec.namespaceSelector, 'spec.namespaceSelector'),
    ...(spec.externalNames ?? []).map((pattern, index) =>
      externalNamePatternFault(pattern, `spec.externalNames[${index}]`),
    ),
    ...accessFaults(spec),
  ].filter((fault) => fault !== undefined);
}

/** Whether a Gateway's children can have the names that they would need. */
export function nameFault(name: string): string | undefined {
  if (name.length > MAX_GATEWAY_NAME) {
    return `metadata.name has ${name.length} characters: at most ${MAX_GATEWAY_NAME} leave room for the names of what belongs to the Gateway.`;
  }
  return /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)
    ? undefined
    : 'metadata.name must be lower-case letters, digits and "-", beginning and ending with a letter or digit.';
}

function portFault({ mcpPort }: GatewaySpec): string | undefined {
  if (mcpPort === undefined || (Number.isInteger(mcpPort) && mcpPort >= 1 && mcpPort <= 65_535)) return undefined;
  return `spec.mcpPort is ${mcpPort}: it must be a port, 1 to 65535.`;
}

function tlsFault({ enableTls = false, tlsSecretRef }: GatewaySpec): string | undefined {
  if (enableTls && tlsSecretRef === undefined) {
    return 'spec.enableTls is set, but spec.tlsSecretRef does not name the Secret with the certificate.';
  }
  if (!enableTls && tlsSecretRef !== undefined) {
    return 'spec.tlsSecretRef names a Secret, but spec.enableTls is not set: set it, or remove the Secret.';
  }
  return undefined;
}

function publicUrlFault({ publicUrl }: GatewaySpec): string | undefined {
  if (publicUrl === undefined) return undefined;
  const url = URL.parse(publicUrl);
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return undefined;
  return `spec.publicUrl is ${JSON.stringify(publicUrl)}: it must be an http or https URL.`;
}

function resourceFaults(resources: ResourceRequirements | undefined): string[] {
  return (['requests', 'limits'] as const).flatMap((group) =>
    Object.entries(resources?.[group] ?? {})
      .filter(([, quantity]) => canonicalQuantity(quantity) === undefined)
      .map(
        ([name, quantity]) => `spec.resources.${group}.${name} is ${JSON.stringify(quantity)}: that is no quantity.`,
      ),
  );
}
