import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
  UnauthorizedError as ModernUnauthorized,
} from '@modelcontextprotocol/client';
import { UnauthorizedError as LegacyUnauthorized } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { TestClient } from './clients.ts';
import type { TestOAuthProvider } from './oauth-provider.ts';

const info = { name: 'fetchfy-test', version: '1' };
const pinned = { versionNegotiation: { mode: { pin: '2026-07-28' } } } as const;

/**
 * Connects a client of an era as a person's does, by the SDK's own OAuth client: it is refused, the person logs in, it connects
 * again.
 */
export const oauthClientOf = {
  async legacy(url: string, provider: TestOAuthProvider): Promise<TestClient> {
    const options = { authProvider: provider, fetch: provider.browser.fetch };
    const first = new LegacyTransport(new URL(url), options);
    await refused(new LegacyClient(info).connect(first), LegacyUnauthorized);
    await first.finishAuth(await provider.code());
    const client = new LegacyClient(info);
    await client.connect(new LegacyTransport(new URL(url), options));
    return client;
  },
  async modern(url: string, provider: TestOAuthProvider): Promise<TestClient> {
    const options = { authProvider: provider, fetch: provider.browser.fetch };
    const first = new ModernTransport(new URL(url), options);
    await refused(new ModernClient(info, pinned).connect(first), ModernUnauthorized);
    await first.finishAuth(await provider.callback());
    const client = new ModernClient(info, pinned);
    await client.connect(new ModernTransport(new URL(url), options));
    return client;
  },
};

/** Gives a client that was told to ask its person again the new token. */
export async function finishOAuth({ transport }: TestClient, provider: TestOAuthProvider): Promise<void> {
  if (transport instanceof LegacyTransport) await transport.finishAuth(await provider.code());
  else await (transport as ModernTransport).finishAuth(await provider.callback());
}

async function refused(connecting: Promise<void>, type: new (message?: string) => Error): Promise<void> {
  const error = await connecting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof type)) throw new Error(`Expected to be asked for a token: ${String(error)}`);
}
