import { createSecretKey, hash, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { fileContent, fileNames } from '../../mounts/folder-files.ts';
import { watchFolder, type FolderWatch, type FolderWatchOptions } from '../../mounts/folder-watch.ts';
import type { Logger } from '../log.ts';

/**
 * One key, from which all others that are needed were derived (RFC 5869). They are key objects: from bytes Node makes one at
 * each use, which costs several times what the cipher does.
 */
export interface SealingKey {
  /** Names the key in what it sealed; says nothing of it. */
  readonly id: Buffer;
  /** For AES-256-GCM. */
  readonly encryption: KeyObject;
  /** For HMAC-SHA-256, which makes the nonces. */
  readonly nonce: KeyObject;
}

/** The keys at this moment. */
export interface KeyRing {
  /** Seals. */
  readonly newest: SealingKey;
  /** The key of an id; undefined: it is not held (any more). */
  find(id: Buffer): SealingKey | undefined;
  close(): void;
}

export const KEY_ID_BYTES = 4;
/** Less is no key but a word. */
const MIN_KEY_BYTES = 32;

/** A key that lives as long as this process. */
export function randomKeyRing(): KeyRing {
  const key = sealingKey(randomBytes(MIN_KEY_BYTES));
  return { newest: key, find: (id) => (key.id.equals(id) ? key : undefined), close: () => undefined };
}

/**
 * The keys of a folder as a kubelet mounts a Secret: each file is a key, of at least 32 random bytes. The last by name
 * seals, all of them open; so a new one is added before an old one is taken away. Without any, and beside them, a random
 * key of this process holds: what was sealed before a Secret came stays good.
 */
export function folderKeyRing(folder: string, log: Logger, watchOptions?: FolderWatchOptions): KeyRing {
  const own = sealingKey(randomBytes(MIN_KEY_BYTES));
  let newest = own;
  let known = new Map<string, SealingKey>();

  function load(): void {
    const { keys, problems } = readKeys(folder);
    for (const problem of problems) log.warn(problem);
    known = new Map([own, ...keys].map((key) => [key.id.toString('hex'), key]));
    newest = keys.at(-1) ?? own;
  }

  load();
  const watch: FolderWatch = watchFolder(folder, load, watchOptions);
  return {
    get newest() {
      return newest;
    },
    find: (id) => known.get(id.toString('hex')),
    close: () => watch.close(),
  };
}

function readKeys(folder: string): { readonly keys: readonly SealingKey[]; readonly problems: readonly string[] } {
  const keys: SealingKey[] = [];
  const problems: string[] = [];
  for (const name of fileNames(folder)) {
    if (name.startsWith('.')) continue;
    const bytes = fileContent(folder, name);
    if (bytes === undefined) continue;
    if (bytes.length >= MIN_KEY_BYTES) keys.push(sealingKey(bytes));
    else {
      problems.push(
        `The key ${name} has ${bytes.length} bytes and is not used. Expected at least ${MIN_KEY_BYTES} random bytes.`,
      );
    }
  }
  return { keys, problems };
}

function sealingKey(secret: Buffer): SealingKey {
  const derived = (use: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', `fetchfy ${use}`, 32));
  return {
    id: hash('sha256', derived('id'), 'buffer').subarray(0, KEY_ID_BYTES),
    encryption: createSecretKey(derived('encryption')),
    nonce: createSecretKey(derived('nonce')),
  };
}
