import { hash } from 'node:crypto';

/** A line of the Secret of API keys: what a gateway knows of a key. */
export function apiKeyHash(key: string): string {
  return `sha256:${hash('sha256', key, 'hex')}`;
}
