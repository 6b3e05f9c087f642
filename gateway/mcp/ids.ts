import { randomBytes } from 'node:crypto';

/** The one place where ids that clients hold are made. */

/** A session id: 128 bits that cannot be guessed, in visible ASCII (2025-11-25, Transports, Session Management). */
export function newSessionId(): string {
  return randomBytes(16).toString('hex');
}
