import { isIP } from 'node:net';
import { specialAddress, type SpecialAddress } from '../../gateway/contract/special-addresses.ts';
import { Fault, quoted } from './fault.ts';

const HOST = /^[a-z0-9]([-a-z0-9_]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9_]{0,61}[a-z0-9])?)*$/;

/**
 * Checks a pattern of `spec.externalNames`: a host name, an IP address, `*.` and a domain (every name below it, at any
 * depth), or `*` (every name; never an IP address).
 *
 * @returns a sentence on what is wrong, or undefined
 */
export function externalNamePatternFault(pattern: string, field: string): string | undefined {
  const host = pattern.startsWith('*.') ? pattern.slice(2) : pattern;
  if (pattern === '*' || isIP(pattern) !== 0 || (pattern.length <= 253 && HOST.test(host.toLowerCase())))
    return undefined;
  return `${field}: ${quoted(pattern)} is not a host name, "*." and a domain, or "*".`;
}

/** What a Gateway lets ExternalName Services point to. */
export interface ExternalNamePolicy {
  readonly patterns: readonly string[];
  /** Local mode only: there everything runs on one machine, and loopback is where the servers are. */
  readonly allowLoopback: boolean;
  /** The names of the gateway's own Service, with which calls would go in circles. */
  readonly ownHost: string;
}

/**
 * The host that an ExternalName Service points to, in lower case and without a final dot, if the Gateway allows it.
 * Without that leave whoever may write a Service could make the gateway call any host that it can reach.
 */
export function readExternalName(externalName: string, policy: ExternalNamePolicy): string | Fault {
  const host = externalName.toLowerCase().replace(/\.$/, '');
  if (host === policy.ownHost || host.startsWith(`${policy.ownHost}.`)) {
    return new Fault('BelongsToGateway', `The Service points to ${quoted(host)}, which is this gateway itself.`);
  }
  if (isLoopback(host)) {
    if (policy.allowLoopback) return host;
    return new Fault(
      'ExternalNameNotAllowed',
      `The Service points to ${quoted(host)}, which is the gateway's own machine: that is allowed in local mode only.`,
    );
  }
  const special = specialAddress(canonical(host));
  if (special !== undefined) {
    return new Fault(
      'ExternalNameNotAllowed',
      `The Service points to ${quoted(host)}, which is ${described[special]}: the gateway never calls such an address, whatever spec.externalNames says.`,
    );
  }
  if (policy.patterns.some((pattern) => matches(pattern.toLowerCase(), host))) return host;
  return new Fault(
    'ExternalNameNotAllowed',
    `The Service points to ${quoted(host)}, which no pattern in the Gateway's spec.externalNames allows: add it there.`,
  );
}

const described: Readonly<Record<SpecialAddress, string>> = {
  loopback: "the gateway's own machine",
  unspecified: "the gateway's own machine",
  'link-local': 'a link-local address, where clouds have their metadata service',
  multicast: 'a multicast address',
  broadcast: 'a broadcast address',
  metadata: "the address of a cloud's metadata service",
};

// All spellings that resolvers take for the machine itself, 127.1 and 0 among them.
const LOOPBACK = /^(localhost|(.+\.)localhost|::1?|::ffff:127\..*|(127|0)(\.\d+){0,3})$/;

function isLoopback(host: string): boolean {
  const special = specialAddress(host);
  return LOOPBACK.test(host) || special === 'loopback' || special === 'unspecified';
}

/** The host with an IPv4 address in its usual form, in which resolvers read 0xA9FEA9FE and 2852039166, too. */
function canonical(host: string): string {
  const url = `http://${host}`;
  return isIP(host) === 0 && URL.canParse(url) ? new URL(url).hostname : host;
}

function matches(pattern: string, host: string): boolean {
  // An address is no name: it must be allowed by itself. Some resolvers take a last label of digits for one, too.
  if (/(^|\.)(\d+|0x[0-9a-f]*)$/.test(host) || isIP(host) !== 0) return pattern === host;
  if (pattern === '*') return true;
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : pattern === host;
}
