import { Agent } from 'node:https';
import { clientOf } from '../../../support/clients.ts';
import { LegacySession, modernCall, type RpcAnswer } from '../../../support/mcp-http.ts';
import { callText } from '../product.ts';
import type { Caller } from './constant-calls.ts';

/** An SDK's client that has a server's `echo` repeat what it says. */
export async function echoCaller(url: string, era: keyof typeof clientOf, server: string): Promise<Caller> {
  const client = await clientOf[era](url);
  return {
    async call(number) {
      const text = `call ${number}`;
      expect(await callText(client, `${server}_echo`, { text }), text);
    },
    close: () => client.close(),
  };
}

/** An SDK's client whose calls last a while, so that one is always under way. */
export async function slowCaller(url: string, era: keyof typeof clientOf, server: string, ms: number): Promise<Caller> {
  const client = await clientOf[era](url);
  return {
    call: async () => expect(await callText(client, `${server}_slow`, { ms }), `waited ${ms} ms`),
    close: () => client.close(),
  };
}

/** A client by hand over HTTPS that trusts one authority, with connections that it keeps or with one a call. */
export async function httpsCaller(
  url: string,
  era: 'legacy' | 'modern',
  server: string,
  { ca, keepAlive }: { readonly ca: string; readonly keepAlive: boolean },
): Promise<Caller> {
  const agent = new Agent({ ca, keepAlive });
  const session = era === 'legacy' ? await LegacySession.begin(url, undefined, { agent }) : undefined;
  const call = (name: string, args: unknown): Promise<RpcAnswer> =>
    session === undefined ? modernCall(url, name, args, { agent }) : session.call(name, args);
  return {
    async call(number) {
      const text = `call ${number}`;
      const { result, error } = await call(`${server}_echo`, { text });
      if (error) throw new Error(`${error.code} ${error.message}`);
      expect((result?.['content'] as { text?: string }[] | undefined)?.[0]?.text, text);
    },
    async close() {
      await session?.end();
      agent.destroy();
    },
  };
}

function expect(found: string | undefined, expected: string): void {
  if (found !== expected) throw new Error(`expected the answer "${expected}", got "${found}"`);
}
