/**
 * A server with every feature of 2025-11-25, on the first generation of the TypeScript SDK.
 *   node server-legacy.ts --name NAME [--transport sessions|stateless|http-sse] [--port N] [--host H]
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListRootsResultSchema,
  ListToolsRequestSchema,
  LoggingLevelSchema,
  McpError,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
  UrlElicitationRequiredError,
  type CallToolResult,
  type LoggingLevel,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import { listenOptions, serve } from '../servers/program.ts';
import { form, resultOf, userUrl, type FeatureCall } from './behaviour.ts';
import { handleControl } from './control.ts';
import { completionOf, contentsOf, extraItem, offerOf, pageOf, promptOf, type ListKind } from './offer.ts';

const { values } = parseArgs({
  options: {
    ...listenOptions,
    name: { type: 'string', default: 'legacy' },
    transport: { type: 'string', default: 'sessions' },
  },
});

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

interface Session {
  readonly server: Server;
  readonly transport: Transport;
  readonly subscribed: Set<string>;
}

const offer = offerOf(values.name, 'legacy');
const lists = { ...offer };
const isStateless = values.transport === 'stateless';
const sessions = new Map<string, Session>();
// The SDK would compile an Ajv for every session.
const jsonSchemaValidator = new AjvJsonSchemaValidator();
const listChanged = !isStateless;
const capabilities = {
  tools: { listChanged },
  prompts: { listChanged },
  resources: { listChanged, subscribe: !isStateless },
  completions: {},
  logging: {},
  experimental: { 'example.com/feature': { kept: true } },
};

/** The keys of those whose user was sent to the URL. */
const sent = new Set<string>();

const invalid = (what: string): McpError => new McpError(-32602, what);

/** Asks the client in the midst of a call, on the stream of its answer, or by an error. @returns undefined if the tool asks nothing */
async function askedBy(tool: string, args: Record<string, unknown>, extra: Extra): Promise<string | undefined> {
  switch (tool) {
    case 'ask_model': {
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: String(args['prompt']) } }];
      const request = { method: 'sampling/createMessage' as const, params: { messages, maxTokens: 100 } };
      return JSON.stringify(await extra.sendRequest(request, CreateMessageResultSchema));
    }
    case 'ask_user': {
      const params = { mode: 'form' as const, message: String(args['message']), requestedSchema: form };
      const request = { method: 'elicitation/create' as const, params: structuredClone(params) as never };
      return JSON.stringify(await extra.sendRequest(request, ElicitResultSchema));
    }
    case 'send_user': {
      const params = {
        mode: 'url' as const,
        message: String(args['message']),
        url: userUrl,
        elicitationId: randomUUID(),
      };
      const request = { method: 'elicitation/create' as const, params };
      return JSON.stringify(await extra.sendRequest(request, ElicitResultSchema));
    }
    case 'ask_roots':
      return JSON.stringify(await extra.sendRequest({ method: 'roots/list' }, ListRootsResultSchema));
    case 'need_user': {
      const key = String(args['key']);
      if (sent.delete(key)) return 'The user has been there';
      sent.add(key);
      const elicitation = { mode: 'url' as const, message: key, url: userUrl, elicitationId: randomUUID() };
      throw new UrlElicitationRequiredError([elicitation]);
    }
    default:
      return undefined;
  }
}

