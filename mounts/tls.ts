import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerOptions } from 'node:https';
import { join } from 'node:path';
import { createSecureContext, type Server } from 'node:tls';
import { watchFolder, type FolderWatch, type FolderWatchOptions } from './folder-watch.ts';

/** Where it is told what becomes of the certificate; the loggers of hooks and gateway both are such. */
export interface TlsLog {
  info(message: string, fields?: { readonly subject: string; readonly validTo: string }): void;
  warn(message: string): void;
}

export interface TlsOptions extends FolderWatchOptions {
  /** Which Secret is expected, for the sentence that it is missing: "under the name in tlsSecretRef". */
  readonly secret: string;
  /** More of the server's options, as they are now. */
  readonly more?: () => ServerOptions;
}

/** The certificate of the main listener, and what becomes of it. */
export interface TlsContext {
  /**
   * For https.createServer. Without a usable certificate yet, the server listens and refuses each handshake until
   * there is one.
   */
  readonly options: ServerOptions;
  /** Gives the server each certificate that comes from now on; connections that are open stay as they are. */
  attach(server: Pick<Server, 'setSecureContext'>): void;
  /** Gives the server its options anew, when there are others in `more`. */
  renew(): void;
  /** Whether a certificate is held: without one no handshake succeeds. */
  readonly isUsable: boolean;
  /** For the report: `error` says why HTTPS cannot be served, or not with the newest certificate. */
  status(): { readonly error?: string };
  close(): void;
}

interface LoadedCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly validToMs: number;
  readonly subject: string;
}

const CERT_FILE = 'tls.crt';
const KEY_FILE = 'tls.key';

/**
 * HTTPS from a folder as a kubelet mounts a Secret of type kubernetes.io/tls (`tls.crt`: the certificate and its
 * intermediates, `tls.key`). A rotated certificate is taken up at once; a missing or broken one leaves the last good one
 * in use.
 */
export function tlsContext(folder: string, log: TlsLog, options: TlsOptions): TlsContext {
  let server: Pick<Server, 'setSecureContext'> | undefined;
  let held: LoadedCertificate | undefined;
  let error: string | undefined;

  function load(): void {
    let next: LoadedCertificate;
    try {
      next = readCertificate(folder, options.secret);
    } catch (fault) {
      const message = (fault as Error).message;
      if (message !== error) log.warn(`${message}${held === undefined ? '' : ' The last good one stays in use.'}`);
      error = message;
      return;
    }
    error = undefined;
    if (held?.cert.equals(next.cert) && held.key.equals(next.key)) return;
    held = next;
    log.info('The TLS certificate is taken.', {
      subject: next.subject,
      validTo: new Date(next.validToMs).toISOString(),
    });
    renew();
  }

  function renew(): void {
    server?.setSecureContext(serverOptions());
  }

  function serverOptions(): ServerOptions {
    const { cert, key } = held ?? {};
    return {
      minVersion: 'TLSv1.2',
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...options.more?.(),
    };
  }

  load();
  const folderWatch: FolderWatch = watchFolder(folder, load, options);
  return {
    get options() {
      return serverOptions();
    },
    attach(attached) {
      server = attached;
    },
    renew,
    get isUsable() {
      return held !== undefined;
    },
    status() {
      if (error !== undefined) return { error };
      if (held !== undefined && held.validToMs < Date.now()) {
        const when = new Date(held.validToMs).toISOString();
        return { error: `The TLS certificate expired at ${when}: clients refuse it. Expected a renewed ${CERT_FILE}.` };
      }
      return {};
    },
    close: () => folderWatch.close(),
  };
}

/** @throws Error with a sentence that a user understands; it never holds what the files hold */
function readCertificate(folder: string, secret: string): LoadedCertificate {
  const cert = readPart(folder, CERT_FILE, secret);
  const key = readPart(folder, KEY_FILE, secret);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch (cause) {
    throw new Error(`The TLS certificate cannot be used: ${CERT_FILE} is not a certificate in PEM.`, { cause });
  }
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const expected = `Expected the unencrypted PEM key of the certificate in ${CERT_FILE}`;
    throw new Error(`The TLS certificate cannot be used: ${KEY_FILE} does not fit (${reason}). ${expected}.`, {
      cause,
    });
  }
  return { cert, key, validToMs: certificate.validToDate.getTime(), subject: certificate.subject };
}

function readPart(folder: string, file: string, secret: string): Buffer {
  try {
    return readFileSync(join(folder, file));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? `there is no ${file}` : `${file} cannot be read (${code})`;
    throw new Error(
      `The TLS certificate is missing: ${found}. Expected a Secret of type kubernetes.io/tls ${secret}.`,
      { cause },
    );
  }
}
