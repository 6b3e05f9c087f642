import type { Client as ModernSdkClient } from '@modelcontextprotocol/client';
import { CallToolResultSchema, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { legacyClient, modernClient, type TestClient } from './clients.ts';
import { answerOf, LegacySession, modern, modernRequest, open, type RpcAnswer } from './mcp-http.ts';
import { MessageStream } from './message-stream.ts';
import { until } from './until.ts';

/** Clients of MCP that use an agent's tools: of both eras, on their SDKs and by hand, to the tests one like another. */

export type Json = Readonly<Record<string, unknown>>;

/** A tool's result as a test reads it. */
export interface ToolResult {
  readonly content: readonly Json[];
  readonly structuredContent?: Json;
  readonly isError?: boolean;
  readonly _meta?: Json;
}

export interface ToldProgress {
  readonly progress: number;
  readonly message?: string;
}

export interface CallOptions {
  /** Gives the call up as the client's era has it: a legacy client says so, a modern one closes the stream. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (told: ToldProgress) => void;
}

/** What a client says to an elicitation's params: an ElicitResult. */
export type Elicited = (params: Json) => unknown;

export interface AgentClientOptions {
  /** Undefined: the client does not declare elicitation. */
  readonly elicited?: Elicited;
}

export interface AgentClient {
  tools(): Promise<readonly Json[]>;
  /** @throws if the answer is a JSON-RPC error, with its message */
  call(name: string, args?: Json, options?: CallOptions): Promise<ToolResult>;
  close(): Promise<void>;
}

const capabilities = { elicitation: { form: {}, url: {} } } as const;

const declared = (options: AgentClientOptions): Json => (options.elicited === undefined ? {} : capabilities);

export const clientKinds = {
  'legacy SDK': async (url: string, options: AgentClientOptions = {}): Promise<AgentClient> => {
    const { elicited } = options;
    const client = await legacyClient(url, declared(options), (each) => {
      if (elicited !== undefined) {
        each.setRequestHandler(ElicitRequestSchema, ({ params }) => elicited(params as Json) as { action: 'accept' });
      }
    });
    return ofSdk(client, (request, { signal, onProgress }) => {
      const sdkOptions = { timeout: 60_000, ...(signal && { signal }), ...(onProgress && { onprogress: onProgress }) };
      return client.callTool(request, CallToolResultSchema, sdkOptions as object);
    });
  },

  'modern SDK': async (url: string, options: AgentClientOptions = {}): Promise<AgentClient> => {
    const { elicited } = options;
    const client = await modernClient(url, declared(options), (each: ModernSdkClient) => {
      if (elicited !== undefined) {
        each.setRequestHandler('elicitation/create', ({ params }) => elicited(params as Json) as { action: 'accept' });
      }
    });
    return ofSdk(client, (request, { signal, onProgress }) => {
      const sdkOptions = { timeout: 60_000, ...(signal && { signal }), ...(onProgress && { onprogress: onProgress }) };
      return client.callTool(request, sdkOptions as object);
    });
  },

  'legacy by hand': async (url: string, options: AgentClientOptions = {}): Promise<AgentClient> => {
    const session = await LegacySession.begin(url, '2025-11-25', { capabilities: declared(options) });
    let id = 1000;
    return {
      tools: async () => ((await session.rpc('tools/list')).result?.['tools'] ?? []) as Json[],
      async call(name, args = {}, { signal, onProgress } = {}) {
        const params = { name, arguments: args, ...(onProgress && { _meta: { progressToken: 'p' } }) };
        const own = ++id;
        const cancel = (): void => void session.notify('notifications/cancelled', { requestId: own });
        signal?.addEventListener('abort', cancel, { once: true });
        const stream = new MessageStream(await session.open('tools/call', params, { id: own }));
        const last = await readAll(stream, options, onProgress, (answer) => session.post(answer));
        return resultIn(last ?? (JSON.parse(stream.text) as RpcAnswer));
      },
      close: async () => void (await session.end()),
    };
  },

  'modern by hand': async (url: string, options: AgentClientOptions = {}): Promise<AgentClient> => {
    const meta = { 'io.modelcontextprotocol/clientCapabilities': declared(options) };
    return {
      tools: async () => (answerOf(await modern(url, 'tools/list', {}, { meta })).result?.['tools'] ?? []) as Json[],
      async call(name, args = {}, { signal, onProgress } = {}) {
        const params = { name, arguments: args };
        let more: Json = {};
        for (;;) {
          const sent = modernRequest(
            'tools/call',
            { ...params, ...more },
            {
              meta: { ...meta, ...(onProgress && { progressToken: 'p' }) },
              ...(signal && { signal }),
            },
          );
          const stream = new MessageStream(await open(url, sent));
          const last = await readAll(stream, options, onProgress, () => undefined);
          const answer = last ?? (JSON.parse(stream.text) as RpcAnswer);
          if (answer.result?.['resultType'] !== 'input_required') return resultIn(answer);
          const { inputRequests, requestState } = answer.result as {
            readonly inputRequests: Readonly<Record<string, { readonly params: Json }>>;
            readonly requestState: string;
          };
          const inputResponses = Object.fromEntries(
            Object.entries(inputRequests).map(([key, asked]) => [key, options.elicited?.(asked.params)]),
          );
          more = { inputResponses, requestState };
        }
      },
      close: async () => undefined,
    };
  },
} as const;

export type ClientKind = keyof typeof clientKinds;

export const isLegacy = (kind: ClientKind): boolean => kind.startsWith('legacy');

function ofSdk(
  client: TestClient,
  call: (request: { name: string; arguments: Record<string, unknown> }, options: CallOptions) => Promise<unknown>,
): AgentClient {
  return {
    tools: async () => (await client.listTools()).tools,
    call: async (name, args = {}, options = {}) =>
      (await call({ name, arguments: { ...args } }, options)) as ToolResult,
    close: () => client.close(),
  };
}

/** Reads a call's stream up to its end, hears of progress and answers what is asked. @returns the answer */
async function readAll(
  stream: MessageStream,
  { elicited }: AgentClientOptions,
  onProgress: CallOptions['onProgress'],
  send: (answer: Json) => unknown,
): Promise<RpcAnswer | undefined> {
  for (let read = 0; ; read++) {
    await until('a message or the end of the answer', () => stream.messages.length > read || stream.end !== undefined, {
      deadlineMs: 60_000,
    });
    const message = stream.messages[read];
    if (message === undefined) return undefined;
    const { id, method, params } = message as { id?: unknown; method?: string; params?: Json };
    if (method === 'notifications/progress') onProgress?.(params as unknown as ToldProgress);
    else if (method !== undefined && id !== undefined) send({ jsonrpc: '2.0', id, result: elicited?.(params ?? {}) });
    else if (method === undefined) return message as unknown as RpcAnswer;
  }
}

function resultIn({ result, error }: RpcAnswer): ToolResult {
  if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
  return result as unknown as ToolResult;
}

/** All text of a result. */
export function said({ content }: ToolResult): string {
  return content.map((block) => (block['type'] === 'text' ? String(block['text']) : '')).join('\n');
}

/** The handle of the task that a result names. */
export function taskIn({ _meta }: ToolResult): string {
  const handle = _meta?.['mcp.fetchfy.ai/task'];
  if (typeof handle !== 'string') throw new Error(`No task in ${JSON.stringify(_meta)}`);
  return handle;
}

/** The handle of the conversation that a result names. */
export function contextIn({ _meta }: ToolResult): string {
  const handle = _meta?.['mcp.fetchfy.ai/context'];
  if (typeof handle !== 'string') throw new Error(`No context in ${JSON.stringify(_meta)}`);
  return handle;
}
