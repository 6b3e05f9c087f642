/**
 * A server on the first generation of the TypeScript SDK that speaks the transport of 2024-11-05: GET /sse, POST /messages.
 *   node http-sse.ts [--name NAME] [--version V] [--port N] [--host H]
 * `--version` is the protocol version that it insists on. POST /toggle?list=tools&name=N changes the tools in all
 * sessions; POST /drop breaks off all streams; GET /counts counts them, and the calls that run and that were cancelled.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import {
  about,
  completeStyle,
  extraTool,
  Extras,
  greetArguments,
  greetDescription,
  greeting,
  identity,
  note,
  read,
  tools,
  type ListKind,
  type TestTool,
} from './contents.ts';
import { listenOptions, serve } from './program.ts';
import { handleToggle } from './toggle.ts';

const { values } = parseArgs({
  options: {
    ...listenOptions,
    name: { type: 'string', default: 'http-sse' },
    version: { type: 'string' },
  },
});

interface Session {
  readonly server: McpServer;
  readonly transport: SSEServerTransport;
  readonly response: ServerResponse;
  /** The tools that toggle may take back. */
  readonly extra: Map<string, { remove(): void }>;
}

const extras = new Extras();
const style = completable(greetArguments.style, completeStyle);
const sessions = new Map<string, Session>();
const jsonSchemaValidator = new AjvJsonSchemaValidator();
let running = 0;
let cancelled = 0;

function toggle(kind: ListKind, name: string): 'added' | 'removed' {
  const change = extras.toggle(kind, name);
  for (const { server, extra } of sessions.values()) {
    if (change === 'added') extra.set(name, register(server, extraTool(name)));
    else extra.get(name)?.remove();
  }
  return change;
}

function register(server: McpServer, tool: TestTool): { remove(): void } {
  return server.registerTool(tool.name, tool.config, async (args, extra) => {
    const token = extra._meta?.progressToken;
    extra.signal.addEventListener('abort', () => cancelled++);
    running++;
    try {
      return await tool.run(args, {
        signal: extra.signal,
        session: extra.sessionId,
        headers: extra.requestInfo?.headers ?? {},
        progress: async (progress, total) => {
          if (token === undefined) return;
          const params = { progressToken: token, progress, total };
          await extra.sendNotification({ method: 'notifications/progress', params });
        },
      });
    } finally {
      running--;
    }
  });
}

function build(): McpServer {
  const { info, instructions } = identity(values.name);
  const server = new McpServer(info, { instructions, capabilities: { logging: {} }, jsonSchemaValidator });
  for (const tool of tools(values.name, toggle)) register(server, tool);
  const argsSchema = { ...greetArguments, style };
  server.registerPrompt('greet', { description: greetDescription, argsSchema }, greeting);
  server.registerResource('about', about.uri, about.config, read);
  server.registerResource('note', new ResourceTemplate(note.template, note.callbacks), note.config, read);
  const { version } = values;
  if (version !== undefined) {
    // The SDK would agree to whatever it knows; servers of the time knew one.
    const capabilities = { tools: { listChanged: true }, prompts: {}, resources: {}, completions: {}, logging: {} };
    server.server.setRequestHandler(InitializeRequestSchema, () => ({
      protocolVersion: version,
      capabilities,
      serverInfo: info,
      instructions,
    }));
  }
  return server;
}

async function open(response: ServerResponse): Promise<void> {
  const transport = new SSEServerTransport('/messages', response);
  const server = build();
  const session: Session = { server, transport, response, extra: new Map() };
  for (const name of extras.tools) session.extra.set(name, register(server, extraTool(name)));
  sessions.set(transport.sessionId, session);
  response.on('close', () => sessions.delete(transport.sessionId));
  await server.connect(transport);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://server');
  const is = (method: string, path: string): boolean => request.method === method && url.pathname === path;
  if (is('GET', '/sse')) return open(response);
  if (is('GET', '/counts')) return void response.end(JSON.stringify({ sessions: sessions.size, running, cancelled }));
  if (is('POST', '/drop')) {
    for (const session of sessions.values()) session.response.destroy();
    return void response.end('dropped\n');
  }
  if (is('POST', '/messages')) {
    const session = sessions.get(url.searchParams.get('sessionId') ?? '');
    if (session !== undefined) return session.transport.handlePostMessage(request, response);
    return void response.writeHead(404).end('no such session');
  }
  response.writeHead(url.pathname === '/sse' ? 405 : 404).end();
}

const server = createServer((request, response) => {
  if (handleToggle(request, response, toggle)) return;
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    if (!response.headersSent) response.writeHead(500).end();
  });
});
await serve(server, values);
