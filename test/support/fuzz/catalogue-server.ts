import fc from 'fast-check';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { result, type UpstreamMessage } from '../scripted-upstream.ts';
import { mutated, shown } from './mutations.ts';

/** What a gateway asks a server of itself. */
type Asked =
  | 'server/discover'
  | 'initialize'
  | 'tools/list'
  | 'prompts/list'
  | 'resources/list'
  | 'resources/templates/list';

/** A server of which some of what it says of itself is changed. */
export interface CatalogueCase {
  readonly era: 'legacy' | 'modern';
  /** The results, as JSON text that need not be one. */
  readonly changed: Readonly<Partial<Record<Asked, Buffer>>>;
  readonly asEvents: boolean;
}

const icon = { src: 'https://x.example/i.png', mimeType: 'image/png', sizes: ['48x48'] };
const capabilities = {
  tools: { listChanged: true },
  prompts: {},
  resources: { subscribe: true },
  logging: {},
  completions: {},
  extensions: { 'io.modelcontextprotocol/tasks': {} },
};
const serverInfo = { name: 'changed', title: 'é', version: '1', icons: [icon], websiteUrl: 'https://x.example' };
const said: Readonly<Record<Asked, Readonly<Record<string, unknown>>>> = {
  'server/discover': {
    supportedVersions: ['2026-07-28'],
    capabilities,
    instructions: 'Use it well.',
    _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo },
  },
  initialize: { protocolVersion: '2025-11-25', capabilities, serverInfo, instructions: 'Use it well.' },
  'tools/list': {
    tools: [
      {
        name: 'a',
        title: 'A',
        inputSchema: { type: 'object', properties: { x: { type: 'string', 'x-mcp-header': 'X' } }, required: ['x'] },
        outputSchema: { type: 'object', properties: { y: { $ref: '#/$defs/y' } }, $defs: { y: { type: 'number' } } },
        annotations: { readOnlyHint: true, title: 'a' },
        icons: [icon],
        execution: { taskSupport: 'optional' },
        _meta: { 'example.com/x': 1 },
      },
      { name: 'b', inputSchema: { type: 'object' } },
    ],
  },
  'prompts/list': {
    prompts: [{ name: 'p', arguments: [{ name: 'x', required: true }], icons: [icon] }, { name: 'q' }],
  },
  'resources/list': {
    resources: [
      { uri: 'x://a', name: 'a', mimeType: 'text/plain', size: 3 },
      { uri: 'x://b', name: 'b' },
    ],
  },
  'resources/templates/list': { resourceTemplates: [{ uriTemplate: 'x://{id}/{+rest}', name: 't' }] },
};

function resultOf(era: 'legacy' | 'modern', method: Asked): object {
  const kept = era === 'modern' ? { resultType: 'complete', ttlMs: 60_000, cacheScope: 'public' } : {};
  return { ...said[method], ...kept };
}

/** Servers that say something wrong of themselves. */
export const catalogueCases: fc.Arbitrary<CatalogueCase> = fc.constantFrom('legacy', 'modern').chain((era) => {
  const handshake: Asked = era === 'modern' ? 'server/discover' : 'initialize';
  const one = (method: Asked) =>
    mutated(fc.constant(method), { message: () => resultOf(era, method) }).map(({ bytes }) => bytes);
  const listed = fc.record({
    'tools/list': one('tools/list'),
    'prompts/list': one('prompts/list'),
    'resources/list': one('resources/list'),
    'resources/templates/list': one('resources/templates/list'),
  });
  const changed = fc.oneof(
    { weight: 3, arbitrary: listed },
    { weight: 1, arbitrary: one(handshake).map((bytes) => ({ [handshake]: bytes })) },
  );
  return fc.record({ era: fc.constant(era), changed, asEvents: fc.boolean() });
});

/** Many servers at one address, each at a path of its own. */
export interface CatalogueServers {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Path → the server that is there. */
  readonly cases: Map<string, CatalogueCase>;
  /** How many changed messages were sent so far. */
  readonly sent: () => number;
}

/** Starts them; they are closed when the test ends. */
export async function catalogueServers(t: { teardown(end: () => Promise<void>): void }): Promise<CatalogueServers> {
  const cases = new Map<string, CatalogueCase>();
  let sent = 0;

  function answer(response: ServerResponse, one: CatalogueCase, message: UpstreamMessage): void {
    const method = message.method as Asked;
    if (message.id === undefined || message.method === undefined) return void response.writeHead(202).end();
    const isKnown = method in said && (one.era === 'legacy' ? method !== 'server/discover' : method !== 'initialize');
    if (!isKnown) {
      const error = { code: -32601, message: `Method not found: ${message.method}` };
      const status = one.era === 'modern' ? 404 : 200;
      const body = JSON.stringify({ jsonrpc: '2.0', id: message.id, error });
      return void response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    }
    const changed = one.changed[method];
    if (changed !== undefined) sent++;
    const body =
      changed === undefined
        ? Buffer.from(result(message, resultOf(one.era, method)))
        : Buffer.concat([
            Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":`),
            changed,
            Buffer.from('}'),
          ]);
    if (!one.asEvents) return void response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(Buffer.concat([Buffer.from('data: '), body, Buffer.from('\n\n')]));
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const one = cases.get(request.url ?? '');
    if (one === undefined) return void response.writeHead(404).end();
    if (request.method !== 'POST') return void response.writeHead(405).end();
    answer(response, one, JSON.parse(await text(request)) as UpstreamMessage);
  }

  const server = createServer((request, response) => void take(request, response).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.teardown(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return { origin: `http://127.0.0.1:${port}`, cases, sent: () => sent };
}

/** A server for a person. */
export function describeCase({ era, changed, asEvents }: CatalogueCase): string {
  const results = Object.entries(changed).map(([method, bytes]) => `  ${method}: ${shown(bytes)}`);
  return [`a ${era} server that answers with ${asEvents ? 'events' : 'JSON'}, with the results`, ...results].join('\n');
}
