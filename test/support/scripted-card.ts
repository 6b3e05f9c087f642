import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What is served where an agent's card should be. */
export interface ServedCard {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a text as it is. */
  readonly body: unknown;
}

/** An agent of which there is nothing but its card. */
export interface ScriptedCard {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
  /** What is served from now on. */
  serve(card: ServedCard): void;
  /** The headers of the requests for it, in order. */
  readonly requests: readonly IncomingHttpHeaders[];
}

/** A card of A2A 1.0 that has one skill for each of these ids. */
export function cardOf(
  skillIds: readonly string[],
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    name: 'Scripted',
    description: 'Has nothing but a card.',
    version: '1.0.0',
    supportedInterfaces: [{ url: 'https://elsewhere.example/a2a', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: skillIds.map((id) => ({ id, name: `Skill ${id}`, description: `Does ${id}.`, tags: [] })),
    ...changes,
  };
}

/** Serves a card; ends with the test. A request with the validator of what is served is answered with 304. */
export async function scriptedCard(t: { teardown(end: () => void): void }, first: ServedCard): Promise<ScriptedCard> {
  let served = first;
  const requests: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    if (request.url !== '/.well-known/agent-card.json') return void response.writeHead(404).end();
    requests.push(request.headers);
    const { status = 200, headers = {}, body } = served;
    const isSame = headers['etag'] !== undefined && request.headers['if-none-match'] === headers['etag'];
    response.writeHead(isSame ? 304 : status, { 'content-type': 'application/json', ...headers });
    response.end(isSame ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, serve: (card) => void (served = card), requests };
}
