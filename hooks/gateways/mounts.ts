import { environment } from '../../gateway/contract/environment.ts';
import type { GatewaySpec } from './gateway.ts';

export const TLS_DIR = '/etc/fetchfy/tls';
const CLIENT_CA_DIR = '/etc/fetchfy/client-ca';
const CA_DIR = '/etc/fetchfy/ca';
const API_KEYS_DIR = '/etc/fetchfy/api-keys';
const CREDENTIALS_DIR = '/etc/fetchfy/credentials';

/** An object of the user's that the spec names, and where the container finds what is in it. */
export interface Mount {
  readonly name: string;
  readonly kind: 'secret' | 'configMap';
  /** The object's name. */
  readonly object: string;
  readonly mountPath: string;
  readonly variable: string;
  /** The one key that is mounted; absent: all. */
  readonly key?: string;
}

/** All objects of the user's that the spec names for the container. */
export function mountsOf(spec: GatewaySpec): Mount[] {
  const { tlsDir, clientCaDir, caDir, apiKeysDir, credentialsDir } = environment;
  const tls = spec.enableTls === true ? spec : {};
  const apiKeys = spec.auth?.methods.find(({ apiKey }) => apiKey !== undefined)?.apiKey?.secretRef;
  return [
    mount('tls', 'secret', tls.tlsSecretRef, TLS_DIR, tlsDir),
    // It may be the Secret of the CA itself: its private key has no place in a gateway.
    mount('client-ca', 'secret', tls.clientCaSecretRef, CLIENT_CA_DIR, clientCaDir, 'ca.crt'),
    mount('ca', 'configMap', spec.caConfigMapRef, CA_DIR, caDir),
    mount('api-keys', 'secret', apiKeys, API_KEYS_DIR, apiKeysDir),
    mount('credentials', 'secret', spec.credentialsSecretRef, CREDENTIALS_DIR, credentialsDir),
  ].flat();
}

function mount(
  name: string,
  kind: Mount['kind'],
  object: string | undefined,
  mountPath: string,
  variable: string,
  key?: string,
): Mount[] {
  return object === undefined ? [] : [{ name, kind, object, mountPath, variable, ...(key !== undefined && { key }) }];
}
