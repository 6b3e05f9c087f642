import type { JwtMethod } from '../contract/access-policy.ts';
import type { Logger } from '../log.ts';
import { loadIssuer, type IssuerFetch } from './issuer-document.ts';
import { IssuerKeys, type IssuerTimes } from './issuer-keys.ts';
import { userOf } from './token-claims.ts';
import { TokenMethod, type TokenContext } from './token-method.ts';

export interface JwtContext extends TokenContext {
  readonly fetch: IssuerFetch;
  readonly log: Logger;
  readonly times?: Partial<IssuerTimes>;
}

/** Access tokens of an issuer as a way to say who one is. */
export function jwtMethod(method: JwtMethod, context: JwtContext): TokenMethod {
  const { fetch, log, times = {} } = context;
  return new TokenMethod(
    {
      isOurs: ({ iss }) => iss === method.issuer,
      audiences: method.audiences,
      algorithms: method.algorithms,
      clockSkewSeconds: method.clockSkewSeconds,
      principalOf: (claims) => userOf(claims, method),
      keysOf: (onChange) =>
        new IssuerKeys({
          subject: `the issuer ${method.issuer}`,
          load: (signal) => loadIssuer(method, fetch, signal),
          onChange,
          log,
          times,
        }),
    },
    context,
  );
}
