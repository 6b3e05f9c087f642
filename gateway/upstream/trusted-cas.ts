import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { fileNames } from '../../mounts/folder-files.ts';
import { watchFolder, type FolderWatch, type FolderWatchOptions } from '../../mounts/folder-watch.ts';
import type { Logger } from '../log.ts';

const CA_FILE = /\.(crt|pem)$/;
const PEM = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

export interface TrustedCasOptions {
  /** Holds the CAs (`*.crt`, `*.pem`) that are trusted beside the public ones; undefined: there are none. */
  readonly folder: string | undefined;
  readonly log: Logger;
  readonly watch?: FolderWatchOptions;
}

/**
 * The CAs by which the gateway verifies whom it calls: the public ones, and those of a mounted ConfigMap. Files that change
 * count for connections that are made from then on; one that is of no use leaves the others as they are.
 */
export class TrustedCas {
  readonly #folder: string | undefined;
  readonly #log: Logger;
  readonly #watch: FolderWatch | undefined;
  readonly #listeners = new Set<() => void>();
  #own: readonly string[] = [];
  #context: SecureContext | undefined;
  #problem: string | undefined;

  constructor({ folder, log, watch }: TrustedCasOptions) {
    this.#folder = folder;
    this.#log = log;
    if (folder === undefined) return;
    this.#load(folder);
    this.#watch = watchFolder(folder, () => this.#load(folder), watch);
  }

  /** What new connections are made with. */
  get context(): SecureContext {
    // Reading some hundred certificates takes a while: once for each change.
    this.#context ??= createSecureContext({
      minVersion: 'TLSv1.2',
      ...(this.#own.length > 0 && { ca: [...getCACertificates('default'), ...this.#own] }),
    });
    return this.#context;
  }

  /** For the report: what is wrong with the files, a sentence; undefined: nothing. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Where a CA that is missing is to be added, for a sentence. */
  get place(): string {
    return this.#folder === undefined
      ? 'a ConfigMap that caConfigMapRef of the Gateway names'
      : "the ConfigMap that the Gateway's caConfigMapRef names";
  }

  /** Calls `listener` when the CAs are others than before. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    this.#watch?.close();
  }

  #load(folder: string): void {
    const { certificates, problem } = readFolder(folder);
    if (problem !== undefined && problem !== this.#problem) this.#log.warn(problem);
    this.#problem = problem;
    if (certificates.join() === this.#own.join()) return;
    this.#own = certificates;
    this.#context = undefined;
    this.#log.info('The CAs of servers are taken.', { certificates: certificates.length });
    for (const listener of this.#listeners) listener();
  }
}

function readFolder(folder: string): { readonly certificates: string[]; readonly problem: string | undefined } {
  const files = fileNames(folder).filter((name) => CA_FILE.test(name));
  const expected = 'Expected keys such as ca.crt with certificates in PEM, in the ConfigMap of caConfigMapRef.';
  if (files.length === 0) return { certificates: [], problem: `There are no CAs: ${expected}` };
  const certificates: string[] = [];
  const bad: string[] = [];
  for (const file of files) {
    const found = readCertificates(join(folder, file));
    if (found === undefined) bad.push(file);
    else certificates.push(...found);
  }
  if (bad.length === 0) return { certificates, problem: undefined };
  return { certificates, problem: `No CA could be read of ${bad.join(', ').slice(0, 256)}: ${expected}` };
}

/** The certificates of a file; none if it has gone; undefined: it has none, or one that cannot be read. */
function readCertificates(path: string): string[] | undefined {
  try {
    const found = readFileSync(path, 'latin1').match(PEM) ?? [];
    const isEachRead = found.every((each) => new X509Certificate(each).raw.length > 0);
    return isEachRead && found.length > 0 ? found : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : undefined;
  }
}
