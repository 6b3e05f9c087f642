import type { JSONWebKeySet } from 'jose';
import type { JwtMethod } from '../contract/access-policy.ts';
import { isJsonObject, type JsonObject } from '../upstream/json.ts';
import { OutboundError } from '../upstream/outbound-error.ts';
import type { IssuerDocument } from './issuer-keys.ts';

/** `fetch`, as far as it is needed: it may refuse to connect, and follows no redirect. */
export type IssuerFetch = (url: string, init: RequestInit) => Promise<Response>;

/** Keys have a type of their own (RFC 7517, section 8.5.2), and some issuers insist on it. */
const ACCEPT = 'application/json, application/jwk-set+json';
/** No issuer's metadata or keys are larger, in bytes. */
const MAX_BYTES = 256 * 1024;

/** Asks an issuer for its keys. @throws Error whose message is a part of a sentence */
export async function loadIssuer(
  { issuer, jwksUri, allowPrivateAddresses }: Pick<JwtMethod, 'issuer' | 'jwksUri' | 'allowPrivateAddresses'>,
  fetch: IssuerFetch,
  signal: AbortSignal,
): Promise<IssuerDocument> {
  try {
    const uri = jwksUri ?? (await discoveredKeys(issuer, fetch, signal));
    return { issuer, keys: (await readJson(uri, fetch, signal)) as unknown as JSONWebKeySet };
  } catch (error) {
    if (allowPrivateAddresses || !isOfAddress(error)) throw error;
    const says = `${(error as Error).message} (an issuer at an address of a private network needs allowPrivateAddresses)`;
    throw new Error(says, { cause: error });
  }
}

/** Whether the address was refused, as some error in the chain of causes says. */
function isOfAddress(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof OutboundError && each.code === 'ERR_OUTBOUND_ADDRESS') return true;
  }
  return false;
}

/**
 * Where an issuer's metadata may be, the likeliest first (RFC 8414, section 3.1 and 5; OpenID Connect Discovery 1.0,
 * section 4.1; MCP 2025-11-25, Authorization Server Metadata Discovery).
 */
export function metadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const urls = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
  return [...new Set(urls)];
}

async function discoveredKeys(issuer: string, fetch: IssuerFetch, signal: AbortSignal): Promise<string> {
  let problem: Error | undefined;
  for (const url of metadataUrls(issuer)) {
    try {
      const metadata = await readJson(url, fetch, signal);
      return keysUriOf(metadata, issuer, url);
    } catch (error) {
      signal.throwIfAborted();
      // What the first says counts, unless it only is not there.
      if (problem === undefined || problem instanceof NotThere) problem = error as Error;
    }
  }
  throw problem ?? new Error('it has no metadata');
}

function keysUriOf(metadata: JsonObject, issuer: string, url: string): string {
  const { issuer: named, jwks_uri: uri } = metadata;
  // Else the keys of one could be given out as another's (RFC 8414, section 3.3).
  if (named !== issuer) {
    throw new Error(
      `the metadata at ${url} is of the issuer ${JSON.stringify(named)?.slice(0, 256)}, expected ${JSON.stringify(issuer)}`,
    );
  }
  if (typeof uri !== 'string') throw new Error(`the metadata at ${url} has no jwks_uri`);
  return uri;
}

/** There is another answer than 200. */
class NotThere extends Error {}

/** Reads a JSON object. @throws Error whose message is a part of a sentence */
async function readJson(url: string, fetch: IssuerFetch, signal: AbortSignal): Promise<JsonObject> {
  if (URL.parse(url)?.protocol !== 'https:') throw new Error(`${url.slice(0, 256)} is no https URL`);
  let response: Response;
  try {
    response = await fetch(url, { headers: { accept: ACCEPT }, redirect: 'manual', signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new Error(`${url} cannot be read: ${connectionProblem(cause)}`, { cause });
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new NotThere(`${url} answers ${response.status}, expected 200`);
  }
  const text = await textOf(response, url);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${url} does not answer JSON`, { cause });
  }
  if (!isJsonObject(value)) throw new Error(`${url} does not answer a JSON object`);
  return value;
}

async function textOf({ body }: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`${url} answers more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** `fetch` itself says only that it failed. */
function connectionProblem(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const told = cause instanceof Error ? cause : (error as Error);
  const { code } = told as NodeJS.ErrnoException;
  return told.message === '' ? (code ?? told.name) : told.message;
}
