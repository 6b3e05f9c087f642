import { isIPv4 } from 'node:net';
import { withoutCard } from '../a2a/paths.ts';
import type { RegistryPolicy } from '../contract/registry-document.ts';
import { plainName, serviceNames, type OwnPlace } from '../own-names.ts';

export interface ResourceUrlOptions extends OwnPlace {
  /** undefined before the first registry. */
  readonly policy: Pick<RegistryPolicy, 'hosts' | 'publicUrl'> | undefined;
}

/** The path of the endpoint of all servers. */
const ALL = '/mcp';

/**
 * The URLs that are the gateway's own, as the gateway itself knows: what tokens that are meant for it name as their audience
 * (RFC 8707). What a request names as its Host is none of them: whoever sends a token that was meant for another can send
 * that one's name, too.
 */
export class ResourceUrls {
  readonly #publicBase: string | undefined;
  readonly #names: ReadonlySet<string>;

  constructor(options: ResourceUrlOptions) {
    const { publicUrl } = options.policy ?? {};
    this.#publicBase = publicUrl === undefined ? undefined : normal(publicBase(publicUrl));
    this.#names = namesOf(options);
  }

  /**
   * Which of the gateway's resources an audience is.
   * @returns the path, without a slash at its end; undefined: none
   */
  pathOf(audience: string): string | undefined {
    const url = normal(audience);
    if (url === undefined) return undefined;
    const base = this.#publicBase;
    if (base !== undefined && url.startsWith(`${base}/`)) return url.slice(base.length);
    const { hostname, pathname } = new URL(url);
    return this.#names.has(plainName(hostname)) ? withoutSlash(pathname) : undefined;
  }
}

/** What the URLs of a gateway begin with that has a public URL: both are written, that of the gateway and that of `/mcp`. */
export function publicBase(publicUrl: string): string {
  return publicUrl.replace(/\/+$/, '').replace(/\/mcp$/, '');
}

/**
 * The path of the resource that a request's path belongs to: each endpoint is one of its own, and the page and what else
 * stands beside them belong to that of all servers.
 */
export function resourcePath(path: string): string {
  if (path.startsWith('/agents/')) return withoutCard(path);
  return path.startsWith('/mcp/') ? path : ALL;
}

/** A URL of HTTP as it compares with others: scheme and host in lower case, no usual port, no slash at the end. */
function normal(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  // Not what the parser makes of them: `?` and `#` may be there with nothing behind.
  if (/[?#]/.test(text) || url.username !== '' || url.password !== '') return undefined;
  return withoutSlash(`${url.origin}${url.pathname}`);
}

function withoutSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text;
}

/** Any port is the gateway's at these. */
function namesOf({ policy, ...place }: ResourceUrlOptions): ReadonlySet<string> {
  const hosts = (policy?.hosts ?? []).map(plainName);
  // This machine is everyone's.
  return new Set([...serviceNames(place).map(plainName), ...hosts.filter((host) => !isLocal(host))]);
}

function isLocal(name: string): boolean {
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '::1' || (isIPv4(name) && name.startsWith('127.'))
  );
}
