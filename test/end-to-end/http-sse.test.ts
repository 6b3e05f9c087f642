import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import t, { type Test } from 'tap';
import { callWithProgress, clientOf, type TestClient } from '../support/clients.ts';
import { send } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

/** Servers of the transport of 2024-11-05, on the SDKs that have it; `first` knows the first revision only. */
const typescript = await startServer('http-sse', { args: ['--name', 'typescript'] });
const first = await startServer('http-sse', { args: ['--name', 'first', '--version', '2024-11-05'] });
const python = await startServer('python', { args: ['--sse'] });
const servers = { typescript, first, python };
const gateway = await startGateway(
  Object.entries(servers).map(([name, { url }]) => entryFor(url, { name, path: '/sse' })),
);
t.teardown(() => Promise.all([gateway.stop(), ...Object.values(servers).map((server) => server.stop())]));

const firstText = (result: unknown): string => (result as { content: { text: string }[] }).content[0]?.text ?? '';
const countsOf = async ({ target }: { readonly target: string }) =>
  JSON.parse((await send(`http://${target}/counts`, { method: 'GET' })).text) as Record<
    'sessions' | 'running' | 'cancelled',
    number
  >;

/** Calls a tool that can be given up. The two generations of the SDK take the options in different places. */
function callUntil(
  client: TestClient,
  request: { name: string; arguments: object },
  signal: AbortSignal,
): Promise<unknown> {
  const call = { ...request, arguments: { ...request.arguments } };
  if (client instanceof LegacyClient) return client.callTool(call, undefined, { signal });
  return client.callTool(call, { signal });
}

t.test('all are found, and known by their tools', async (t) => {
  const isAvailable = async (): Promise<boolean> =>
    (await gateway.report()).services.every(({ state }) => state === 'Available');
  await until('all servers', isAvailable, { state: () => gateway.log() });
  for (const service of (await gateway.report()).services)
    t.match(service, { era: 'legacy', toolCount: 8, promptCount: 1, resourceCount: 1 });
});

for (const era of ['legacy', 'modern'] as const) {
  t.test(`a ${era} client`, async (t) => {
    const union = await clientOf[era](gateway.url);
    t.teardown(() => union.close());
    const names = (await union.listTools()).tools.map(({ name }) => name);
    for (const server of Object.keys(servers)) {
      t.ok(names.includes(`${server}_echo`), names.join(' '));
      t.test(`of the server ${server}`, async (t) => {
        const single = await clientOf[era](`${gateway.url}/default/${server}`);
        t.teardown(() => single.close());
        behaves(t, union, `${server}_`);
        behaves(t, single, '');
      });
    }
  });
}

