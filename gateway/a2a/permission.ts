import { nothingAt, ScopeError } from '../mcp/errors.ts';
import { permits, type Route } from '../routing/route.ts';

/**
 * Checks that callers may use the agent that a route is of, by its own endpoint.
 * @throws McpError as for a path where nothing is, ScopeError if a token with other scopes would do
 */
export function checkPermitted(route: Route, path: string): void {
  if (route.single === undefined || permits(route, 'agents', route.single, '')) return;
  const scopes = route.grant.lackedScopes('agents', route.single.entry, '');
  throw scopes === undefined ? nothingAt(path) : new ScopeError(scopes);
}
