/**
 * A server on the first generation of the TypeScript SDK: initialize, sessions.
 *   node legacy.ts [--stateless] [--json] [--name NAME] [--port N] [--host H]
 * `--stateless` gives no session id and answers 405 to GET; `--json` answers without SSE. POST /toggle?list=tools&name=N
 * changes a list in all sessions; POST /touch?uri=URI updates a resource; POST /reword?tool=N&description=T has a tool
 * described otherwise; POST /forget drops all sessions, as a restart
 * would.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate, type RegisteredTool } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import {
  about,
  completeStyle,
  extraPrompt,
  extraTool,
  extraUri,
  Extras,
  greetArguments,
  greetDescription,
  greeting,
  identity,
  listKinds,
  note,
  read,
  reworded,
  tools,
  type Call,
  type ListKind,
  type TestTool,
} from './contents.ts';
import { listenOptions, serve } from './program.ts';
import { handleReword, handleToggle, handleTouch } from './toggle.ts';

const { values } = parseArgs({
  options: {
    ...listenOptions,
    stateless: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    name: { type: 'string', default: 'legacy' },
  },
});

interface Session {
  readonly server: McpServer;
  readonly transport: StreamableHTTPServerTransport;
  /** The tools that it always has, by name. */
  readonly tools: ReadonlyMap<string, { update(changes: { description: string }): void }>;
  /** The registrations that toggle may take back, by kind and name. */
  readonly extra: Record<ListKind, Map<string, { remove(): void }>>;
  /** The resources that the session's client subscribed to. */
  readonly subscribed: Set<string>;
}

const extras = new Extras();
const wordings = new Map<string, string>();
// Once: completable marks the schema that it is given.
const style = completable(greetArguments.style, completeStyle);
const sessions = new Map<string, Session>();
// The SDK would compile an Ajv for every session.
const jsonSchemaValidator = new AjvJsonSchemaValidator();

function toggle(kind: ListKind, name: string): 'added' | 'removed' {
  const change = extras.toggle(kind, name);
  for (const session of sessions.values()) {
    if (change === 'added') registerExtra(session, kind, name);
    else session.extra[kind].get(name)?.remove();
  }
  return change;
}

function reword(tool: string, description: string): void {
  wordings.set(tool, description);
  for (const session of sessions.values()) session.tools.get(tool)?.update({ description });
}

async function touch(uri: string): Promise<void> {
  const told = [...sessions.values()].filter(({ subscribed }) => subscribed.has(uri));
  await Promise.all(told.map(({ server }) => server.server.sendResourceUpdated({ uri })));
}

function callOf(extra: RequestHandlerExtra<ServerRequest, ServerNotification>): Call {
  const token = extra._meta?.progressToken;
  return {
    signal: extra.signal,
    session: extra.sessionId,
    headers: extra.requestInfo?.headers ?? {},
    progress: async (progress, total) => {
      if (token === undefined) return;
      await extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken: token, progress, total },
      });
    },
  };
}

function register(server: McpServer, tool: TestTool): RegisteredTool {
  return server.registerTool(tool.name, tool.config, (args, extra) => tool.run(args, callOf(extra)));
}

function registerExtra({ server, extra }: Session, kind: ListKind, name: string): void {
  if (kind === 'tools') extra.tools.set(name, register(server, extraTool(name)));
  else if (kind === 'prompts') {
    const answer = () => extraPrompt.answer(name);
    extra.prompts.set(name, server.registerPrompt(name, extraPrompt.config, answer));
  } else extra.resources.set(name, server.registerResource(name, extraUri(name), {}, read));
}

function build(): Session {
  const { info, instructions } = identity(values.name);
  const server = new McpServer(info, {
    instructions,
    capabilities: { logging: {}, resources: { subscribe: true } },
    jsonSchemaValidator,
  });
  const registered = new Map<string, RegisteredTool>();
  for (const tool of tools(values.name, toggle)) {
    registered.set(tool.name, register(server, reworded(tool, wordings)));
  }
  const argsSchema = { ...greetArguments, style };
  server.registerPrompt('greet', { description: greetDescription, argsSchema }, greeting);
  server.registerResource('about', about.uri, about.config, read);
  server.registerResource('note', new ResourceTemplate(note.template, note.callbacks), note.config, read);

  const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
    enableJsonResponse: values.json,
    ...(!values.stateless && {
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id: string) => void sessions.set(id, session),
      onsessionclosed: (id: string) => void sessions.delete(id),
    }),
  });
  const session: Session = {
    server,
    transport,
    tools: registered,
    extra: { tools: new Map(), prompts: new Map(), resources: new Map() },
    subscribed: new Set(),
  };
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    session.subscribed.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    session.subscribed.delete(params.uri);
    return {};
  });
  for (const kind of listKinds) for (const name of extras[kind]) registerExtra(session, kind, name);
  return session;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = request.headers['mcp-session-id'];
  if (typeof id === 'string' && !values.stateless) {
    const session = sessions.get(id);
    if (session) await session.transport.handleRequest(request, response);
    else {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}');
    }
    return;
  }
  if (values.stateless && request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST' }).end();
    return;
  }
  const { server, transport } = build();
  await server.connect(transport);
  await transport.handleRequest(request, response);
  if (values.stateless) response.on('close', () => void server.close());
}

function handleForget(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.url !== '/forget') return false;
  for (const session of sessions.values()) void session.server.close();
  sessions.clear();
  response.end('forgotten\n');
  return true;
}

const server = createServer((request, response) => {
  if (handleToggle(request, response, toggle) || handleTouch(request, response, touch)) return;
  if (handleReword(request, response, reword)) return;
  if (handleForget(request, response)) return;
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    if (!response.headersSent) response.writeHead(500).end();
  });
});
await serve(server, values);
