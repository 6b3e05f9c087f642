import type { Server } from 'node:https';
import type { ClientCertificates } from '../access/client-certificate-method.ts';
import { tlsContext, type TlsContext } from '../../mounts/tls.ts';
import type { Logger } from '../log.ts';
import { ClientCa } from './client-ca.ts';

export interface MutualTlsOptions {
  /** Holds the gateway's certificate and its key. */
  readonly folder: string;
  /** Holds the CA of clients; undefined: they are not asked for certificates. */
  readonly clientCaFolder: string | undefined;
  readonly log: Logger;
}

/** HTTPS that asks clients for certificates, where there is a CA for these. */
export interface MutualTls extends Pick<TlsContext, 'options' | 'isUsable' | 'status' | 'close'> {
  /** Gives the server each certificate and CA that comes from now on; connections that are open stay as they are. */
  attach(server: Pick<Server, 'setSecureContext' | 'on'>): void;
  /** Calls a listener when the CA of clients is another. */
  onClientCaChange(listener: () => void): void;
  /** Those of clients; undefined: they are not asked for any. */
  readonly clientCertificates: ClientCertificates | undefined;
}

/** Both certificate and CA are taken up at once when they are others; a missing or broken one leaves the last good one in use. */
export function mutualTls({ folder, clientCaFolder, log }: MutualTlsOptions): MutualTls {
  const clientCa = clientCaFolder === undefined ? undefined : new ClientCa(clientCaFolder, log);
  const tls = tlsContext(folder, log, {
    secret: 'under the name in tlsSecretRef',
    // Whoever brings no certificate may say in another way who it is.
    ...(clientCa !== undefined && {
      more: () => ({ requestCert: true, rejectUnauthorized: false, ca: clientCa.ca }),
    }),
  });
  let onCaChange = (): void => undefined;
  clientCa?.onChange(() => {
    tls.renew();
    onCaChange();
  });
  return {
    onClientCaChange(listener) {
      onCaChange = listener;
    },
    get options() {
      return tls.options;
    },
    get isUsable() {
      return tls.isUsable;
    },
    attach(server) {
      tls.attach(server);
      if (clientCa !== undefined) server.on('secureConnection', (socket) => clientCa.secured(socket));
    },
    clientCertificates: clientCa,
    status() {
      const { error = clientCa?.error } = tls.status();
      return error === undefined ? {} : { error };
    },
    close() {
      tls.close();
      clientCa?.close();
    },
  };
}
