import { Agent, fetch as undiciFetch } from 'undici';
import { connector, type Outbound } from './connector.ts';

export interface OutboundFetchOptions {
  /** Whether addresses of private networks are refused: for URLs that are not of the cluster's own. */
  readonly isPublicOnly?: boolean;
  /** How long a connection may take to come about, in milliseconds. Default 5 s. */
  readonly connectTimeoutMs?: number;
}

/** The largest body that is read, in bytes: metadata, keys and tokens are smaller. */
const MAX_BYTES = 1024 * 1024;

/**
 * `fetch` for what the gateway reads itself at URLs of others: over https alone, to no address that the guard refuses, verified
 * by the public CAs and the Gateway's own, and nowhere by a redirect, which is given back as the answer.
 */
export class OutboundFetch {
  readonly #agent: Agent;

  constructor(outbound: Outbound, { isPublicOnly = false, connectTimeoutMs = 5000 }: OutboundFetchOptions = {}) {
    this.#agent = new Agent({
      connect: connector({ ...outbound, isPublicOnly, timeoutMs: connectTimeoutMs }),
      maxResponseSize: MAX_BYTES,
    });
  }

  /** As `fetch`. @throws TypeError for a URL that is not https; else as `fetch`, an OutboundError being its cause */
  readonly fetch = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const { protocol } = new URL(url);
    if (protocol !== 'https:') throw new TypeError(`The URL begins with ${protocol}; expected https:`);
    // Undici's own types; their members are those of the platform's.
    const options = init as unknown as Parameters<typeof undiciFetch>[1];
    const response = await undiciFetch(url, { ...options, dispatcher: this.#agent, redirect: 'manual' });
    return response;
  };

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}
