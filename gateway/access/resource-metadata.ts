import { resourcePath } from './resource-urls.ts';

/** Where the metadata of protected resources is (RFC 9728, section 3). */
export const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** No endpoint's path is longer. */
const MAX_PATH = 512;
/** The characters of paths (RFC 3986, section 3.3), which need no quoting anywhere. */
const ENDPOINT_PATH = /^\/(?:mcp(?:\/[\w.~!$&'()*+,;=:@%-]+)*|agents\/[\w.-]+\/[\w.-]+)$/;

/** The metadata's URL of the resource that a request is for. @param base of the gateway's URLs, without a slash at its end */
export function metadataUrlOf(base: string, path: string): string {
  const resource = resourcePath(path);
  return `${base}${METADATA_PATH}${isEndpoint(resource) ? resource : '/mcp'}`;
}

/**
 * The path of the endpoint whose metadata stands at a path. That there is one is not said: all paths of that form have
 * metadata.
 * @param base of the gateway's URLs: where it has a path, clients may ask with it (RFC 9728, section 3.1)
 * @returns null: none of an endpoint; undefined: the path is none of metadata
 */
export function endpointOf(path: string, base: string): string | null | undefined {
  if (!path.startsWith(METADATA_PATH)) return undefined;
  const rest = path.slice(METADATA_PATH.length);
  // MCP clients look there, too (2025-11-25, Protected Resource Metadata Discovery Requirements).
  if (rest === '') return '/mcp';
  if (!rest.startsWith('/')) return undefined;
  const below = URL.parse(base)?.pathname ?? '/';
  const endpoint = below !== '/' && rest.startsWith(`${below}/`) ? rest.slice(below.length) : rest;
  return isEndpoint(endpoint) ? endpoint : null;
}

export interface ResourceMetadata {
  /** The URL of the endpoint. */
  readonly resource: string;
  readonly issuers: readonly string[];
  readonly scopes: readonly string[];
}

/** The document (RFC 9728, section 2), as JSON. */
export function renderMetadata({ resource, issuers, scopes }: ResourceMetadata): string {
  return JSON.stringify({
    resource,
    authorization_servers: issuers,
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    resource_name: 'Fetchfy',
  });
}

export const metadataHeaders: Readonly<Record<string, string>> = {
  'content-type': 'application/json; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

function isEndpoint(path: string): boolean {
  return path.length <= MAX_PATH && ENDPOINT_PATH.test(path);
}
