/**
 * What the conformance suite's requirement set 2026-07-28 asks of a server, on the second generation of the TypeScript
 * SDK. It speaks that revision only.
 *   node conformance-modern.ts [--port N] [--host H]
 */
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { toNodeHandler, type NodeIncomingMessageLike } from '@modelcontextprotocol/node';
import {
  acceptedContent,
  createMcpHandler,
  fromJsonSchema,
  inputRequired,
  McpServer,
  ResourceNotFoundError,
  ResourceTemplate,
  type CallToolResult,
  type GetPromptResult,
  type McpHttpHandler,
  type ReadResourceResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import {
  completion,
  conformancePrompts,
  conformanceResources,
  conformanceTemplate,
  conformanceTools,
  noArguments,
  resourceContents,
  type ConformancePrompt,
} from './conformance-contents.ts';
import { ask, requestState, roundTools } from './conformance-rounds.ts';
import { refusedAsForeign } from './only-localhost.ts';
import { listenOptions, serve } from './program.ts';

const { values } = parseArgs({ options: listenOptions });

type Arguments = Record<string, unknown>;

const capabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  completions: {},
  logging: {},
};
const noInput = fromJsonSchema<Arguments>(noArguments);
/** The items that come and go when a scenario wants a list to change. */
const extra = { tool: false, prompt: false };

function callOf({ mcpReq }: ServerContext) {
  const token = mcpReq._meta?.progressToken;
  return {
    progress: async (progress: number, total: number): Promise<void> => {
      if (token === undefined) return;
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken: token, progress, total } });
    },
    // The SDK sends it only to a request that set a log level.
    log: (data: string): Promise<void> => mcpReq.log('info', data),
  };
}

function registerTools(server: McpServer): void {
  for (const { name, description, inputSchema, run } of conformanceTools) {
    server.registerTool(
      name,
      { description, inputSchema: fromJsonSchema<Arguments>(inputSchema) },
      async (args, context) => ({ content: await run(args, callOf(context)) }) as CallToolResult,
    );
  }
  for (const { name, description, run } of roundTools) {
    server.registerTool(name, { description, inputSchema: noInput }, (_args, context) => run(context));
  }
  const region = { type: 'string', 'x-mcp-header': 'Region' };
  server.registerTool(
    'test_x_mcp_header',
    {
      description: 'Has an argument that is mirrored into the header Mcp-Param-Region',
      inputSchema: fromJsonSchema<Arguments>({ type: 'object', properties: { region } }),
    },
    (args) => ({ content: [{ type: 'text', text: `region=${String(args['region'])}` }] }),
  );
  server.registerTool(
    'test_logging_tool',
    { description: 'Logs once', inputSchema: noInput },
    async (_args, { mcpReq }) => {
      await mcpReq.log('info', 'Logged');
      return { content: [{ type: 'text', text: 'Logged' }] };
    },
  );
  for (const kind of ['tool', 'prompt'] as const) {
    server.registerTool(
      `test_trigger_${kind}_change`,
      { description: `Adds a ${kind}, or removes it`, inputSchema: noInput },
      () => {
        extra[kind] = !extra[kind];
        if (kind === 'tool') handler.notify.toolsChanged();
        else handler.notify.promptsChanged();
        return { content: [{ type: 'text', text: `The extra ${kind} is ${extra[kind] ? 'there' : 'gone'}` }] };
      },
    );
  }
  if (!extra.tool) return;
  server.registerTool('test_z_extra', { description: 'Comes and goes', inputSchema: noInput }, () => ({
    content: [{ type: 'text', text: 'Here' }],
  }));
}

function registerPrompts(server: McpServer): void {
  for (const prompt of conformancePrompts) {
    server.registerPrompt(
      prompt.name,
      { description: prompt.description, argsSchema: fromJsonSchema<Record<string, string>>(schemaOf(prompt)) },
      (args) => ({ messages: prompt.messages(args) }) as GetPromptResult,
    );
  }
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'Asks for its context first' },
    ({ mcpReq }) => {
      const context = acceptedContent(mcpReq.inputResponses, 'user_context')?.['context'];
      if (typeof context !== 'string') {
        return inputRequired({
          inputRequests: { user_context: ask('What context should the prompt use?', 'context') },
        });
      }
      return { messages: [{ role: 'user', content: { type: 'text', text: `The context is ${context}.` } }] };
    },
  );
  if (!extra.prompt) return;
  server.registerPrompt('test_z_extra', { description: 'Comes and goes' }, () => ({
    messages: [{ role: 'user', content: { type: 'text', text: 'Here' } }],
  }));
}

function schemaOf({ arguments: all }: ConformancePrompt) {
  const properties = Object.fromEntries(all.map(({ name, description }) => [name, { type: 'string', description }]));
  return { type: 'object' as const, properties, required: all.map(({ name }) => name) };
}

function read(uri: URL): ReadResourceResult {
  const contents = resourceContents(uri.href);
  if (contents === undefined) throw new ResourceNotFoundError(uri.href);
  return { contents: [contents] } as ReadResourceResult;
}

function build(): McpServer {
  const server = new McpServer(
    { name: 'conformance-modern', version: '1.0.0' },
    { capabilities, requestState: { verify: (state, context) => requestState.verify(state, context) } },
  );
  registerTools(server);
  registerPrompts(server);
  for (const { uri, name, description, mimeType } of conformanceResources) {
    server.registerResource(name, uri, { description, mimeType }, read);
  }
  const { uriTemplate, name, ...about } = conformanceTemplate;
  server.registerResource(name, new ResourceTemplate(uriTemplate, { list: undefined }), about, read);
  server.server.setRequestHandler('completion/complete', ({ params }) => ({
    completion: completion(params.argument.value),
  }));
  return server;
}

const handler: McpHttpHandler = createMcpHandler(build, { legacy: 'reject' });
const handle = toNodeHandler(handler);
const server = createServer((request, response) => {
  if (refusedAsForeign(request, response, values.host)) return;
  // The adapter's type does not know exactOptionalPropertyTypes.
  void handle(request as NodeIncomingMessageLike, response);
});
await serve(server, values);
