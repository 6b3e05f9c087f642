import type { Dispatcher } from 'undici';
import { parseJson, readBytes } from '../upstream/rpc-body.ts';
import { isConnectFailure, reasonOf, UpstreamError } from '../upstream/errors.ts';
import { readAgentCard, type AgentCard } from './agent-card.ts';
import { AgentError } from './agent-error.ts';

/** Where an agent's card is. */
export interface CardPlace {
  readonly dispatcher: Dispatcher;
  /** What is sent as Host. */
  readonly host: string;
  readonly path: string;
  /** What is to be done about a status that refuses the card: a sentence. */
  readonly hint?: (status: number) => string | undefined;
}

/** A card as it was fetched. */
export interface FetchedCard {
  readonly card: AgentCard;
  /** As it came: what is given on to A2A clients is made of it. */
  readonly json: unknown;
  /** Until when it need not be fetched again, by performance.now(). */
  readonly freshUntil: number;
  readonly validators: Readonly<Record<string, string>>;
}

const FETCH_MS = 10_000;
const MAX_BYTES = 256 * 1024;
/** How long a card is kept that does not say how long it may be, in milliseconds. */
const DEFAULT_FRESH_MS = 60_000;
const MOST_FRESH_MS = 3_600_000;

/**
 * Fetches an agent's card (A2A 1.0, Agent Discovery). One that is known is asked for by its validators, so that a server
 * may answer that it is the same (Caching, Client Requirements; RFC 9111).
 * @throws AgentError ERR_AGENT_UNREACHABLE, ERR_AGENT_NO_CARD, ERR_AGENT_CARD; what `signal` is aborted with
 */
export async function fetchCard(place: CardPlace, known?: FetchedCard, signal?: AbortSignal): Promise<FetchedCard> {
  const { dispatcher, host, path, hint } = place;
  const timeout = AbortSignal.timeout(FETCH_MS);
  let response: Dispatcher.ResponseData;
  try {
    response = await dispatcher.request({
      method: 'GET',
      path,
      headers: { host, accept: 'application/json', ...known?.validators },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    const what = timeout.aborted ? `no answer within ${FETCH_MS} ms` : reasonOf(cause);
    const isUnreachable = isConnectFailure(cause);
    throw new AgentError(isUnreachable ? 'ERR_AGENT_UNREACHABLE' : 'ERR_AGENT_BROKEN', `GET ${path}: ${what}.`, {
      cause,
    });
  }
  const { statusCode: status, headers, body } = response;
  const freshUntil = performance.now() + freshFor(oneOf(headers['cache-control']), oneOf(headers['age']));
  if (status === 304 && known !== undefined) {
    await body.dump();
    return { ...known, freshUntil };
  }
  if (status !== 200) {
    await body.dump();
    const says = `GET ${path} is answered with HTTP status ${status}; expected an agent card.`;
    const what = hint?.(status);
    throw new AgentError('ERR_AGENT_NO_CARD', what === undefined ? says : `${says} ${what}`);
  }
  let json: unknown;
  try {
    json = parseJson(await readBytes(body, MAX_BYTES));
  } catch (cause) {
    if (!(cause instanceof UpstreamError)) throw cause;
    throw new AgentError('ERR_AGENT_NO_CARD', `GET ${path} gives no agent card: ${cause.message}`, { cause });
  }
  const validators: Record<string, string> = {};
  const [etag, modified] = [oneOf(headers['etag']), oneOf(headers['last-modified'])];
  if (etag !== undefined) validators['if-none-match'] = etag;
  if (modified !== undefined) validators['if-modified-since'] = modified;
  return { card: readAgentCard(json), json, freshUntil, validators };
}

/** How long a response is fresh, in milliseconds (RFC 9111, Freshness): the gateway is a private cache. */
export function freshFor(cacheControl: string | undefined, age?: string): number {
  if (cacheControl === undefined) return DEFAULT_FRESH_MS;
  const directives = cacheControl
    .toLowerCase()
    .split(',')
    .map((each) => each.trim());
  if (directives.includes('no-store') || directives.includes('no-cache')) return 0;
  const [, seconds] =
    directives.map((each) => /^max-age="?(\d{1,9})"?$/.exec(each)).find((found) => found !== null) ?? [];
  if (seconds === undefined) return DEFAULT_FRESH_MS;
  const left = Number(seconds) - (/^\d{1,9}$/.test(age ?? '') ? Number(age) : 0);
  return Math.min(Math.max(left, 0) * 1000, MOST_FRESH_MS);
}

function oneOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
