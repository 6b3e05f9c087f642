import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { A2A_VERSION_HEADER, AgentCard } from '@a2a-js/sdk';
import {
  JsonRpcTransportHandler,
  ServerCallContext,
  validateVersion,
  type A2ARequestHandler,
} from '@a2a-js/sdk/server';

/** Serves an agent's card (A2A 1.0, Agent Discovery). */
export function cardHandler(card: AgentCard): RequestListener {
  const body = JSON.stringify(AgentCard.toJSON(card));
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=60' }).end(body);
  };
}

/** Serves an agent over JSON-RPC (A2A 1.0, JSON-RPC Protocol Binding), as the SDK's handler for Express does. */
export function a2aHandler(agent: A2ARequestHandler, card: AgentCard): RequestListener {
  const rpc = new JsonRpcTransportHandler(agent);
  return (request, response) => {
    serve(rpc, card, request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  };
}

async function serve(
  rpc: JsonRpcTransportHandler,
  card: AgentCard,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST' }).end();
    return;
  }
  const body = await text(request);
  const version = request.headers[A2A_VERSION_HEADER.toLowerCase()];
  const context = new ServerCallContext(typeof version === 'string' ? { requestedVersion: version } : {});
  let id: unknown = null;
  try {
    validateVersion(context.requestedVersion, card, 'JSONRPC');
    const answer = await rpc.handle(body, context);
    if (!(Symbol.asyncIterator in answer)) return sendJson(response, answer);
    ({ id } = JSON.parse(body) as { id?: unknown });
    // To the end, even if nobody listens any more: the SDK keeps what becomes of a task as it is read here.
    for await (const event of answer) {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(eventOf(event));
    }
    response.end();
  } catch (error) {
    const failure = { jsonrpc: '2.0', id, error: JsonRpcTransportHandler.mapToJSONRPCError(error) };
    if (response.headersSent) response.end(eventOf(failure));
    else sendJson(response, failure);
  }
}

function eventOf(message: unknown): string {
  return `data: ${JSON.stringify(message)}\n\n`;
}

function sendJson(response: ServerResponse, message: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message));
}
