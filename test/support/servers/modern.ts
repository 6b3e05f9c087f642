/**
 * A server on the second generation of the TypeScript SDK: 2026-07-28.
 *   node modern.ts [--era modern|dual] [--name NAME] [--mode auto|sse|json] [--port N] [--host H]
 * `dual` serves legacy clients too, without sessions (the SDK's own default). POST /toggle?list=tools&name=N changes a list;
 * POST /reword?tool=N&description=T has a tool described otherwise.
 */
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { toNodeHandler, type NodeIncomingMessageLike } from '@modelcontextprotocol/node';
import {
  completable,
  createMcpHandler,
  McpServer,
  ResourceTemplate,
  type McpHttpHandler,
  type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod/v4';
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
    era: { type: 'string', default: 'modern' },
    name: { type: 'string', default: 'modern' },
    mode: { type: 'string', default: 'auto' },
  },
});

const extras = new Extras();
const wordings = new Map<string, string>();
// Once: completable marks the schema that it is given.
const style = completable(greetArguments.style, completeStyle);

function toggle(kind: ListKind, name: string): 'added' | 'removed' {
  const change = extras.toggle(kind, name);
  if (kind === 'tools') handler.notify.toolsChanged();
  else if (kind === 'prompts') handler.notify.promptsChanged();
  else handler.notify.resourcesChanged();
  return change;
}

function reword(tool: string, description: string): void {
  wordings.set(tool, description);
  handler.notify.toolsChanged();
}

function callOf(context: ServerContext): Call {
  const token = context.mcpReq._meta?.progressToken;
  return {
    signal: context.mcpReq.signal,
    session: context.sessionId,
    headers: Object.fromEntries(context.http?.req?.headers ?? []),
    progress: async (progress, total) => {
      if (token === undefined) return;
      await context.mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken: token, progress, total },
      });
    },
  };
}

function register(server: McpServer, tool: TestTool): void {
  server.registerTool(tool.name, tool.config, (args, context) => tool.run(args, callOf(context)));
}

function build(): McpServer {
  const { info, instructions } = identity(values.name);
  const server = new McpServer(info, { instructions, capabilities: { resources: { subscribe: true } } });
  for (const tool of tools(values.name, toggle)) register(server, reworded(tool, wordings));
  register(server, {
    name: 'in_region',
    config: {
      title: 'In a region',
      description: 'Has a parameter that is mirrored into the header Mcp-Param-Region',
      inputSchema: z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) }),
    },
    run: ({ region }, call) => ({
      content: [{ type: 'text', text: JSON.stringify({ region, header: call.headers['mcp-param-region'] ?? null }) }],
    }),
  });
  // Its era takes an output that is no object; the SDK shows it to legacy clients as one itself.
  server.registerTool(
    'range',
    {
      description: 'Answers the numbers from one to another',
      inputSchema: z.object({ to: z.number().int() }),
      outputSchema: z.array(z.number().int()),
    },
    ({ to }) => {
      const numbers = Array.from({ length: to }, (_, index) => index + 1);
      return { content: [{ type: 'text', text: JSON.stringify(numbers) }], structuredContent: numbers };
    },
  );
  for (const name of extras.tools) register(server, extraTool(name));

  const argsSchema = z.object({ ...greetArguments, style });
  server.registerPrompt('greet', { description: greetDescription, argsSchema }, greeting);
  for (const name of extras.prompts) {
    server.registerPrompt(name, extraPrompt.config, () => extraPrompt.answer(name));
  }

  server.registerResource('about', about.uri, about.config, read);
  for (const name of extras.resources) server.registerResource(name, extraUri(name), {}, read);
  server.registerResource('note', new ResourceTemplate(note.template, note.callbacks), note.config, read);
  return server;
}

const handler: McpHttpHandler = createMcpHandler(build, {
  legacy: values.era === 'dual' ? 'stateless' : 'reject',
  responseMode: values.mode as 'auto' | 'sse' | 'json',
});
const handle = toNodeHandler(handler);
const server = createServer((request, response) => {
  const touch = (uri: string): void => handler.notify.resourceUpdated(uri);
  if (handleToggle(request, response, toggle) || handleTouch(request, response, touch)) return;
  if (handleReword(request, response, reword)) return;
  // The adapter's type does not know exactOptionalPropertyTypes.
  void handle(request as NodeIncomingMessageLike, response);
});
await serve(server, values);
