import { Agent } from 'node:https';
import t, { type Test } from 'tap';
import type { RegistryPolicy } from '../../gateway/contract/registry-document.ts';
import { apiKeyHash } from '../support/api-key-hash.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { LegacySession, modernListen, open, type SendOptions } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult } from '../support/scripted-upstream.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
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

/** A caller's streams of both eras. */
async function streamsOf({ url }: RunningGateway, options: SendOptions): Promise<readonly MessageStream[]> {
  const session = await LegacySession.begin(url, '2025-11-25', options);
  const headers = { ...session.headers, accept: 'text/event-stream', ...options.headers };
  const legacy = new MessageStream(await open(url, { ...options, method: 'GET', headers }));
  return [legacy, await modernListen(url, { toolsListChanged: true }, options)];
}

/** Waits until streams have told of a change that is made now. */
async function toldOfChange(streams: readonly MessageStream[], change: () => Promise<void>): Promise<void> {
  const before = streams.map(({ messages }) => messages.length);
  await change();
  await Promise.all(streams.map((stream, i) => stream.message('notifications/tools/list_changed', before[i])));
}

function folder(t: Test, files: Readonly<Record<string, string>>): SecretFolder {
  const made = new SecretFolder();
  t.teardown(() => made.remove());
  made.write(files);
  return made;
}

const services = [entryFor(upstream.url, { name: 'server' })];

t.test('streams end with the API key that they were opened with, and with no other', async (t) => {
  const keys = folder(t, { ada: `${apiKeyHash('old')}\n${apiKeyHash('new')}\n`, bob: apiKeyHash('bob') });
  const byKey: RegistryPolicy = { hosts: [], auth: { methods: [{ apiKey: { header: 'x-api-key' } }] } };
  await using gateway = await startGateway(services, {
    registry: { policy: byKey },
    env: { FETCHFY_API_KEYS_DIR: keys.path },
  });
  const old = await streamsOf(gateway, { headers: { 'x-api-key': 'old' } });
  const others = [
    ...(await streamsOf(gateway, { headers: { 'x-api-key': 'new' } })),
    ...(await streamsOf(gateway, { headers: { 'x-api-key': 'bob' } })),
  ];
  keys.write({ ada: apiKeyHash('new'), bob: apiKeyHash('bob') });
  for (const stream of old) t.equal(await stream.ended(), 'ended');
  await toldOfChange(others, () => gateway.publish([], { policy: byKey }));
});

t.test('streams end when the way is closed by which their callers came', async (t) => {
  await using gateway = await startGateway(services, { env: issuer.env });
  const streams = await streamsOf(gateway, {});
  await gateway.publish(services, { policy });
  for (const stream of streams) t.equal(await stream.ended(), 'ended');
});

t.test('streams end with the CA that had signed the certificate of their connection', async (t) => {
  const servers = certificateAuthority('servers');
  const clients = certificateAuthority('clients');
  const next = certificateAuthority('next');
  const { cert, key } = servers.issue('127.0.0.1');
  const ca = folder(t, { 'ca.crt': clients.cert + next.cert });
  const env = { FETCHFY_TLS_DIR: folder(t, { 'tls.crt': cert, 'tls.key': key }).path, FETCHFY_CLIENT_CA_DIR: ca.path };
  const byCertificate: RegistryPolicy = { hosts: [], auth: { methods: [{ clientCertificate: {} }] } };
  await using gateway = await startGateway(services, { registry: { policy: byCertificate }, env });
  const agentOf = (authority: typeof clients): Agent => {
    const agent = new Agent({ ca: servers.cert, keepAlive: true, ...authority.issue('spiffe://cluster/a') });
    t.teardown(() => agent.destroy());
    return agent;
  };
  const withdrawn = await streamsOf(gateway, { agent: agentOf(clients) });
  const staying = await streamsOf(gateway, { agent: agentOf(next) });
  ca.write({ 'ca.crt': next.cert });
  for (const stream of withdrawn) t.equal(await stream.ended(), 'ended');
  await toldOfChange(staying, () => gateway.publish([], { policy: byCertificate }));
});

async function openStream(session: LegacySession, headers: Record<string, string>): Promise<MessageStream> {
  const accept = { ...session.headers, accept: 'text/event-stream', ...headers };
  return new MessageStream(await open(gateway.url, { method: 'GET', headers: accept }));
}
