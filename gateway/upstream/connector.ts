import { connect as connectTcp, isIP, type NetConnectOpts, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, TLSSocket, type PeerCertificate } from 'node:tls';
import { errors, type buildConnector } from 'undici';
import { hostAndPort, type AddressGuard } from './address-guard.ts';
import { OutboundError } from './outbound-error.ts';
import type { TrustedCas } from './trusted-cas.ts';

/** What every connection that the gateway makes on others' word is made with. */
export interface Outbound {
  readonly guard: AddressGuard;
  readonly cas: TrustedCas;
}

export interface ConnectorOptions extends Outbound {
  /** How long a connection may take to come about, TLS included; milliseconds. */
  readonly timeoutMs: number;
  /** Whose certificate is expected over TLS, a name or an IP address; absent: the name that is dialled. */
  readonly name?: string;
  /** Whether addresses of private networks are refused. */
  readonly isPublicOnly?: boolean;
}

const KEEP_ALIVE_MS = 60_000;

/**
 * Makes connections for undici: to no address that the guard refuses, and over TLS to nobody whose certificate is not
 * verified. There is no option that leaves that out.
 */
export function connector(options: ConnectorOptions): buildConnector.connector {
  return ({ hostname, port, protocol }, callback) => {
    const isTls = protocol === 'https:';
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const number = Number(port) || (isTls ? 443 : 80);
    let socket: Socket;
    try {
      options.guard.check(host, number, options.isPublicOnly);
      const lookup = options.guard.lookup(number, options.isPublicOnly);
      socket = isTls ? openTls({ host, port: number, lookup }, options) : connectTcp({ host, port: number, lookup });
    } catch (error) {
      queueMicrotask(() => callback(error as Error, null));
      return;
    }
    settled(socket, isTls, `${hostname}:${number}`, options, callback);
  };
}

/** Gives undici the socket once it can be used, or why it cannot. */
function settled(
  socket: Socket,
  isTls: boolean,
  target: string,
  { timeoutMs, name, cas }: ConnectorOptions,
  callback: buildConnector.Callback,
): void {
  let isConnected = false;
  let certificate: PeerCertificate | undefined;
  const settle = (error: Error | undefined): void => {
    clearTimeout(timer);
    socket.off('error', onError);
    if (error === undefined) callback(null, socket);
    else {
      // It may still say why it ends.
      socket.on('error', () => undefined).destroy();
      callback(error, null);
    }
  };
  const onError = (error: Error): void => {
    const isOfTls = isTls && isConnected;
    const expected = name ?? hostAndPort(target).host;
    settle(isOfTls ? tlsError(error, { target, expected, certificate, place: cas.place }) : error);
  };
  const timer = setTimeout(() => {
    const what = isConnected ? 'TLS handshake' : 'connection';
    settle(new errors.ConnectTimeoutError(`no ${what} within ${timeoutMs} ms`));
  }, timeoutMs);
  socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
  socket.on('error', onError);
  socket.once('connect', () => {
    isConnected = true;
    if (!isTls) settle(undefined);
  });
  if (!(socket instanceof TLSSocket)) return;
  // Before it is verified: of what is refused nothing can be seen any more. (Not getPeerX509Certificate, after which Node
  // finds no certificate to verify.)
  socket.prependOnceListener('secure', () => (certificate = socket.getPeerCertificate()));
  socket.once('secureConnect', () => settle(undefined));
}

function openTls(to: NetConnectOpts & { readonly host: string }, { name = to.host, cas }: ConnectorOptions): TLSSocket {
  return connectTls({
    ...to,
    // Names only (RFC 6066, section 3).
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    secureContext: cas.context,
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
  });
}

interface TlsFailure {
  readonly target: string;
  readonly expected: string;
  readonly certificate: PeerCertificate | undefined;
  readonly place: string;
}

/** Codes of OpenSSL's verification that say of a certificate's own dates, not of who has signed it. */
const DATES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'expired at',
  CERT_NOT_YET_VALID: 'is not valid before',
};
const VERIFICATION = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|CRL_)/;

function tlsError(error: Error, { target, expected, certificate, place }: TlsFailure): Error {
  const { code = '' } = error as { code?: string };
  const options = { cause: error };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = certificate?.subjectaltname?.slice(0, 128) ?? 'no name';
    const says = `the certificate of ${target} is for ${names}, not for ${expected}: issue one that has that name among its subject alternative names`;
    return new OutboundError('ERR_OUTBOUND_CERTIFICATE', says, options);
  }
  const dated = DATES[code];
  if (dated !== undefined) {
    const when = code === 'CERT_HAS_EXPIRED' ? certificate?.valid_to : certificate?.valid_from;
    const says = `the certificate of ${target} ${dated} ${when ?? 'another time'}: renew it`;
    return new OutboundError('ERR_OUTBOUND_CERTIFICATE', says, options);
  }
  if (VERIFICATION.test(code)) {
    const issuer = issuerOf(certificate);
    const signed = issuer === undefined ? 'its signer is' : `it was issued by "${issuer}", which is`;
    const says = `the certificate of ${target} is not trusted (${code}): ${signed} no public CA and none of the Gateway's own; put the certificate of the CA into ${place}`;
    return new OutboundError('ERR_OUTBOUND_CERTIFICATE', says, options);
  }
  const reason = code === '' ? error.message : code;
  const says = `${target} makes no TLS connection (${reason}): expected HTTPS, since the Service says so by its annotation mcp.fetchfy.ai/scheme or the appProtocol of its port`;
  return new OutboundError('ERR_OUTBOUND_TLS', says, options);
}

/** Who has signed a certificate, as `CN=…, O=…`; undefined: nobody is named. */
function issuerOf(certificate: PeerCertificate | undefined): string | undefined {
  const parts = Object.entries(certificate?.issuer ?? {}).map(([name, value]) => `${name}=${String(value)}`);
  return parts.length === 0 ? undefined : parts.join(', ').slice(0, 128);
}
