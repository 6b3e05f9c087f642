/** How the addresses of agents' MCP servers in the gateway begin: no address of any network does. */
const LOCAL = 'agent:';

/** The address under which an agent's MCP server in the gateway is dialled. @param key `<namespace>/<name>` */
export function agentTarget(key: string): string {
  return LOCAL + key;
}

/** The agent whose MCP server in the gateway is at an address; undefined for an address of a network. */
export function agentAt(target: string): string | undefined {
  return target.startsWith(LOCAL) ? target.slice(LOCAL.length) : undefined;
}

/** Says to an agent whose a request is: a principal, or the session of a client without one. It never leaves the process. */
export const OWNER_HEADER = 'fetchfy-owner';

/** Whose the handles are that an agent gives. @param session of a legacy client; undefined: of a modern one */
export function ownerOf(principal: string, session?: string): string {
  return session === undefined ? `principal ${principal}` : `session ${session}`;
}
