/**
 * What the conformance suite's requirement set 2025-11-25 asks of a server, on the first generation of the TypeScript SDK,
 * with sessions and resumable streams.
 *   node conformance-legacy.ts [--port N] [--host H]
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  LoggingLevelSchema,
  McpError,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
  type CallToolResult,
  type LoggingLevel,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import {
  completion,
  conformancePrompts,
  conformanceResources,
  conformanceTemplate,
  conformanceTools,
  noArguments,
  resourceContents,
  text,
  type ConformanceTool,
  type WireObject,
} from './conformance-contents.ts';
import { elicitations } from './conformance-questions.ts';
import { SessionEvents } from './event-store.ts';
import { refusedAsForeign } from './only-localhost.ts';
import { listenOptions, serve } from './program.ts';

const { values } = parseArgs({ options: listenOptions });

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type LegacyTool = Omit<ConformanceTool, 'run'> & {
  readonly run: (args: WireObject, extra: Extra) => Promise<WireObject[]> | WireObject[];
};

/** The SDK's default; told to clients that wait for a stream to resume, in milliseconds. */
const RETRY_MS = 500;
const capabilities = { tools: {}, prompts: {}, resources: { subscribe: true }, completions: {}, logging: {} };
// The SDK would compile an Ajv for every session.
const jsonSchemaValidator = new AjvJsonSchemaValidator();
const sessions = new Map<string, StreamableHTTPServerTransport>();
const oneString = (name: string) => ({
  type: 'object' as const,
  properties: { [name]: { type: 'string' } },
  required: [name],
});

/** The tools that ask the client something, which only this era does by a request of the server's. */
const askingTools: readonly LegacyTool[] = [
  {
    name: 'test_sampling',
    description: "Asks the client's model",
    inputSchema: oneString('prompt'),
    run: async ({ prompt }, extra) => {
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: String(prompt) } }];
      const request = { method: 'sampling/createMessage' as const, params: { messages, maxTokens: 100 } };
      const { content } = await extra.sendRequest(request, CreateMessageResultSchema);
      return [text(`LLM response: ${content.type === 'text' ? content.text : content.type}`)];
    },
  },
  {
    name: 'test_elicitation',
    description: "Asks the client's user",
    inputSchema: oneString('message'),
    run: ({ message }, extra) => elicit('test_elicitation', extra, String(message)),
  },
  ...['test_elicitation_sep1034_defaults', 'test_elicitation_sep1330_enums'].map((name) => ({
    name,
    description: "Asks the client's user with a form",
    inputSchema: noArguments,
    run: (_args: WireObject, extra: Extra) => elicit(name, extra),
  })),
  {
    name: 'test_reconnection',
    description: 'Ends its own stream before it answers, so that the client has to resume it',
    inputSchema: noArguments,
    run: (_args, extra) => {
      extra.closeSSEStream?.();
      return [text('Answered after the stream had ended')];
    },
  },
];

async function elicit(name: string, extra: Extra, message?: string): Promise<WireObject[]> {
  const form = elicitations[name];
  if (form === undefined) throw new Error(`There is no form for ${name}.`);
  const params = message === undefined ? form : { ...form, message };
  const { action, content } = await extra.sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema);
  return [text(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`)];
}

/** The tools of both eras, as this SDK calls them. */
function sharedTools(wanted: (level: LoggingLevel) => boolean): LegacyTool[] {
  return conformanceTools.map((tool) => ({
    ...tool,
    run: (args, extra) => {
      const token = extra._meta?.progressToken;
      return tool.run(args, {
        progress: async (progress, total) => {
          if (token === undefined) return;
          const params = { progressToken: token, progress, total };
          await extra.sendNotification({ method: 'notifications/progress', params });
        },
        log: async (data) => {
          if (!wanted('info')) return;
          await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } });
        },
      });
    },
  }));
}

function build(): Server {
  const server = new Server({ name: 'conformance-legacy', version: '1.0.0' }, { capabilities, jsonSchemaValidator });
  const subscriptions = new Set<string>();
  const levels = LoggingLevelSchema.options;
  let lowest: LoggingLevel = 'debug';
  const wanted = (level: LoggingLevel): boolean => levels.indexOf(level) >= levels.indexOf(lowest);
  const tools = [...sharedTools(wanted), ...askingTools];

  server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    lowest = params.level;
    return {};
  });
  server.setRequestHandler(ListToolsRequestSchema, () => {
    return { tools: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })) };
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    const tool = tools.find(({ name }) => name === params.name);
    if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, `There is no tool ${params.name}.`);
    try {
      return { content: await tool.run(params.arguments ?? {}, extra) } as CallToolResult;
    } catch (error) {
      return { content: [{ type: 'text', text: (error as Error).message }], isError: true };
    }
  });
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: conformancePrompts.map(({ name, description, arguments: args }) => ({
      name,
      description,
      arguments: [...args],
    })),
  }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = conformancePrompts.find(({ name }) => name === params.name);
    if (prompt === undefined) throw new McpError(ErrorCode.InvalidParams, `There is no prompt ${params.name}.`);
    return { messages: prompt.messages(params.arguments ?? {}) };
  });
  server.setRequestHandler(CompleteRequestSchema, ({ params }) => ({ completion: completion(params.argument.value) }));
  server.setRequestHandler(ListResourcesRequestSchema, () => ({
    resources: conformanceResources.map(({ uri, name, description, mimeType }) => ({
      uri,
      name,
      description,
      mimeType,
    })),
  }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [conformanceTemplate] }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
    const contents = resourceContents(uri);
    // 2025-11-25, server/resources, Error Handling.
    if (contents === undefined) throw new McpError(-32002, 'Resource not found', { uri });
    return { contents: [contents] };
  });
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscriptions.add(params.uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscriptions.delete(params.uri);
    return {};
  });
  return server;
}

async function transportOf(request: IncomingMessage): Promise<StreamableHTTPServerTransport | undefined> {
  const id = request.headers['mcp-session-id'];
  if (id !== undefined) return sessions.get(String(id));
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: new SessionEvents(),
    retryInterval: RETRY_MS,
    onsessioninitialized: (session) => void sessions.set(session, transport),
    onsessionclosed: (session) => void sessions.delete(session),
  });
  await build().connect(transport);
  return transport;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (refusedAsForeign(request, response, values.host)) return;
  const transport = await transportOf(request);
  if (transport !== undefined) return transport.handleRequest(request, response);
  response.writeHead(404, { 'content-type': 'application/json' });
  response.end('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}');
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    if (!response.headersSent) response.writeHead(500).end();
  });
});
await serve(server, values);
