import type { AuthMethod } from '../contract/access-policy.ts';
import type { Logger } from '../log.ts';
import type { KubeApiOptions } from '../registry/kube-api.ts';
import { apiKeyMethod, noApiKeys, type ApiKeys } from './api-keys.ts';
import type { AuthenticationMethod } from './authentication.ts';
import { clientCertificateMethod, type ClientCertificates } from './client-certificate-method.ts';
import type { IssuerFetch } from './issuer-document.ts';
import { jwtMethod } from './jwt-method.ts';
import { serviceAccountMethod } from './service-account-method.ts';
import type { TokenContext } from './token-method.ts';

/** What methods need beside the policy. */
export interface MethodContext extends TokenContext {
  /** Undefined: no folder of keys is mounted. */
  readonly apiKeys: ApiKeys | undefined;
  /** Undefined: clients are not asked for certificates. */
  readonly certificates: ClientCertificates | undefined;
  /** Asks issuers. @param allowsPrivate whether they may be at addresses of private networks */
  readonly fetchOf: (allowsPrivate: boolean) => IssuerFetch;
  /** Undefined: the process does not run in a cluster. */
  readonly kubeApi: KubeApiOptions | undefined;
  readonly log: Logger;
}

/** Makes the method that a policy asks for. */
export function authenticationMethod(
  method: Exclude<AuthMethod, { anonymous: object }>,
  context: MethodContext,
): AuthenticationMethod {
  if ('apiKey' in method) return apiKeyMethod(method.apiKey, context.apiKeys ?? noApiKeys);
  if ('jwt' in method) {
    const fetch = context.fetchOf(method.jwt.allowPrivateAddresses);
    return jwtMethod(method.jwt, { ...context, fetch });
  }
  if ('serviceAccount' in method) return serviceAccountMethod(method.serviceAccount, context);
  return clientCertificateMethod(context.certificates);
}
