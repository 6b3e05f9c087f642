import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { AuthenticationMethod } from './authentication.ts';
import { certificateIdentity } from './certificate-identity.ts';
import { CredentialError } from './credential-error.ts';
import { principalId, type Principal } from './principal.ts';

/** The CAs of clients' certificates, as they are now. */
export interface ClientCertificates {
  /** Another number for other CAs. */
  readonly generation: number;
  /** The number of those by which a connection's certificate was verified. */
  generationAt(socket: Socket): number;
  /** Whether the CAs that there are now have signed a certificate, which was verified at its handshake. */
  stillTrusts(certificate: X509Certificate): boolean;
}

/** What is known of a connection. */
interface Known {
  readonly certificate: X509Certificate;
  readonly principal: Principal;
  /** The CAs by which it was last found good. */
  generation: number;
}

/** Certificates that the Gateway's client CA has signed as a way to say who one is: that of the request's connection. */
export function clientCertificateMethod(certificates: ClientCertificates | undefined): AuthenticationMethod {
  const connections = new WeakMap<Socket, Known | null>();
  const callers = new WeakMap<Principal, Known>();
  const isTrusted = (known: Known): boolean => {
    if (certificates === undefined || known.generation === certificates.generation) return true;
    if (!certificates.stillTrusts(known.certificate)) return false;
    known.generation = certificates.generation;
    return true;
  };
  return {
    stillCounts(principal) {
      const known = callers.get(principal);
      return known !== undefined && isTrusted(known);
    },
    authenticate({ socket }: IncomingMessage): Principal | undefined {
      let known = connections.get(socket);
      if (known === undefined) {
        connections.set(socket, (known = lookAt(socket, certificates)));
        if (known !== null) callers.set(known.principal, known);
      }
      if (known === null) return undefined;
      if ((known.principal.expiresAt ?? 0) <= Date.now()) throw refused('The client certificate has expired.');
      if (!isTrusted(known)) {
        // What was signed in a way that cannot be told here may still be good: a new handshake tells.
        throw refused("The client certificate is not of the Gateway's client CA any more: connect anew.");
      }
      return known.principal;
    },
  };
}

/** @returns null: the connection has no certificate */
function lookAt(socket: Socket, certificates: ClientCertificates | undefined): Known | null {
  if (!(socket instanceof TLSSocket) || certificates === undefined) return null;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  if (!socket.authorized) throw refused("The client certificate is not of the Gateway's client CA.");
  const { CN } = socket.getPeerCertificate().subject as { CN?: string | string[] };
  const name = certificateIdentity({
    alternatives: certificate.subjectAltName,
    // Of several none is more right than the others.
    commonName: typeof CN === 'string' ? CN : undefined,
  });
  if (name === undefined) {
    throw refused(
      'The client certificate names nobody: expected a URI, a DNS name, an e-mail address or a common name.',
    );
  }
  const principal: Principal = {
    id: principalId('clientCertificate', name),
    method: 'clientCertificate',
    name,
    groups: [],
    scopes: [],
    claims: {},
    expiresAt: certificate.validToDate.getTime(),
  };
  return { certificate, principal, generation: certificates.generationAt(socket) };
}

function refused(says: string): CredentialError {
  return new CredentialError('invalid_token', says, { reason: 'certificate' });
}
