import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientCertificates } from '../access/client-certificate-method.ts';
import { watchFolder, type FolderWatch, type FolderWatchOptions } from '../../mounts/folder-watch.ts';
import type { Logger } from '../log.ts';

const CA_FILE = 'ca.crt';
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** How long a handshake may take (node:tls, handshakeTimeout): one may have begun with the CAs before. */
const HANDSHAKE_MS = 120_000;
/** The most certificates between a client's and the CA. */
const MAX_CHAIN = 8;

/**
 * The CAs of clients' certificates, from a folder as a kubelet mounts a Secret (`ca.crt`). Others are taken up at once; while
 * there are none at all, no certificate is good.
 */
export class ClientCa implements ClientCertificates {
  readonly #folder: string;
  readonly #log: Logger;
  #onChange: () => void = () => undefined;
  readonly #watch: FolderWatch;
  readonly #generations = new WeakMap<Socket, number>();
  #certificates: readonly X509Certificate[] = [];
  #pem = '';
  #error: string | undefined;
  #generation = 0;
  #changedAt = -Infinity;

  constructor(folder: string, log: Logger, watchOptions?: FolderWatchOptions) {
    this.#folder = folder;
    this.#log = log;
    this.#load();
    this.#watch = watchFolder(folder, () => this.#load(), watchOptions);
  }

  /** Calls a listener when the CAs are others than before. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /** As node:tls takes them. No CAs are an empty list: without one, the public CAs would do. */
  get ca(): string[] {
    return this.#pem === '' ? [] : [this.#pem];
  }

  /** Why certificates are not verified by the newest file, a sentence; undefined: they are. */
  get error(): string | undefined {
    return this.#error;
  }

  get generation(): number {
    return this.#generation;
  }

  /** A connection is secured. One whose certificate is not good is broken off: it must not be taken for one that has none. */
  secured(socket: TLSSocket): void {
    if (!socket.authorized && socket.getPeerX509Certificate() !== undefined) {
      socket.destroy();
      return;
    }
    const isFresh = performance.now() - this.#changedAt < HANDSHAKE_MS;
    this.#generations.set(socket, isFresh ? this.#generation - 1 : this.#generation);
  }

  generationAt(socket: Socket): number {
    return this.#generations.get(socket) ?? -1;
  }

  stillTrusts(certificate: X509Certificate): boolean {
    let current: X509Certificate | undefined = certificate;
    for (let i = 0; current !== undefined && i < MAX_CHAIN; i++) {
      const signed: X509Certificate = current;
      if (this.#certificates.some((ca) => ca.ca && signed.checkIssued(ca) && signed.verify(ca.publicKey))) return true;
      current = signed.issuerCertificate;
    }
    return false;
  }

  close(): void {
    this.#watch.close();
  }

  #load(): void {
    const before = this.#error;
    let pem: string;
    let certificates: X509Certificate[];
    try {
      ({ pem, certificates } = readCa(this.#folder));
      this.#error = undefined;
    } catch (fault) {
      this.#error = (fault as Error).message;
      if (this.#error !== before) this.#log.warn(this.#error, { isUsable: this.#pem !== '' });
      return;
    }
    if (pem === this.#pem) return;
    this.#pem = pem;
    this.#certificates = certificates;
    this.#generation++;
    this.#changedAt = this.#generation === 1 ? -Infinity : performance.now();
    this.#log.info('The CA of clients is taken.', { subjects: certificates.map(({ subject }) => subject) });
    this.#onChange();
  }
}

/** @throws Error with a sentence that a user understands */
function readCa(folder: string): { readonly pem: string; readonly certificates: X509Certificate[] } {
  const expected = `Expected ${CA_FILE} with certificates in PEM, in the Secret under the name in clientCaSecretRef.`;
  let text: string;
  try {
    text = readFileSync(join(folder, CA_FILE), 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? `there is no ${CA_FILE}` : `${CA_FILE} cannot be read (${code})`;
    throw new Error(`The CA of clients is missing: ${found}. ${expected}`, { cause });
  }
  const parts = text.match(PEM) ?? [];
  if (parts.length === 0)
    throw new Error(`The CA of clients cannot be used: ${CA_FILE} has no certificate. ${expected}`);
  try {
    return { pem: parts.join('\n'), certificates: parts.map((part) => new X509Certificate(part)) };
  } catch (cause) {
    throw new Error(`The CA of clients cannot be used: ${CA_FILE} has what is no certificate. ${expected}`, { cause });
  }
}
