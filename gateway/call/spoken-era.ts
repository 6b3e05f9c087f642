import type { RequestTarget } from '../mcp/targets.ts';
import type { Catalogue, Era } from '../upstream/catalogue.ts';

/** How a call reaches a server. */
export interface Spoken {
  readonly era: Era;
  /** A legacy server that keeps no sessions. */
  readonly stateless: boolean;
}

/**
 * The era that a client's call reaches its server in: the client's own where the server speaks it (protocol.md, "Which
 * leg, which era"). A tool whose output legacy clients were shown otherwise than its server has it is called in the era
 * that it was listed in, so that what comes is what was shown.
 */
export function spokenEra(
  clientEra: Era,
  { era, stateless, legacy }: Catalogue,
  { name, server }: RequestTarget,
  method: string,
): Spoken {
  const isShownOtherwise = (): boolean =>
    method === 'tools/call' && name !== undefined && server.upstream.traitsOf(name)?.wrapsOutput === true;
  if (clientEra === 'modern' || legacy === undefined || isShownOtherwise())
    return { era, stateless: stateless === true };
  return { era: 'legacy', stateless: legacy.stateless === true };
}

/** The protocol version to speak to a server in, in an era in which it is spoken to. */
export function spokenVersion(era: Era, { protocolVersion, legacy }: Catalogue): string {
  return era === 'legacy' ? (legacy?.protocolVersion ?? protocolVersion) : protocolVersion;
}
