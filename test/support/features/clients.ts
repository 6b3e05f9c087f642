import {
  Client as ModernSdk,
  LOG_LEVEL_META_KEY,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import { Client as LegacySdk } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  type ClientCapabilities,
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod/v4';
import { modernVersion } from '../mcp-http.ts';

/** The revisions that the clients of the table speak, the modern one last. */
export const versions = ['2024-11-05', '2025-03-26', '2025-11-25', modernVersion] as const;
export type Version = (typeof versions)[number];

export interface CallOptions {
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
  /** The least severe log messages that are wanted. */
  readonly logLevel?: 'debug' | 'info' | 'error';
}

export interface Call {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface Result {
  readonly [key: string]: unknown;
  readonly content: readonly Readonly<Record<string, unknown>>[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
}

export interface Heard {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

/** A real client of either SDK, as the cells of the table use it. */
export interface FeatureClient {
  readonly version: Version;
  readonly isModern: boolean;
  /** What the server said of itself. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions: string | undefined;
  /** Notifications, in the order in which they came. */
  readonly heard: readonly Heard[];
  /** Requests of servers, in the order in which they came. */
  readonly asked: readonly Heard[];
  /** What the user does when asked. */
  user: 'accepts' | 'declines';
  /** Any request; its result with all members, those that the SDK does not know included. */
  request(method: string, params?: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  /** The SDK's own way to list tools, which makes it know their schemas. */
  listTools(): Promise<readonly { readonly name: string }[]>;
  call(call: Call, options?: CallOptions): Promise<Result>;
  /** From then on hears of changes of the lists. */
  followLists(): Promise<void>;
  /** Hears of updates of a resource. @returns what ends it */
  follow(uri: string): Promise<() => Promise<unknown>>;
  close(): Promise<void>;
}

const info = { name: 'fetchfy-test', version: '1' };
const anything = z.looseObject({});

/** What a client of the table can be asked for; the rest is not of its revision. */
function declaredAt(version: Version): ClientCapabilities {
  const roots = version === modernVersion ? {} : { listChanged: true };
  return version < '2025-06-18' ? { sampling: {}, roots } : { sampling: {}, roots, elicitation: { form: {}, url: {} } };
}

interface Question {
  readonly message: string;
  readonly mode?: string | undefined;
}

/** The model repeats what it is told. */
const replies = {
  sampled: (messages: readonly { readonly content: unknown }[]) => {
    const asked = messages[0]?.content as { readonly text?: string } | undefined;
    const content = { type: 'text' as const, text: `the model heard ${asked?.text}` };
    return { model: 'test', role: 'assistant' as const, content };
  },
  elicited: ({ message, mode }: Question, user: FeatureClient['user']) => {
    if (user === 'declines') return { action: 'decline' as const };
    if (mode === 'url') return { action: 'accept' as const };
    return { action: 'accept' as const, content: { name: `user of ${message}` } };
  },
  roots: { roots: [{ uri: 'file:///home/shop', name: 'shop' }] },
};

/** Connects a client that speaks this revision and no other. */
export async function connect(url: string, version: Version): Promise<FeatureClient> {
  return version === modernVersion ? modern(url) : legacy(url, version);
}

async function legacy(url: string, version: Version): Promise<FeatureClient> {
  const client = new LegacySdk(info, { capabilities: declaredAt(version) });
  const heard: Heard[] = [];
  const asked: Heard[] = [];
  client.fallbackNotificationHandler = async (told) => void heard.push(told);
  client.setRequestHandler(CreateMessageRequestSchema, (request) => {
    asked.push(request);
    return replies.sampled(request.params.messages);
  });
  if (version >= '2025-06-18') {
    client.setRequestHandler(ElicitRequestSchema, (request) => {
      asked.push(request);
      return replies.elicited(request.params, self.user);
    });
  }
  client.setRequestHandler(ListRootsRequestSchema, (request) => {
    asked.push(request);
    return structuredClone(replies.roots);
  });
  const transport: Transport = new LegacyTransport(new URL(url));
  const send = transport.send.bind(transport);
  // The SDK asks for its latest revision in any case.
  transport.send = (message, options) =>
    send(
      'method' in message && !Array.isArray(message) && message.method === 'initialize'
        ? { ...message, params: { ...message.params, protocolVersion: version } }
        : message,
      options,
    );
  await client.connect(transport);
  const request: FeatureClient['request'] = (method, params = {}) => client.request({ method, params }, anything);
  let level: string | undefined;
  const self: FeatureClient = {
    user: 'accepts',
    version,
    isModern: false,
    capabilities: client.getServerCapabilities() ?? {},
    instructions: client.getInstructions(),
    heard,
    asked,
    request,
    listTools: async () => (await client.listTools()).tools,
    call: async (call, { onProgress, signal, logLevel } = {}) => {
      if (logLevel !== undefined && level !== logLevel) await client.setLoggingLevel(logLevel);
      level = logLevel ?? level;
      const result = await client.callTool({ ...call }, undefined, {
        ...(onProgress && { onprogress: ({ progress }: { progress: number }) => onProgress(progress) }),
        ...(signal && { signal }),
      });
      return result as unknown as Result;
    },
    followLists: async () => undefined,
    follow: async (uri) => {
      await client.subscribeResource({ uri });
      return () => client.unsubscribeResource({ uri });
    },
    close: () => client.close(),
  };
  return self;
}

async function modern(url: string): Promise<FeatureClient> {
  const client = new ModernSdk(info, {
    versionNegotiation: { mode: { pin: modernVersion } },
    capabilities: declaredAt(modernVersion) as never,
  });
  const heard: Heard[] = [];
  const asked: Heard[] = [];
  client.fallbackNotificationHandler = async (told) => void heard.push(told);
  client.setRequestHandler('sampling/createMessage', (request) => {
    asked.push(request);
    return replies.sampled(request.params.messages);
  });
  client.setRequestHandler('elicitation/create', (request) => {
    asked.push(request);
    return replies.elicited(request.params, self.user);
  });
  client.setRequestHandler('roots/list', (request) => {
    asked.push(request);
    return structuredClone(replies.roots);
  });
  await client.connect(new ModernTransport(new URL(url)));
  let followed: Promise<unknown> | undefined;
  const self: FeatureClient = {
    user: 'accepts',
    version: modernVersion,
    isModern: true,
    capabilities: client.getServerCapabilities() ?? {},
    instructions: client.getInstructions(),
    heard,
    asked,
    request: (method, params = {}) => client.request({ method, params }, anything),
    listTools: async () => (await client.listTools()).tools,
    call: async (call, { onProgress, signal, logLevel } = {}) => {
      const meta = logLevel === undefined ? {} : { _meta: { [LOG_LEVEL_META_KEY]: logLevel } };
      const result = await client.callTool(
        { ...call, ...meta },
        {
          ...(onProgress && { onprogress: ({ progress }: { progress: number }) => onProgress(progress) }),
          ...(signal && { signal }),
        },
      );
      return result as unknown as Result;
    },
    followLists: async () => {
      followed ??= client.listen({ toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true });
      await followed;
    },
    follow: async (uri) => {
      const subscription = await client.listen({ resourceSubscriptions: [uri] });
      return () => subscription.close();
    },
    close: () => client.close(),
  };
  return self;
}
