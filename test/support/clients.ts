import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
  type ClientCapabilities as ModernCapabilities,
} from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const info = { name: 'fetchfy-test', version: '1' };

/** Headers that a client sends with all that it asks, such as a credential. */
export type ClientHeaders = Readonly<Record<string, string>>;

/** A client of the first SDK generation: the legacy era. @param prepare sets it up before it connects */
export async function legacyClient(
  url: string,
  capabilities: ClientCapabilities = {},
  prepare: (client: LegacyClient) => void = () => undefined,
  headers: ClientHeaders = {},
): Promise<LegacyClient> {
  const client = new LegacyClient(info, { capabilities });
  prepare(client);
  const transport: Transport = new LegacyTransport(new URL(url), { requestInit: { headers } });
  await client.connect(transport);
  return client;
}

/** A client of the second SDK generation that speaks the modern era only. @param prepare sets it up before it connects */
export async function modernClient(
  url: string,
  capabilities: ModernCapabilities = {},
  prepare: (client: ModernClient) => void = () => undefined,
  headers: ClientHeaders = {},
): Promise<ModernClient> {
  const client = new ModernClient(info, { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities });
  prepare(client);
  await client.connect(new ModernTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

export type TestClient = LegacyClient | ModernClient;

/** Connects a client of an era. */
export const clientOf = { legacy: legacyClient, modern: modernClient } as const;

/** Calls a tool and hears of its progress. The two generations of the SDK take the options in different places. */
export async function callWithProgress(
  client: TestClient,
  request: { readonly name: string; readonly arguments: Record<string, unknown> },
  onProgress: (done: number) => void,
): Promise<unknown> {
  const options = { onprogress: ({ progress }: { progress: number }): void => onProgress(progress) };
  if (client instanceof LegacyClient) return client.callTool(request, undefined, options);
  return client.callTool(request, options);
}
