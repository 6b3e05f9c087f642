import { fileContent, fileNames } from '../../mounts/folder-files.ts';
import { watchFolder, type FolderWatch, type FolderWatchOptions } from '../../mounts/folder-watch.ts';
import type { Logger } from '../log.ts';
import { CredentialFileError, readCredential, type Credential } from './credential.ts';

export interface CredentialsOptions {
  /** Holds the credentials, a file `<namespace>.<service>` each; undefined: there are none. */
  readonly folder: string | undefined;
  readonly log: Logger;
  readonly watch?: FolderWatchOptions;
}

/** What is known of one server's credential. */
export interface HeldCredential {
  /** The last good one; undefined: there never was one, and nothing is sent to the server. */
  readonly credential: Credential | undefined;
  /** Why the newest cannot be used, a sentence that holds nothing of it. */
  readonly problem?: string;
}

/** A namespace and a Service's name: neither has a dot. */
const FILE = /^([a-z0-9-]{1,63})\.([a-z0-9-]{1,63})$/;

/**
 * What the gateway shows to servers: the Secret of the Gateway's `credentialsSecretRef`, as a kubelet mounts it. A changed one
 * counts for the next request. One that is of no use harms its own server alone: the last good one stays in use, and where
 * there is none, the server gets no request.
 */
export class Credentials {
  readonly #log: Logger;
  readonly #watch: FolderWatch | undefined;
  readonly #listeners = new Set<(keys: ReadonlySet<string>) => void>();
  #held = new Map<string, HeldCredential>();
  #texts = new Map<string, string>();
  #problem: string | undefined;

  constructor({ folder, log, watch }: CredentialsOptions) {
    this.#log = log;
    if (folder === undefined) return;
    this.#load(folder);
    this.#watch = watchFolder(folder, () => this.#load(folder), watch);
  }

  /** @param key `<namespace>/<name>` @returns undefined: nothing is shown to that server */
  of(key: string): HeldCredential | undefined {
    return this.#held.get(key);
  }

  /** For the report: what is wrong with the folder as a whole, a sentence; undefined: nothing. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * For the report: which credentials nobody is shown, a sentence; undefined: none. It is not logged: a Service may come
   * later than its credential, and go before it.
   * @param services that the registry has, those among them that cannot be served
   */
  unused(services: readonly { readonly namespace: string; readonly name: string }[]): string | undefined {
    const keys = new Set(services.map(({ namespace, name }) => `${namespace}/${name}`));
    const files = [...this.#held.keys()].filter((key) => !keys.has(key)).map((key) => key.replace('/', '.'));
    if (files.length === 0) return undefined;
    return `${found(files, 'for no Service of this Gateway')} Is the key misspelt, or the Service not selected?`;
  }

  /** Calls `listener` with the keys of the servers whose credentials have changed. */
  onChange(listener: (keys: ReadonlySet<string>) => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    this.#watch?.close();
  }

  #load(folder: string): void {
    const texts = new Map<string, string>();
    const held = new Map<string, HeldCredential>();
    const strays: string[] = [];
    for (const file of fileNames(folder)) {
      const [, namespace, name] = FILE.exec(file) ?? [];
      if (namespace === undefined) {
        strays.push(file);
        continue;
      }
      const key = `${namespace}/${name}`;
      const text = fileContent(folder, file)?.toString();
      if (text === undefined) continue;
      texts.set(key, text);
      const before = this.#held.get(key);
      held.set(key, before !== undefined && text === this.#texts.get(key) ? before : this.#read(file, text, before));
    }
    const changed = new Set(
      [...texts.keys(), ...this.#texts.keys()].filter((key) => texts.get(key) !== this.#texts.get(key)),
    );
    this.#texts = texts;
    this.#held = held;
    this.#tell(problemOf(texts.size, strays));
    if (changed.size === 0) return;
    this.#log.info('Credentials for servers are taken.', { changed: changed.size, credentials: held.size });
    for (const listener of this.#listeners) listener(changed);
  }

  #read(file: string, text: string, before: HeldCredential | undefined): HeldCredential {
    try {
      return { credential: readCredential(text) };
    } catch (error) {
      if (!(error instanceof CredentialFileError)) throw error;
      const stays =
        before?.credential === undefined ? 'nothing is sent to the server' : 'the last good one stays in use';
      const problem = `The credential ${file} in the Secret of credentialsSecretRef cannot be used, so ${stays}. ${error.message}`;
      this.#log.warn(problem);
      return { credential: before?.credential, problem };
    }
  }

  #tell(problem: string | undefined): void {
    if (problem !== undefined && problem !== this.#problem) this.#log.warn(problem);
    this.#problem = problem;
  }
}

function problemOf(count: number, strays: readonly string[]): string | undefined {
  const expected = 'Expected keys <namespace>.<service> in the Secret of credentialsSecretRef.';
  if (strays.length > 0) return `${found(strays, 'of no Service')} ${expected}`;
  return count === 0 ? `There are no credentials for servers. ${expected}` : undefined;
}

/** A sentence that names some of these files. */
function found(files: readonly string[], what: string): string {
  const named = files.slice(0, 4).map((file) => JSON.stringify(file.slice(0, 128)));
  return `${files.length === 1 ? 'A credential is' : `${files.length} credentials are`} ${what}, such as ${named.join(', ')}.`;
}
