import { canonicalJson } from '../contract/canonical-json.ts';
import type { ServiceEntry } from '../contract/registry-document.ts';
import { connect, connectNewer, probe, type EndpointIn } from './connect.ts';
import type { ConnectionOptions, ControlConnection } from './control-connection.ts';
import type { Endpoints } from './endpoints.ts';
import { UpstreamError } from './errors.ts';
import type { Pools } from './pools.ts';
import { refusalHint } from './refusal-hint.ts';

/** The most replicas that are tried in one go. */
const MOST_TRIES = 5;

/** A server's endpoint at one of its addresses. */
export function endpointAt(target: string, entry: ServiceEntry, pools: Pools): EndpointIn {
  const { host, path } = entry;
  return (transport) => ({
    dispatcher: pools.get(entry, target, undefined, transport),
    target,
    host,
    path,
    ...(transport && { transport }),
  });
}

/**
 * Connects to one replica of a server; to another if there is no connection.
 * @throws UpstreamError
 */
export async function dial(
  entry: ServiceEntry,
  endpoints: Endpoints,
  pools: Pools,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<ControlConnection> {
  const tries = Math.min(endpoints.targets.length, MOST_TRIES);
  let failure: UpstreamError | undefined;
  for (let tried = 0; tried < tries; tried++) {
    const target = endpoints.pick();
    if (target === undefined) break;
    try {
      return await connect(endpointAt(target, entry, pools), options, signal);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (error.code !== 'ERR_UPSTREAM_UNREACHABLE') throw withHint(error, entry, pools);
      endpoints.refused(target);
      failure = error;
    }
  }
  throw failure ?? new UpstreamError('ERR_UPSTREAM_UNREACHABLE', 'There is no address to dial.');
}

/** The error with what is to be done about it, where that can be told. */
function withHint(error: UpstreamError, { namespace, name }: ServiceEntry, pools: Pools): UpstreamError {
  const key = `${namespace}/${name}`;
  const hint = refusalHint(error.status, key, pools.credentialOf(key));
  if (hint === undefined) return error;
  const { code, message, status, rpcCode } = error;
  return new UpstreamError(code, `${message} ${hint}`, {
    cause: error,
    ...(status !== undefined && { status }),
    ...(rpcCode !== undefined && { rpcCode }),
  });
}

/**
 * Asks a connected server anew what it is: what was found once may be wrong by now, or may have been wrong from the start.
 * @returns a connection to replace `current`, or undefined if that still stands
 * @throws UpstreamError
 */
export async function redial(
  current: ControlConnection,
  entry: ServiceEntry,
  pools: Pools,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<ControlConnection | undefined> {
  const endpoint = endpointAt(current.target, entry, pools);
  if (current.description.transport === 'http+sse') return connectNewer(endpoint, options, signal);
  if (current.description.era === 'legacy' && current.description.stateless !== true) {
    // A session stands until the server forgets it: only the era is asked for.
    const { verdict } = await probe(endpoint(), options, signal);
    if (verdict.era !== 'modern') return undefined;
  }
  const next = await connect(endpoint, options, signal);
  if (canonicalJson(next.description) !== canonicalJson(current.description)) return next;
  current.hint = next.hint;
  await next.close();
  return undefined;
}
