import { HopMark } from '../hop-mark.ts';
import type { Logger } from '../log.ts';
import { AddressGuard } from './address-guard.ts';
import type { Outbound } from './connector.ts';
import type { Shown } from './credentialed.ts';
import { Credentials } from './credentials.ts';
import { OutboundFetch } from './outbound-fetch.ts';
import { TokenExchange } from './token-exchange.ts';
import { TrustedCas } from './trusted-cas.ts';

export interface OutletsOptions {
  /** Whether servers may be on this machine. */
  readonly allowLoopback: boolean;
  /** The API server as this pod knows it: a URL. */
  readonly apiServerUrl?: string | undefined;
  /** Holds CAs that are trusted beside the public ones. */
  readonly caDir?: string | undefined;
  /** Holds what is shown to servers. */
  readonly credentialsDir?: string | undefined;
  /** The Gateway's uid; undefined: nobody knows it. */
  readonly gatewayUid?: string | undefined;
  readonly log: Logger;
}

/** What all requests to servers leave by: which addresses may be dialled, who is trusted, and what is shown to whom. */
export interface Outlets extends Outbound, Shown {
  /** As `fetch`, for what the gateway reads itself at URLs that its Gateway's owner has named. */
  readonly fetch: OutboundFetch['fetch'];
  /** As that, but to no address of a private network. */
  readonly publicFetch: OutboundFetch['fetch'];
  close(): Promise<void>;
}

export function openOutlets(options: OutletsOptions): Outlets {
  const { allowLoopback, apiServerUrl, caDir, credentialsDir, gatewayUid, log } = options;
  const guard = new AddressGuard({ allowLoopback, apiServerUrl });
  const cas = new TrustedCas({ folder: caDir, log });
  const credentials = new Credentials({ folder: credentialsDir, log });
  const outbound = new OutboundFetch({ guard, cas });
  const publicOutbound = new OutboundFetch({ guard, cas }, { isPublicOnly: true });
  const exchange = new TokenExchange({ fetch: outbound.fetch });
  credentials.onChange((servers) => exchange.forget(servers));
  return {
    guard,
    cas,
    credentials,
    exchange,
    mark: new HopMark(gatewayUid),
    fetch: outbound.fetch,
    publicFetch: publicOutbound.fetch,
    async close() {
      cas.close();
      credentials.close();
      await outbound.close();
      await publicOutbound.close();
    },
  };
}
