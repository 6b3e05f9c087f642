import type { AuthMethod } from '../contract/access-policy.ts';
import { apiKeyMethod, type ApiKeys } from './api-keys.ts';
import type { AuthenticationMethod } from './authentication.ts';
import { CredentialError } from './credential-error.ts';

/** What methods need beside the policy. */
export interface MethodContext {
  /** Undefined: no folder of keys is mounted. */
  readonly apiKeys: ApiKeys | undefined;
}

/** Makes the method that a policy asks for. */
export function authenticationMethod(
  method: Exclude<AuthMethod, { anonymous: object }>,
  { apiKeys }: MethodContext,
): AuthenticationMethod {
  if ('apiKey' in method) return apiKeyMethod(method.apiKey, apiKeys ?? { find: () => undefined });
  return {
    authenticate: () => {
      throw new CredentialError('unavailable', `The method ${Object.keys(method).join()} is not here yet.`);
    },
  };
}