function build(transport: Transport): Session {
  const session: Session = {
    server: new Server(
      { name: values.name, version: '1.0.0', title: `The server ${values.name}` },
      { capabilities, instructions: offer.instructions, jsonSchemaValidator },
    ),
    transport,
    subscribed: new Set(),
  };
  const { server, subscribed } = session;
  const levels = LoggingLevelSchema.options;
  let lowest: LoggingLevel = 'debug';

  const listing = (kind: ListKind, cursor: string | undefined): never => {
    const page = pageOf(lists[kind], cursor);
    if (page === undefined) throw invalid(`There is no page ${cursor}.`);
    const { items, ...rest } = page;
    return { [kind]: items, ...rest } as never;
  };
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => listing('tools', params?.cursor));
  server.setRequestHandler(ListPromptsRequestSchema, ({ params }) => listing('prompts', params?.cursor));
  server.setRequestHandler(ListResourcesRequestSchema, ({ params }) => listing('resources', params?.cursor));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, ({ params }) =>
    listing('resourceTemplates', params?.cursor),
  );
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    const args = params.arguments ?? {};
    const asked = await askedBy(params.name, args, extra);
    if (asked !== undefined) return { content: [{ type: 'text', text: asked }] };
    const token = extra._meta?.progressToken;
    const region = extra.requestInfo?.headers['mcp-param-region'];
    const call: FeatureCall = {
      signal: extra.signal,
      region: typeof region === 'string' ? region : undefined,
      progress: async (progress, total) => {
        if (token === undefined) return;
        const told = { progressToken: token, progress, total, message: `step ${progress}` };
        await extra.sendNotification({ method: 'notifications/progress', params: told });
      },
      log: async (level, data) => {
        if (levels.indexOf(level) < levels.indexOf(lowest)) return;
        await extra.sendNotification({ method: 'notifications/message', params: { level, data, logger: 'features' } });
      },
    };
    const result = await resultOf(params.name, args, call);
    if (result === undefined) throw invalid(`There is no tool ${params.name}.`);
    return result as CallToolResult;
  });
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = promptOf(offer, params.name, params.arguments);
    if (prompt === undefined) throw invalid(`There is no prompt ${params.name}.`);
    return prompt;
  });
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
    const contents = contentsOf(offer, uri);
    // 2025-11-25, server/resources, Error Handling.
    if (contents === undefined) throw new McpError(-32002, 'Resource not found', { uri });
    return contents;
  });
  server.setRequestHandler(CompleteRequestSchema, ({ params: { argument } }) => ({
    completion: completionOf(argument.name, argument.value),
  }));
  server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    lowest = params.level;
    return {};
  });
  if (!isStateless) {
    server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
      subscribed.add(params.uri);
      return {};
    });
    server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
      subscribed.delete(params.uri);
      return {};
    });
  }
  return session;
}

const notJson = (error: unknown): void => console.error(error);

function add(kind: ListKind, key: string): void {
  lists[kind] = [...lists[kind], extraItem(values.name, kind, key)];
  for (const { server } of sessions.values()) {
    if (kind === 'tools') server.sendToolListChanged().catch(notJson);
    else if (kind === 'prompts') server.sendPromptListChanged().catch(notJson);
    else server.sendResourceListChanged().catch(notJson);
  }
}

function touch(uri: string): void {
  for (const { server, subscribed } of sessions.values()) {
    if (subscribed.has(uri)) server.sendResourceUpdated({ uri }).catch(notJson);
  }
}

function forget(): void {
  for (const { server } of sessions.values()) void server.close();
  sessions.clear();
}

async function answerSse(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  if (request.method === 'GET' && url.pathname === '/sse') {
    const transport = new SSEServerTransport('/messages', response);
    const session = build(transport);
    sessions.set(transport.sessionId, session);
    response.on('close', () => sessions.delete(transport.sessionId));
    return session.server.connect(transport);
  }
  const session = sessions.get(url.searchParams.get('sessionId') ?? '');
  if (request.method === 'POST' && url.pathname === '/messages' && session !== undefined) {
    return (session.transport as SSEServerTransport).handlePostMessage(request, response);
  }
  response.writeHead(url.pathname === '/sse' ? 405 : 404).end();
}

async function answerHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = request.headers['mcp-session-id'];
  if (isStateless && request.method !== 'POST') return void response.writeHead(405, { allow: 'POST' }).end();
  if (id !== undefined && !isStateless) {
    const session = sessions.get(String(id));
    if (session) return (session.transport as StreamableHTTPServerTransport).handleRequest(request, response);
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}');
    return;
  }
  const transport = new StreamableHTTPServerTransport(
    isStateless
      ? {}
      : {
          sessionIdGenerator: randomUUID,
          onsessioninitialized: (session: string) => void sessions.set(session, built),
          onsessionclosed: (session: string) => void sessions.delete(session),
        },
  );
  const built = build(transport);
  await built.server.connect(transport);
  if (isStateless) response.on('close', () => void built.server.close());
  return transport.handleRequest(request, response);
}

const server = createServer((request, response) => {
  if (handleControl(request, response, { add, touch, forget })) return;
  const url = new URL(request.url ?? '/', 'http://server');
  const answered = values.transport === 'http-sse' ? answerSse(request, response, url) : answerHttp(request, response);
  answered.catch((error: unknown) => {
    console.error(error);
    if (!response.headersSent) response.writeHead(500).end();
  });
});
await serve(server, values);
