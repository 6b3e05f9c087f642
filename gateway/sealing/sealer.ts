import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { KEY_ID_BYTES, type KeyRing, type SealingKey } from './key-ring.ts';

/** What a sealed text is for: one made for one use opens for no other. */
export type SealPurpose = 'state' | 'task' | 'handle' | 'a2a';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = KEY_ID_BYTES + NONCE_BYTES;
/** What begins a text of this format; another format would begin otherwise. */
const FORMAT = 'f1';

/**
 * Seals what clients hold for the gateway (states of unfinished calls, ids of tasks): nobody can read it, change it, make
 * it, or use it as someone else.
 *
 * AES-256-GCM with a synthetic nonce, the HMAC of what is sealed, as in RFC 5297: the same text for the same principal is
 * the same sealed text. So a task has one id however often it is told, and no counter is shared between replicas.
 */
export class Sealer {
  readonly #keys: KeyRing;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /**
   * @param principal whose it is: only the same one can use it
   * @returns text in the alphabet of base64url, fit for a header
   */
  seal(purpose: SealPurpose, principal: string, content: string): string {
    const key = this.#keys.newest;
    const context = contextOf(purpose, principal);
    const nonce = nonceOf(key, context, content);
    const cipher = createCipheriv(CIPHER, key.encryption, nonce, { authTagLength: TAG_BYTES }).setAAD(context);
    const parts = [key.id, nonce, cipher.update(content, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return FORMAT + Buffer.concat(parts).toString('base64url');
  }

  /** What was sealed; undefined for anything that `seal` did not make for this purpose and principal. */
  open(purpose: SealPurpose, principal: string, sealed: string): string | undefined {
    if (!sealed.startsWith(FORMAT)) return undefined;
    const text = sealed.slice(FORMAT.length);
    const bytes = Buffer.from(text, 'base64url');
    // Only the one spelling that was given out: the decoder passes over what is none of its letters.
    if (bytes.length < HEAD_BYTES + TAG_BYTES || bytes.toString('base64url') !== text) return undefined;
    const key = this.#keys.find(bytes.subarray(0, KEY_ID_BYTES));
    if (key === undefined) return undefined;
    const nonce = bytes.subarray(KEY_ID_BYTES, HEAD_BYTES);
    const end = bytes.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, key.encryption, nonce, { authTagLength: TAG_BYTES })
      .setAAD(contextOf(purpose, principal))
      .setAuthTag(bytes.subarray(end));
    try {
      return decipher.update(bytes.subarray(HEAD_BYTES, end), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      return undefined;
    }
  }
}

function contextOf(purpose: SealPurpose, principal: string): Buffer {
  return Buffer.from(`${purpose}\n${principal}`);
}

function nonceOf(key: SealingKey, context: Buffer, content: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(context.length);
  return createHmac('sha256', key.nonce)
    .update(length)
    .update(context)
    .update(content)
    .digest()
    .subarray(0, NONCE_BYTES);
}
