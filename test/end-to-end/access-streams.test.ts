import t from 'tap';
import type { RegistryPolicy } from '../../gateway/contract/registry-document.ts';
import { LegacySession, modernListen, open } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { TestIssuer } from '../support/test-issuer.ts';

const PUBLIC = 'https://mcp.example.com';
const issuer = await TestIssuer.start(t);
const upstream = await scriptedUpstream(t, {
  tools: { ask: ({ response, message }) => json(response, textResult(message, 'said')) },
});
const policy: RegistryPolicy = { hosts: [], publicUrl: PUBLIC, auth: { methods: [issuer.method()] } };
const gateway = await startGateway([entryFor(upstream.url, { name: 'server' })], {
  registry: { policy },
  env: issuer.env,
});
t.teardown(() => gateway.stop());

/** Headers with a token that is good for so many seconds. */
async function bearer(seconds: number, sub = 'ada'): Promise<{ authorization: string }> {
  const exp = Math.floor(Date.now() / 1000) + seconds;
  return { authorization: `Bearer ${await issuer.token(`${PUBLIC}/mcp`, { sub, exp })}` };
}

t.test("a session's stream ends with the token that it was opened with, and a new token opens another", async (t) => {
  const options = { headers: await bearer(2) };
  const session = await LegacySession.begin(gateway.url, '2025-11-25', options);
  const stream = await openStream(session, await bearer(2));
  t.equal(await stream.ended(), 'ended');
  t.match(stream.text, /retry: \d+\n\n$/, 'the client is to come back');
  const later = await bearer(60);
  t.equal((await session.request('tools/list', {}, { headers: { ...session.headers, ...later } })).status, 200);
  t.equal((await openStream(session, later)).status, 200);
});

t.test('a subscription ends with its result when its token does', async (t) => {
  const stream = await modernListen(gateway.url, { toolsListChanged: true }, { headers: await bearer(2) });
  t.equal(await stream.ended(), 'ended');
  t.match(stream.messages.at(-1), { result: { resultType: 'complete' } });
});

t.test("another user's token opens no stream of a session, and sends nothing in it", async (t) => {
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { headers: await bearer(60) });
  const bob = await bearer(60, 'bob');
  t.equal((await openStream(session, bob)).status, 404);
  t.equal((await session.request('tools/list', {}, { headers: { ...session.headers, ...bob } })).status, 404);
});

async function openStream(session: LegacySession, headers: Record<string, string>): Promise<MessageStream> {
  const accept = { ...session.headers, accept: 'text/event-stream', ...headers };
  return new MessageStream(await open(gateway.url, { method: 'GET', headers: accept }));
}
