import { FIRST_MODERN_VERSION as MODERN_VERSION, metaKeys } from '../upstream/protocol-versions.ts';
import { askableMethods } from './askable.ts';
import type { SessionIdentity } from './upstream-session.ts';

const askable = Object.values(askableMethods);

/**
 * What a modern server is told with each request of a legacy client: the version, who the client is, and what it can be
 * asked for (2026-07-28, Base Protocol, _meta). Tasks are not among it: those of the two eras do not fit each other.
 * @param logLevel without one the server sends no log messages (2026-07-28, Logging)
 * @returns members of `_meta` as JSON text, without braces
 */
export function modernEnvelope({ capabilities, clientInfo }: SessionIdentity, logLevel: string | undefined): string {
  const declared = Object.fromEntries(
    askable
      .filter((name) => capabilities[name] !== undefined)
      // The modern era has no news of roots.
      .map((name) => [name, name === 'roots' ? {} : capabilities[name]]),
  );
  const members = {
    [metaKeys.protocolVersion]: MODERN_VERSION,
    [metaKeys.clientInfo]: clientInfo,
    [metaKeys.clientCapabilities]: declared,
    ...(logLevel !== undefined && { [metaKeys.logLevel]: logLevel }),
  };
  return JSON.stringify(members).slice(1, -1);
}
