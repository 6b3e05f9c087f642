import type { JSONWebKeySet } from 'jose';
import type { ServiceAccountMethod } from '../contract/access-policy.ts';
import type { Logger } from '../log.ts';
import { openKubeApi, type KubeApiOptions } from '../registry/kube-api.ts';
import { isJsonObject } from '../upstream/json.ts';
import { IssuerKeys, type IssuerDocument, type IssuerTimes } from './issuer-keys.ts';
import { saysServiceAccount, serviceAccountOf } from './token-claims.ts';
import { TokenMethod, type TokenContext } from './token-method.ts';

export interface ServiceAccountContext extends TokenContext {
  /** Undefined: the process does not run in a cluster. */
  readonly kubeApi: KubeApiOptions | undefined;
  readonly log: Logger;
  readonly times?: Partial<IssuerTimes>;
}

/** What API servers sign tokens with. */
const ALGORITHMS = ['RS256', 'ES256', 'ES384', 'ES512'];
/** The API server's clock is the cluster's own. */
const CLOCK_SKEW_SECONDS = 10;

/**
 * Tokens of the cluster's ServiceAccounts as a way to say who one is. The issuer and its keys are the API server's own word
 * (Kubernetes, Service account issuer discovery).
 */
export function serviceAccountMethod({ audiences }: ServiceAccountMethod, context: ServiceAccountContext): TokenMethod {
  const { kubeApi, log, times = {} } = context;
  let keys: IssuerKeys | undefined;
  return new TokenMethod(
    {
      isOurs(claims) {
        const issuer = keys?.current?.issuer;
        return issuer === undefined ? saysServiceAccount(claims) : claims.iss === issuer;
      },
      audiences,
      algorithms: ALGORITHMS,
      clockSkewSeconds: CLOCK_SKEW_SECONDS,
      principalOf: serviceAccountOf,
      keysOf(onChange) {
        const load = (signal: AbortSignal): Promise<IssuerDocument> => loadCluster(kubeApi, signal);
        return (keys = new IssuerKeys({ subject: "the cluster's ServiceAccounts", load, onChange, log, times }));
      },
    },
    context,
  );
}

/** Every ServiceAccount may read these (ClusterRole system:service-account-issuer-discovery). */
async function loadCluster(options: KubeApiOptions | undefined, signal: AbortSignal): Promise<IssuerDocument> {
  if (options === undefined) throw new Error('this process does not run in a cluster');
  const api = await openKubeApi(options);
  try {
    const metadata = await api.read('/.well-known/openid-configuration', signal);
    const issuer = isJsonObject(metadata) ? metadata['issuer'] : undefined;
    if (typeof issuer !== 'string') throw new Error('the API server names no issuer');
    // Not where the metadata says: that is an address for others, which may lead out of the cluster.
    return { issuer, keys: (await api.read('/openid/v1/jwks', signal)) as JSONWebKeySet };
  } finally {
    await api.close();
  }
}
