import { hash } from 'node:crypto';

/** Hosts cut names beyond this many characters (protocol.md, Names). */
export const MAX_EXPOSED_NAME = 64;

/**
 * The name under which the union of all servers offers a server's tool or prompt: `<prefix>_<name>`. One longer than 64
 * characters is cut and ends in a hash of the whole, so that it is stable and two long names stay apart.
 */
export function exposedName(prefix: string, name: string): string {
  const full = `${prefix}_${name}`;
  if (full.length <= MAX_EXPOSED_NAME) return full;
  const digest = hash('sha256', full, 'hex').slice(0, 8);
  // Half of a surrogate pair would not survive the way to the client and back.
  return `${full.slice(0, MAX_EXPOSED_NAME - 1 - digest.length).toWellFormed()}_${digest}`;
}

/** Whether `exposedName` had to cut: the name then does not split back into prefix and name. */
export function isCut(prefix: string, name: string): boolean {
  return prefix.length + 1 + name.length > MAX_EXPOSED_NAME;
}
