import { hash } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import type { ExchangeSettings } from './credential.ts';
import { OutboundError } from './outbound-error.ts';
import type { OutboundFetch } from './outbound-fetch.ts';
import type { Subject } from './subject.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';
const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

/** How many tokens are kept, of all callers and servers. */
const MAX_TOKENS = 10_000;
/** How long a token endpoint may take, in milliseconds. */
const EXCHANGE_MS = 10_000;
/** How long a token is kept that does not say how long it may be, in milliseconds. */
const DEFAULT_LIFE_MS = 60_000;
/** How much sooner than a token ends another one is asked for: as much as this, and at most a fifth of its life. */
const EARLY_MS = 30_000;
/** How long a refusal counts for the same caller, in milliseconds: a caller that tries on must not hammer the endpoint. */
const REFUSED_MS = 2000;

interface Entry {
  readonly settings: ExchangeSettings;
  readonly pending: Promise<string>;
  /** By Date.now(): until then it is given out. While it is being asked for: for ever. */
  usableUntil: number;
  token: string | undefined;
}

export interface TokenExchangeOptions {
  readonly fetch: OutboundFetch['fetch'];
  readonly now?: () => number;
}

/**
 * Tokens for servers in callers' own names (RFC 8693): the caller's token is exchanged for one that is meant for the server.
 * They are kept by server, caller and
 * the caller's token until shortly before they end, in memory alone: what one token of a caller may, another may not.
 */
export class TokenExchange {
  readonly #fetch: TokenExchangeOptions['fetch'];
  readonly #now: () => number;
  /** The one that was used longest ago comes first. */
  readonly #entries = new Map<string, Entry>();

  constructor({ fetch, now = Date.now }: TokenExchangeOptions) {
    this.#fetch = fetch;
    this.#now = now;
  }

  /** How many tokens are kept. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * The token to show to a server.
   * @param server `<namespace>/<name>`
   * @throws OutboundError, or the promise rejects with it
   */
  token(
    server: string,
    settings: ExchangeSettings,
    subject: Subject & { readonly token: string },
  ): string | Promise<string> {
    const key = `${server}\n${subject.id}\n${hash('sha256', subject.token, 'base64')}`;
    const known = this.#entries.get(key);
    const now = this.#now();
    if (known !== undefined && known.settings === settings && now < known.usableUntil) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.token ?? known.pending;
    }
    if (subject.expiresAt !== undefined && subject.expiresAt <= now) {
      const says = "the caller's token has expired, and is to be exchanged for the server's; bring a new one";
      throw new OutboundError('ERR_OUTBOUND_EXCHANGE', says);
    }
    return this.#begin(key, settings, subject.token);
  }

  /** Forgets what is kept for some servers. */
  forget(servers: ReadonlySet<string>): void {
    for (const key of this.#entries.keys()) {
      if (servers.has(key.slice(0, key.indexOf('\n')))) this.#entries.delete(key);
    }
  }

  #begin(key: string, settings: ExchangeSettings, subjectToken: string): Promise<string> {
    const pending = this.#exchange(settings, subjectToken).then(
      ({ token, lifeMs }) => {
        entry.token = token;
        entry.usableUntil = this.#now() + lifeMs - Math.min(EARLY_MS, lifeMs / 5);
        return token;
      },
      (error: unknown) => {
        entry.usableUntil = this.#now() + REFUSED_MS;
        throw error;
      },
    );
    pending.catch(() => undefined);
    const entry: Entry = { settings, pending, usableUntil: Infinity, token: undefined };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_TOKENS && oldest !== undefined) this.#entries.delete(oldest);
    return pending;
  }

  async #exchange(
    { tokenUrl, clientId, clientSecret, ...target }: ExchangeSettings,
    subjectToken: string,
  ): Promise<{ readonly token: string; readonly lifeMs: number }> {
    const server = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl };
    const client = { client_id: clientId };
    const parameters = {
      subject_token: subjectToken,
      subject_token_type: JWT_TYPE,
      requested_token_type: ACCESS_TOKEN_TYPE,
      ...target,
    };
    try {
      const response = await oauth.genericTokenEndpointRequest(
        server,
        client,
        oauth.ClientSecretBasic(clientSecret),
        GRANT,
        parameters,
        {
          [oauth.customFetch]: (url, init) => this.#fetch(url, init),
          signal: AbortSignal.timeout(EXCHANGE_MS),
        },
      );
      const answer = await oauth.processGenericTokenEndpointResponse(server, client, response);
      const lifeMs = answer.expires_in === undefined ? DEFAULT_LIFE_MS : answer.expires_in * 1000;
      return { token: answer.access_token, lifeMs };
    } catch (error) {
      // Without its cause: what the endpoint says of a token may quote it.
      const says = `the caller's token could not be exchanged at ${new URL(tokenUrl).origin}: ${reasonOf(error)}`;
      throw new OutboundError('ERR_OUTBOUND_EXCHANGE', says);
    }
  }
}

/** What went wrong, in words that hold nothing of a token. */
function reasonOf(error: unknown): string {
  if (error instanceof oauth.ResponseBodyError) {
    const code = /^[a-z_]{1,64}$/.test(error.error) ? error.error : 'another error';
    return `it refused with ${code} (HTTP status ${error.status})`;
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') return `no answer within ${EXCHANGE_MS} ms`;
  for (let each = error; each instanceof Error; each = each.cause)
    if (each instanceof OutboundError) return each.message;
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    const { cause } = error;
    const status = cause instanceof Response || isUndiciResponse(cause) ? ` (HTTP status ${cause.status})` : '';
    return `its answer is none of a token endpoint${status}`;
  }
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as { code?: unknown };
    if (typeof code === 'string') return `no connection (${code})`;
  }
  return 'no connection';
}

function isUndiciResponse(value: unknown): value is { readonly status: number } {
  return typeof value === 'object' && value !== null && 'status' in value && typeof value.status === 'number';
}
