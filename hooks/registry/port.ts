import { annotations, type Scheme } from './annotations.ts';
import { Fault, quoted } from './fault.ts';
import type { Service, ServicePort } from './service.ts';

/**
 * Which of a Service's ports speaks MCP: the declared one, by name or number; else the one named `mcp`; else the one
 * whose appProtocol is `mcp`; else the only one. Only TCP counts.
 *
 * An ExternalName Service needs no ports in Kubernetes: of one without any, a declared number is taken as it is.
 */
export function choosePort(service: Service, declared: string | undefined): ServicePort | Fault {
  const ports = (service.spec?.ports ?? []).filter((port) => (port.protocol ?? 'TCP') === 'TCP');
  if (declared !== undefined) return declaredPort(service, ports, declared);
  const [only] = ports;
  if (only === undefined) {
    return new Fault(
      'NoPort',
      service.spec?.type === 'ExternalName'
        ? `The Service has no TCP port: add one to spec.ports, or set the annotation ${annotations.port} to a number.`
        : 'The Service has no TCP port: add the port that speaks MCP to spec.ports.',
    );
  }
  const named = ports.find((port) => port.name === 'mcp');
  if (named !== undefined) return named;
  const byProtocol = ports.filter((port) => port.appProtocol === 'mcp');
  const candidates = byProtocol.length > 0 ? byProtocol : ports;
  if (candidates.length === 1) return candidates[0] ?? only;
  return new Fault(
    'AmbiguousPort',
    `The Service has several ports (${listed(candidates)}) and none is named "mcp": name the one that speaks MCP so, or set the annotation ${annotations.port} to its name or number.`,
  );
}

/** What is spoken at a port: what the Service declares; else HTTPS if the port's appProtocol is `https`; else HTTP. */
export function schemeOf(port: ServicePort, declared: Scheme | undefined): Scheme {
  return declared ?? (port.appProtocol?.toLowerCase() === 'https' ? 'https' : 'http');
}

function declaredPort(service: Service, ports: readonly ServicePort[], declared: string): ServicePort | Fault {
  const found = ports.find((port) => port.name === declared) ?? ports.find((port) => String(port.port) === declared);
  if (found !== undefined) return found;
  if (service.spec?.type === 'ExternalName' && ports.length === 0 && isPortNumber(declared)) {
    return { port: Number(declared) };
  }
  const available = ports.length === 0 ? 'none' : listed(ports);
  return new Fault(
    'NoSuchPort',
    `The annotation ${annotations.port} is ${quoted(declared)}, but the Service has no such TCP port; it has: ${available}.`,
  );
}

function isPortNumber(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}

function listed(ports: readonly ServicePort[]): string {
  const shown = ports
    .slice(0, 8)
    .map((port) => (port.name === undefined ? `${port.port}` : `${port.name} ${port.port}`));
  return ports.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ');
}
