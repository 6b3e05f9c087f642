import { entryBounds } from '../../gateway/contract/registry-document.ts';
import { fitsParts } from '../../gateway/contract/wildcard.ts';
import { annotations } from './annotations.ts';
import { Fault, quoted } from './fault.ts';
import type { Service } from './service.ts';

/** Bytes of the annotation. */
const MAX_BYTES = 4 * entryBounds.message;
// Names of namespaces are DNS labels, those of Gateways too; `*` stands for any characters of one.
const PATTERN = /^[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?\/[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?$/;

/**
 * Whether a Service lets a Gateway take it up. A Service without the annotation leaves it to the Gateways' selectors; of one
 * that has it the other Gateways know nothing. What cannot be read lets none: an annotation that is there was meant to
 * keep somebody out, an empty one too.
 */
export function readConsent(
  service: Service,
  gateway: { readonly namespace: string; readonly name: string },
): boolean | Fault {
  const value = service.metadata.annotations?.[annotations.gateways];
  if (value === undefined) return true;
  const patterns = value.split(',').map((pattern) => pattern.trim());
  if (Buffer.byteLength(value) > MAX_BYTES || !patterns.every((pattern) => PATTERN.test(pattern))) {
    return new Fault(
      'InvalidGateways',
      `The annotation ${annotations.gateways} is ${quoted(value)}: it must be the Gateways that may serve the Service, "<namespace>/<name>" separated by commas, in which "*" stands for any characters; at most ${MAX_BYTES} bytes.`,
    );
  }
  return patterns.some((pattern) => matches(pattern, `${gateway.namespace}/${gateway.name}`));
}

/** `*` stands for any characters but the slash. */
function matches(pattern: string, name: string): boolean {
  const [namespace = '', gateway = ''] = pattern.split('/');
  const [ofNamespace = '', ofGateway = ''] = name.split('/');
  return fitsParts(namespace.split('*'), ofNamespace) && fitsParts(gateway.split('*'), ofGateway);
}
