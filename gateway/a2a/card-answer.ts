import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AgentError } from '../agents/agent-error.ts';
import type { Agent } from '../agents/agent.ts';
import type { FetchedCard } from '../agents/card-source.ts';
import { sendJson } from '../http/respond.ts';
import { McpError } from '../mcp/errors.ts';
import type { Exchange } from '../mcp/exchange.ts';
import { isJsonObject } from '../upstream/json.ts';
import { servedCard } from './served-card.ts';

/**
 * Answers a GET or HEAD of an agent's card, and ends the exchange.
 * @param base what clients' URLs of the gateway begin with, without a slash at its end
 * @throws McpError by the promise: there is no card; nothing was answered then
 */
export async function answerCard(exchange: Exchange, agent: Agent, base: string): Promise<void> {
  const { request, response } = exchange;
  const { method = '' } = request;
  const { json, freshUntil } = await lastGoodCard(agent);
  if (!isJsonObject(json)) throw new Error('A card that was read is no object.');
  const card = servedCard(json, `${base}/agents/${agent.key}/`);
  const body = Buffer.from(JSON.stringify(card));
  const headers = {
    // For as long as the agent says, and for who asked alone where not everyone may see it.
    'cache-control': cacheControl(freshUntil - performance.now(), exchange.found.route.isPrivate),
    etag: `"${hash('sha256', body, 'base64url').slice(0, 22)}"`,
  };
  if (isNamedBy(request.headers, headers.etag)) response.writeHead(304, headers).end();
  else if (method === 'HEAD') {
    const length = String(body.length);
    response.writeHead(200, { ...headers, 'content-type': 'application/json', 'content-length': length }).end();
  } else sendJson(response, 200, body, headers);
  exchange.ended(method, undefined);
}

/** The agent's card; one that cannot be read anew stays. @throws McpError: there never was one */
async function lastGoodCard(agent: Agent): Promise<FetchedCard> {
  try {
    return await agent.card();
  } catch (error) {
    if (agent.known !== undefined) return agent.known;
    throw error instanceof AgentError ? noCard(agent, error) : error;
  }
}

function noCard(agent: Agent, error: AgentError): McpError {
  const isUnreachable = error.code === 'ERR_AGENT_UNREACHABLE';
  return new McpError(
    isUnreachable ? 'upstream_unreachable' : 'upstream_fault',
    `The card of agent ${agent.key} is not known: ${error.message}`,
    { status: isUnreachable ? 503 : 502, cause: error },
  );
}

function cacheControl(freshMs: number, isPrivate: boolean): string {
  const seconds = Math.floor(freshMs / 1000);
  const scope = isPrivate ? 'private' : 'public';
  return seconds > 0 ? `${scope}, max-age=${seconds}` : 'no-cache';
}

/** Whether a client has what an ETag names (RFC 9110, If-None-Match). */
function isNamedBy(headers: IncomingHttpHeaders, etag: string): boolean {
  const named = headers['if-none-match']?.split(',').map((each) => each.trim().replace(/^W\//, '')) ?? [];
  return named.includes(etag) || named.includes('*');
}
