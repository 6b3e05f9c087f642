import { isIP, isIPv4, isIPv6 } from 'node:net';
import { gatewayServiceName } from '../contract/names.ts';
import type { RegistryPolicy } from '../contract/registry-document.ts';
import { McpError } from '../mcp/errors.ts';
import { plainName, serviceNames, type OwnPlace } from '../own-names.ts';
import type { ListedOrigins } from './listed-origins.ts';

export interface HostRules extends OwnPlace {
  /** undefined before the first registry: nothing is allowed by it then. */
  readonly policy: RegistryPolicy | undefined;
  /** Of pages elsewhere that may call. */
  readonly origins?: ListedOrigins | undefined;
}

/** How many headers are remembered as they came; clients send few different ones. */
const MAX_REMEMBERED = 256;

/**
 * Under which names the gateway may be reached, and from which pages (2025-11-25 and 2026-07-28, Transports, Security
 * Warning): a page whose name was made to resolve to the gateway's address (DNS rebinding) sends that name as Host, and
 * its own as Origin.
 */
export class AllowedHosts {
  readonly #rules: HostRules;
  readonly #names: ReadonlySet<string>;
  // Headers that were allowed, as they came: nearly all requests are decided by one look here.
  readonly #hosts = new Set<string>();
  readonly #origins = new Set<string>();

  constructor(rules: HostRules) {
    this.#rules = rules;
    this.#names = namesOf(rules);
  }

  /**
   * Checks a request's headers. @param origin undefined where there is none: only browsers send it
   * @throws McpError forbidden
   */
  check(host: string | undefined, origin: string | undefined): void {
    if (host === undefined || !this.#hosts.has(host)) this.#checkHost(host);
    if (origin !== undefined && !this.#origins.has(origin)) this.#checkOrigin(origin, host);
  }

  #checkHost(header: string | undefined): void {
    const name = header === undefined ? undefined : hostOf(header);
    // Rebinding takes a name: who dials an address sends that.
    if (name === undefined || !(isIP(name) !== 0 || this.#names.has(name))) throw this.#refusal('Host', header);
    remember(this.#hosts, header as string);
  }

  #checkOrigin(header: string, host: string | undefined): void {
    const name = originHost(header);
    if (name !== undefined && (this.#names.has(name) || isLoopback(name))) return remember(this.#origins, header);
    if (this.#rules.origins?.has(header) === true) return remember(this.#origins, header);
    // Anyone can serve a page at an address: only the one at the gateway's own is no stranger.
    const isOwn = name !== undefined && isIP(name) !== 0 && host !== undefined && hostOf(host) === name;
    if (!isOwn) throw this.#refusal('Origin', header);
  }

  #refusal(name: 'Host' | 'Origin', found: string | undefined): McpError {
    const { namespace, name: gateway } = this.#rules.gateway;
    // A user and a password in it are for nobody to read.
    const says =
      found === undefined ? 'is missing' : `says ${JSON.stringify(found.replace(/^.*@/s, '…@').slice(0, 128))}`;
    const expected =
      name === 'Host'
        ? 'an IP address, localhost, a name of the Service, or a host that the Gateway allows'
        : 'none, or http or https with a host under which the gateway is reached';
    const fields = name === 'Host' ? 'spec.hosts, or spec.publicUrl,' : 'spec.cors, spec.hosts, or spec.publicUrl,';
    return new McpError(
      'forbidden',
      `The header ${name} ${says}; expected ${expected}. Another is allowed by ${fields} of the Gateway ${namespace}/${gateway}.`,
    );
  }
}

/**
 * The domains of the cluster that a process runs in, beside the usual ones: a kubelet names them as what to search in.
 * @param resolvConf the text of /etc/resolv.conf; empty outside of a cluster
 */
export function clusterDomainsOf(resolvConf: string): string[] {
  const domains = new Set(['cluster.local', 'clusterset.local']);
  for (const line of resolvConf.split('\n')) {
    const [keyword, ...searched] = line.trim().split(/\s+/);
    if (keyword !== 'search') continue;
    for (const domain of searched) if (domain.startsWith('svc.')) domains.add(plainName(domain.slice('svc.'.length)));
  }
  return [...domains];
}

/** The host of a Host header, in lower case, without port, brackets and final dot; undefined where it is none. */
export function hostOf(header: string): string | undefined {
  const { v6, host } = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^\s:@/\\?#[\]]+))(?::\d{0,5})?$/.exec(header)?.groups ?? {};
  if (v6 !== undefined) return isIPv6(v6) ? v6.toLowerCase() : undefined;
  return host === undefined ? undefined : plainName(host);
}

/** The host of a page's origin; undefined where it is none of a page on the web (`null`, a file, an extension). */
function originHost(header: string): string | undefined {
  const authority = /^https?:\/\/([^/?#\\]+)$/i.exec(header)?.[1];
  return authority === undefined ? undefined : hostOf(authority);
}

function namesOf({ policy, ...place }: HostRules): ReadonlySet<string> {
  const names = ['localhost', gatewayServiceName(place.gateway.name), ...serviceNames(place), ...(policy?.hosts ?? [])];
  const publicHost = policy?.publicUrl === undefined ? undefined : URL.parse(policy.publicUrl)?.hostname;
  if (publicHost !== undefined) names.push(publicHost);
  return new Set(names.map(plainName));
}

function isLoopback(name: string): boolean {
  return (isIPv4(name) && name.startsWith('127.')) || name === '::1';
}

function remember(headers: Set<string>, header: string): void {
  if (headers.size >= MAX_REMEMBERED) headers.clear();
  headers.add(header);
}
