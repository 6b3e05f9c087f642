import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ApiKeyMethod } from '../contract/access-policy.ts';
import { fileContent, fileNames } from '../../mounts/folder-files.ts';
import { watchFolder, type FolderWatchOptions } from '../../mounts/folder-watch.ts';
import type { Logger } from '../log.ts';
import { bearerOf, isJwt, type AuthenticationMethod } from './authentication.ts';
import { CredentialError } from './credential-error.ts';
import { principalId, type Principal } from './principal.ts';

/** A line of a key's file: the SHA-256 of the key. */
const HASH_LINE = /^sha256:([0-9a-f]{64})$/i;

const NO_KEYS = 'There are no API keys: expected a Secret under the name in apiKey.secretRef.';

/** The keys of a Gateway: the hashes in its mounted Secret, each entry under the name of a key. */
export class ApiKeys {
  readonly #folder: string;
  readonly #log: Logger;
  readonly #watch: { close(): void };
  #onChange: () => void = () => undefined;
  /** Hash, hexadecimal → whose the key is: the same object as long as the key is there. */
  #principals: ReadonlyMap<string, Principal> = new Map();
  #error: string | undefined;

  /** @param folder as a kubelet mounts a Secret; it need not be there yet */
  constructor(folder: string, log: Logger, watchOptions?: FolderWatchOptions) {
    this.#folder = folder;
    this.#log = log;
    this.#read();
    this.#watch = watchFolder(folder, () => this.#read(), watchOptions);
  }

  /** Why there are fewer keys than there could be, a sentence; undefined: all is well. */
  get error(): string | undefined {
    return this.#error;
  }

  /** Calls a listener when the keys were read anew. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /** Whether the key that a caller showed is there still. */
  has(principal: Principal): boolean {
    for (const each of this.#principals.values()) if (each === principal) return true;
    return false;
  }

  /** Whose a key is; undefined: it is none. */
  find(key: string): Principal | undefined {
    // Who could tell from the time how much of a hash is right would still not know a key with that hash.
    return this.#principals.get(hash('sha256', key, 'hex'));
  }

  close(): void {
    this.#watch.close();
  }

  #read(): void {
    const before = this.#error;
    const problems: string[] = [];
    this.#principals = readKeys(this.#folder, problems, this.#principals);
    this.#error = problems.length === 0 ? undefined : problems.slice(0, 3).join(' ');
    if (this.#error !== undefined && this.#error !== before) this.#log.warn(this.#error);
    this.#onChange();
  }
}

/** @param before those that were read before */
function readKeys(folder: string, problems: string[], before: ReadonlyMap<string, Principal>): Map<string, Principal> {
  const principals = new Map<string, Principal>();
  const files = fileNames(folder).flatMap((name) => {
    const content = fileContent(folder, name);
    return content === undefined ? [] : [{ name, text: content.toString() }];
  });
  if (files.length === 0) problems.push(NO_KEYS);
  for (const { name, text } of files) {
    const hashes = hashesIn(text);
    if (hashes === undefined) {
      problems.push(
        `The API key ${name} cannot be used: expected lines of "sha256:" and the 64 hexadecimal digits of a key's hash.`,
      );
    }
    for (const hash of hashes ?? []) {
      const known = before.get(hash);
      principals.set(hash, known?.name === name ? known : principalOf(name));
    }
  }
  return principals;
}

function principalOf(name: string): Principal {
  return { id: principalId('apiKey', name), method: 'apiKey', name, groups: [], scopes: [], claims: {} };
}

/** @returns undefined if there is anything else in the text */
function hashesIn(text: string): string[] | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const hashes = lines.map((line) => HASH_LINE.exec(line)?.[1]?.toLowerCase());
  return lines.length > 0 && hashes.every((hash) => hash !== undefined) ? hashes : undefined;
}

/** The keys of a process into which no folder of them is mounted. */
export const noApiKeys: Pick<ApiKeys, 'find' | 'has' | 'error'> = {
  find: () => undefined,
  has: () => false,
  error: NO_KEYS,
};

/** API keys as a way to say who one is: in a header of their own, or as a bearer token that is no JWT. */
export function apiKeyMethod(
  { header }: ApiKeyMethod,
  keys: Pick<ApiKeys, 'find' | 'has' | 'error'>,
): AuthenticationMethod {
  return {
    get error() {
      return keys.error;
    },
    stillCounts: (principal) => keys.has(principal),
    authenticate(request: IncomingMessage): Principal | undefined {
      const own = request.headers[header];
      const bearer = own === undefined ? bearerOf(request) : undefined;
      const key = typeof own === 'string' ? own : bearer !== undefined && !isJwt(bearer) ? bearer : undefined;
      if (key === undefined) return undefined;
      const principal = keys.find(key);
      if (principal === undefined)
        throw new CredentialError('invalid_token', 'The API key is not one of this gateway.', { reason: 'api_key' });
      return principal;
    },
  };
}
