/**
 * A server on the first generation of the TypeScript SDK with tasks (2025-11-25), which each session has to itself.
 *   node tasks-legacy.ts [--port N] [--host H]
 * Its tools `work` (may be a task) and `must` (has to be one) do what `mode` says; `finish` ends what is held, or has told its steps; `plain` is no
 * task.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { InMemoryTaskMessageQueue, InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { RequestHandlerExtra, RequestTaskStore } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  ElicitResultSchema,
  type CallToolResult,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import * as z from 'zod/v4';
import { listenOptions, serve } from './program.ts';

const { values } = parseArgs({ options: listenOptions });

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification> & { readonly taskStore: RequestTaskStore };

const modes = ['done', 'fails', 'held', 'asks', 'progress', 'steps'] as const;
const requestedSchema = { type: 'object' as const, properties: { name: { type: 'string' as const } } };
const jsonSchemaValidator = new AjvJsonSchemaValidator();
const sessions = new Map<string, StreamableHTTPServerTransport>();

function text(value: string): CallToolResult {
  return { content: [{ type: 'text', text: value }] };
}

/** What a task does, to its result. */
async function work(
  server: McpServer,
  mode: (typeof modes)[number],
  taskId: string,
  extra: Extra,
  finished: () => Promise<void>,
): Promise<CallToolResult> {
  const relatedTask = { taskId };
  if (mode === 'asks') {
    await extra.taskStore.updateTaskStatus(taskId, 'input_required', 'needs a name');
    const request = { method: 'elicitation/create' as const, params: { message: 'who?', requestedSchema } };
    const { content } = await server.server.request(request, ElicitResultSchema, { relatedTask });
    return text(`hello ${String(content?.['name'])}`);
  }
  const progressToken = extra._meta?.progressToken;
  if ((mode === 'progress' || mode === 'steps') && progressToken !== undefined) {
    for (const progress of [1, 2]) {
      const params = { progressToken, progress };
      await server.server.notification({ method: 'notifications/progress', params }, { relatedTask });
    }
  }
  if (mode === 'steps') await finished();
  return mode === 'fails' ? { ...text('it failed'), isError: true } : text('it is done');
}

async function build(): Promise<StreamableHTTPServerTransport> {
  const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
  const server = new McpServer(
    { name: 'tasks', version: '1' },
    {
      capabilities: { tools: {}, tasks },
      taskStore: new InMemoryTaskStore(),
      taskMessageQueue: new InMemoryTaskMessageQueue(),
      defaultTaskPollInterval: 20,
      jsonSchemaValidator,
    },
  );
  const held: (() => void)[] = [];
  const finished = (): Promise<void> => new Promise((resolve) => held.push(resolve));
  const handler = {
    async createTask({ mode }: { readonly mode: (typeof modes)[number] }, extra: Extra) {
      const task = await extra.taskStore.createTask({ ttl: 60_000, pollInterval: 20 });
      const { taskId } = task;
      const finish = async (): Promise<void> => {
        const result = await work(server, mode, taskId, extra, finished);
        await extra.taskStore.storeTaskResult(taskId, result.isError === true ? 'failed' : 'completed', result);
      };
      const run = (): void => void finish().catch((error: unknown) => console.error(error));
      if (mode === 'held') held.push(run);
      else setImmediate(run);
      return { task };
    },
    getTask: (_args: unknown, extra: Extra & { readonly taskId: string }) => extra.taskStore.getTask(extra.taskId),
    getTaskResult: async (_args: unknown, extra: Extra & { readonly taskId: string }) =>
      (await extra.taskStore.getTaskResult(extra.taskId)) as CallToolResult,
  };
  const inputSchema = { mode: z.enum(modes) };
  for (const [name, taskSupport] of [
    ['work', 'optional'],
    ['must', 'required'],
  ] as const) {
    server.experimental.tasks.registerToolTask(name, { inputSchema, execution: { taskSupport } }, handler);
  }
  server.registerTool('plain', { inputSchema: {} }, () => text('plain'));
  server.registerTool('finish', { inputSchema: {} }, () => {
    for (const run of held.splice(0)) run();
    return text('finished');
  });
  const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await server.connect(transport);
  return transport;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/forget') {
    sessions.clear();
    return void response.end('forgotten\n');
  }
  const id = request.headers['mcp-session-id'];
  const transport = typeof id === 'string' ? sessions.get(id) : await build();
  if (transport === undefined) return void response.writeHead(404).end();
  await transport.handleRequest(request, response);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    if (!response.headersSent) response.writeHead(500).end();
  });
});
await serve(server, values);
