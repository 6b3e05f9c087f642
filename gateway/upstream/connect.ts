import type { Transport } from './catalogue.ts';
import type { ConnectionOptions, ControlConnection } from './control-connection.ts';
import { eraOf, type EraVerdict } from './era-probe.ts';
import { UpstreamError } from './errors.ts';
import { connectLegacy } from './legacy-connection.ts';
import { discover, modernConnection } from './modern-connection.ts';
import { modernVersions } from './protocol-versions.ts';
import type { Endpoint } from './rpc-client.ts';

/** A server at one of its addresses, as it is spoken to in a transport; Streamable HTTP if none is said. */
export type EndpointIn = (transport?: Transport) => Endpoint;

/** A verdict that stands: asked again where the server named another version. */
type FinalVerdict = Exclude<EraVerdict, { era: 'retry' }>;

/** Statuses by which a server that understood nothing may answer, though they say nothing of its era. */
const MAY_BE_LEGACY = new Set([500, 501]);

/**
 * Asks a server which era it speaks, and connects in it.
 * @throws UpstreamError
 */
export async function connect(
  endpointIn: EndpointIn,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<ControlConnection> {
  const endpoint = endpointIn();
  const { verdict, status } = await probe(endpoint, options, signal);
  if (verdict.era === 'modern') return modernConnection(endpoint, verdict.version, verdict.discovery, options);
  if (verdict.era === 'legacy') return connectAnyLegacy(endpointIn, options, signal);
  if (verdict.era === 'none') {
    throw new UpstreamError(
      'ERR_UPSTREAM_VERSION',
      `The server speaks the protocol versions ${verdict.supported.join(', ').slice(0, 256)}; the gateway speaks none of them.`,
    );
  }
  // A legacy server may fail at a request that comes before initialize. If it takes an initialize, it is one for now.
  if (MAY_BE_LEGACY.has(status)) {
    const connection = await connectLegacy(endpoint, options, signal).catch(() => undefined);
    if (connection !== undefined) return connection;
  }
  throw new UpstreamError('ERR_UPSTREAM_STATUS', `server/discover is answered with HTTP status ${status}.`, { status });
}

/**
 * The era of a server (protocol.md, "Detecting an upstream's era").
 * @throws UpstreamError if it gives no answer: that says nothing of its era
 */
export async function probe(
  endpoint: Endpoint,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<{ readonly verdict: FinalVerdict; readonly status: number }> {
  let version = modernVersions[0] as string;
  for (let tries = 0; tries < modernVersions.length; tries++) {
    const answer = await discover(endpoint, version, options, signal);
    const verdict = eraOf(answer, version);
    if (verdict.era !== 'retry') return { verdict, status: answer.status };
    version = verdict.version;
  }
  return { verdict: { era: 'inconclusive' }, status: 200 };
}

/**
 * Connects to a server that spoke HTTP+SSE if it speaks something newer by now.
 * @returns undefined if it does not, or does not say
 * @throws UpstreamError
 */
export async function connectNewer(
  endpointIn: EndpointIn,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<ControlConnection | undefined> {
  const endpoint = endpointIn();
  const { verdict } = await probe(endpoint, options, signal);
  if (verdict.era === 'modern') return modernConnection(endpoint, verdict.version, verdict.discovery, options);
  if (verdict.era !== 'legacy') return undefined;
  // However it refuses: what is spoken now goes on.
  return connectLegacy(endpoint, options, signal).catch(() => undefined);
}

/** Statuses to initialize by which there is no Streamable HTTP endpoint at the path (2025-11-25, Backwards Compatibility). */
const NO_ENDPOINT = new Set([400, 404, 405]);

/**
 * Streamable HTTP, and where there is none at the path, HTTP+SSE (2024-11-05): the path is then that of the stream. No
 * other paths are guessed: the annotation names them.
 * @throws UpstreamError
 */
async function connectAnyLegacy(
  endpointIn: EndpointIn,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<ControlConnection> {
  const endpoint = endpointIn();
  try {
    return await connectLegacy(endpoint, options, signal);
  } catch (cause) {
    if (!(cause instanceof UpstreamError) || !isNoEndpoint(cause)) throw cause;
    const { status } = cause;
    if (NO_ENDPOINT.has(status ?? 0)) {
      const connection = await connectHttpSse(endpointIn('http+sse'), options, signal);
      if (connection !== undefined) return connection;
    }
    throw new UpstreamError(
      cause.code,
      `Nothing speaks MCP at the path ${endpoint.path}: ${cause.message} The annotation mcp.fetchfy.ai/endpoint names another path.`,
      { cause, ...(status !== undefined && { status }) },
    );
  }
}

/** @returns undefined if no stream of events is there either @throws UpstreamError if one is that is of no use */
async function connectHttpSse(
  endpoint: Endpoint,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<ControlConnection | undefined> {
  try {
    return await connectLegacy(endpoint, options, signal);
  } catch (error) {
    if (error instanceof UpstreamError && isNoEndpoint(error)) return undefined;
    throw error;
  }
}

function isNoEndpoint({ code, status }: UpstreamError): boolean {
  if (code === 'ERR_UPSTREAM_STATUS') return status !== undefined && NO_ENDPOINT.has(status);
  // A page, or another API's answer.
  return code === 'ERR_UPSTREAM_MALFORMED' && status !== undefined;
}
