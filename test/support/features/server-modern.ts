/**
 * A server with every feature of 2026-07-28, on the second generation of the TypeScript SDK.
 *   node server-modern.ts --name NAME [--era modern|dual] [--port N] [--host H]
 * `dual` serves legacy clients too, without sessions (the SDK's own default).
 */
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { toNodeHandler, type NodeIncomingMessageLike } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  inputRequired,
  ProtocolError,
  ResourceNotFoundError,
  Server,
  type CallToolResult,
  type InputRequest,
  type InputRequiredResult,
  type McpHttpHandler,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { listenOptions, serve } from '../servers/program.ts';
import { form, resultOf, userUrl, type FeatureCall } from './behaviour.ts';
import { handleControl } from './control.ts';
import { completionOf, contentsOf, extraItem, offerOf, pageOf, promptOf, type ListKind } from './offer.ts';

const { values } = parseArgs({
  options: {
    ...listenOptions,
    name: { type: 'string', default: 'modern' },
    era: { type: 'string', default: 'modern' },
  },
});

const offer = offerOf(values.name, 'modern');
const lists = { ...offer };
const capabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  completions: {},
  logging: {},
  experimental: { 'example.com/feature': { kept: true } },
};

const invalid = (what: string): ProtocolError => new ProtocolError(-32602, what);

/** What a tool needs of the client before it answers. @returns undefined if it needs nothing */
function neededBy(tool: string, args: Record<string, unknown>): InputRequest | undefined {
  switch (tool) {
    case 'ask_model':
      return inputRequired.createMessage({
        messages: [{ role: 'user', content: { type: 'text', text: String(args['prompt']) } }],
        maxTokens: 100,
      });
    case 'ask_user':
      return inputRequired.elicit({
        message: String(args['message']),
        requestedSchema: structuredClone(form) as never,
      });
    case 'send_user':
      return inputRequired.elicitUrl({ message: String(args['message']), url: userUrl });
    case 'ask_roots':
      return inputRequired.listRoots();
    default:
      return undefined;
  }
}

function callOf({ mcpReq, http }: ServerContext): FeatureCall {
  const token = mcpReq._meta?.progressToken;
  return {
    signal: mcpReq.signal,
    region: http?.req?.headers.get('mcp-param-region') ?? undefined,
    progress: async (progress, total) => {
      if (token === undefined) return;
      const params = { progressToken: token, progress, total, message: `step ${progress}` };
      await mcpReq.notify({ method: 'notifications/progress', params });
    },
    // The SDK sends it only to a request that set a log level.
    log: (level, data) => mcpReq.log(level, data, 'features'),
  };
}

function build(): Server {
  const server = new Server(
    { name: values.name, version: '1.0.0', title: `The server ${values.name}` },
    { capabilities, instructions: offer.instructions },
  );
  const listing = (kind: ListKind, cursor: string | undefined): never => {
    const page = pageOf(lists[kind], cursor);
    if (page === undefined) throw invalid(`There is no page ${cursor}.`);
    const { items, ...rest } = page;
    return { [kind]: items, ...rest } as never;
  };
  server.setRequestHandler('tools/list', ({ params }) => listing('tools', params?.cursor));
  server.setRequestHandler('prompts/list', ({ params }) => listing('prompts', params?.cursor));
  server.setRequestHandler('resources/list', ({ params }) => listing('resources', params?.cursor));
  server.setRequestHandler('resources/templates/list', ({ params }) => listing('resourceTemplates', params?.cursor));
  server.setRequestHandler('tools/call', async ({ params }, context): Promise<CallToolResult | InputRequiredResult> => {
    const args = params.arguments ?? {};
    const needed = neededBy(params.name, args);
    if (needed !== undefined) {
      const answer = context.mcpReq.inputResponses?.['answer'];
      if (answer === undefined) return inputRequired({ inputRequests: { answer: needed } });
      return { content: [{ type: 'text', text: JSON.stringify(answer) }] };
    }
    const result = await resultOf(params.name, args, callOf(context));
    if (result === undefined) throw invalid(`There is no tool ${params.name}.`);
    return result as CallToolResult;
  });
  server.setRequestHandler('prompts/get', ({ params }) => {
    const prompt = promptOf(offer, params.name, params.arguments);
    if (prompt === undefined) throw invalid(`There is no prompt ${params.name}.`);
    return prompt as never;
  });
  server.setRequestHandler('resources/read', ({ params: { uri } }) => {
    const contents = contentsOf(offer, uri);
    if (contents === undefined) throw new ResourceNotFoundError(uri);
    return contents as never;
  });
  server.setRequestHandler('completion/complete', ({ params: { argument } }) => ({
    completion: completionOf(argument.name, argument.value),
  }));
  return server;
}

const handler: McpHttpHandler = createMcpHandler(build, { legacy: values.era === 'dual' ? 'stateless' : 'reject' });
const handle = toNodeHandler(handler);

function add(kind: ListKind, key: string): void {
  lists[kind] = [...lists[kind], extraItem(values.name, kind, key)];
  if (kind === 'tools') handler.notify.toolsChanged();
  else if (kind === 'prompts') handler.notify.promptsChanged();
  else handler.notify.resourcesChanged();
}

const server = createServer((request, response) => {
  const touch = (uri: string): void => handler.notify.resourceUpdated(uri);
  if (handleControl(request, response, { add, touch, forget: () => undefined })) return;
  // The adapter's type does not know exactOptionalPropertyTypes.
  void handle(request as NodeIncomingMessageLike, response);
});
await serve(server, values);