/** What every server of the suite offers, under a prefix. */
function behaves(t: Test, client: TestClient, prefix: string): void {
  const path = prefix === '' ? 'its own path' : '/mcp';
  t.test(`calls a tool on ${path}`, async (t) => {
    t.equal(firstText(await client.callTool({ name: `${prefix}echo`, arguments: { text: 'hé"llo\n' } })), 'hé"llo\n');
  });
  t.test(`has a tool's own error as a result on ${path}`, async (t) => {
    t.equal((await client.callTool({ name: `${prefix}fail`, arguments: {} })).isError, true);
  });
  t.test(`hears of progress on ${path}`, async (t) => {
    const seen: number[] = [];
    const request = { name: `${prefix}count`, arguments: { to: 3 } };
    const result = await callWithProgress(client, request, (done) => seen.push(done));
    t.equal(firstText(result), 'counted to 3');
    t.strictSame(seen, [1, 2, 3]);
  });
  t.test(`has 40 calls answered at once, each with its own answer and progress, on ${path}`, async (t) => {
    const calls = Array.from({ length: 40 }, async (_, index) => {
      const to = (index % 4) + 1;
      const seen: number[] = [];
      const request = { name: `${prefix}count`, arguments: { to, stepMs: 2 } };
      const text = firstText(await callWithProgress(client, request, (done) => seen.push(done)));
      return { text, steps: seen.length };
    });
    const expected = calls.map((_, index) => ({ text: `counted to ${(index % 4) + 1}`, steps: (index % 4) + 1 }));
    t.same(await Promise.all(calls), expected);
  });
  t.test(`gets a large answer on ${path}`, async (t) => {
    const result = await client.callTool({ name: `${prefix}bytes`, arguments: { size: 3_000_000 } });
    t.equal(firstText(result).length, 3_000_000);
  });
  t.test(`gets a prompt on ${path}`, async (t) => {
    const { messages } = await client.getPrompt({
      name: `${prefix}greet`,
      arguments: { name: 'Ada', style: 'formal' },
    });
    t.match(messages[0]?.content, { text: 'Write a formal greeting for Ada.' });
  });
  t.test(`completes a prompt's argument on ${path}`, async (t) => {
    const ref = { type: 'ref/prompt' as const, name: `${prefix}greet` };
    const { completion } = await client.complete({ ref, argument: { name: 'style', value: 'f' } });
    t.strictSame([...completion.values].sort(), ['formal', 'friendly', 'funny']);
  });
  if (prefix !== '') return;
  t.test('lists and reads resources, and those of a template', async (t) => {
    t.ok((await client.listResources()).resources.some(({ uri }) => uri === 'test://about'));
    for (const uri of ['test://about', 'test://notes/2']) {
      const { contents } = await client.readResource({ uri });
      t.match((contents[0] as { text: string }).text, uri === 'test://about' ? 'A server for tests.' : uri);
    }
  });
}

for (const era of ['legacy', 'modern'] as const) {
  t.test(`a ${era} client's cancellation reaches the server, and the session goes on`, async (t) => {
    const client = await clientOf[era](`${gateway.url}/default/typescript`);
    t.teardown(() => client.close());
    const abort = new AbortController();
    const before = await countsOf(typescript);
    const request = { name: 'slow', arguments: { ms: 60_000 } };
    const cancelled = t.rejects(callUntil(client, request, abort.signal), 'it is given up');
    await until('the call', async () => (await countsOf(typescript)).running === before.running + 1);
    abort.abort();
    await cancelled;
    await until('the cancellation', async () => (await countsOf(typescript)).cancelled === before.cancelled + 1);
    t.equal(firstText(await client.callTool({ name: 'echo', arguments: { text: 'on' } })), 'on');
  });
}

t.test('a change of a server’s tools is heard at once', async (t) => {
  const client = await clientOf.legacy(`${gateway.url}/default/typescript`);
  t.teardown(() => client.close());
  const list = async () => (await client.listTools()).tools.map(({ name }) => name);
  await send(`http://${typescript.target}/toggle?list=tools&name=fresh`);
  await until('the tool', async () => (await list()).includes('fresh'), { deadlineMs: 2000, state: list });
  t.equal(firstText(await client.callTool({ name: 'fresh' })), 'fresh answers');
});

t.test('sessions end with their clients', async (t) => {
  const { sessions: before } = await countsOf(typescript);
  const client = await clientOf.legacy(`${gateway.url}/default/typescript`);
  await client.callTool({ name: 'echo', arguments: { text: 'x' } });
  t.equal((await countsOf(typescript)).sessions, before + 1);
  await (client.transport as { terminateSession?: () => Promise<void> }).terminateSession?.();
  await client.close();
  await until('the session to end', async () => (await countsOf(typescript)).sessions === before);
});

t.test('what the gateway’s own protocol adds to a request does no harm: the server saw its headers', async (t) => {
  const client = await clientOf.modern(`${gateway.url}/default/first`);
  t.teardown(() => client.close());
  const { headers } = JSON.parse(firstText(await client.callTool({ name: 'who_answers', arguments: {} }))) as {
    headers: Record<string, string>;
  };
  t.match(headers, { host: first.target, 'content-type': 'application/json', 'mcp-protocol-version': '2024-11-05' });
  t.equal(headers['mcp-session-id'], undefined);
});
