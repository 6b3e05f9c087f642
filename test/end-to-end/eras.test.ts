import t, { type Test } from 'tap';
import { callWithProgress, clientOf, type TestClient } from '../support/clients.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';

/** Servers of both eras, with and without sessions, on both generations of the SDK and on Python's. */
const legacy = await startServer('legacy', { args: ['--name', 'legacy'] });
const stateless = await startServer('legacy', { args: ['--name', 'stateless', '--stateless'] });
const modern = await startServer('modern', { args: ['--name', 'modern'] });
const dual = await startServer('modern', { args: ['--name', 'dual', '--era', 'dual'] });
const python = await startServer('python');
const servers = { legacy, stateless, modern, dual, python };
const gateway = await startGateway(Object.entries(servers).map(([name, { url }]) => entryFor(url, { name })));

t.teardown(() => Promise.all([gateway.stop(), ...Object.values(servers).map((server) => server.stop())]));

const firstText = (result: unknown): unknown => (result as { content: { text?: string }[] }).content[0]?.text;

for (const era of ['legacy', 'modern'] as const) {
  t.test(`a ${era} client`, async (t) => {
    const union = await clientOf[era](gateway.url);
    t.teardown(() => union.close());

    t.test('sees the tools of all servers on /mcp', async (t) => {
      const names = (await union.listTools()).tools.map(({ name }) => name);
      for (const server of Object.keys(servers))
        t.ok(names.includes(`${server}_echo`), `${server}_echo among ${names.join(' ')}`);
    });

    for (const server of Object.keys(servers)) {
      t.test(`of the server ${server}`, async (t) => {
        const single = await clientOf[era](`${gateway.url}/default/${server}`);
        t.teardown(() => single.close());
        behaves(t, union, `${server}_`);
        behaves(t, single, '');
      });
    }
  });
}

t.test('the gateway exits with 0 on SIGTERM', async (t) => {
  t.equal(await gateway.stop(), 0, gateway.log());
});

/** What every server of the suite offers, under a prefix. */
function behaves(t: Test, client: TestClient, prefix: string): void {
  const path = prefix === '' ? 'its own path' : '/mcp';
  t.test(`calls a tool on ${path}`, async (t) => {
    t.equal(firstText(await client.callTool({ name: `${prefix}echo`, arguments: { text: 'hé"llo' } })), 'hé"llo');
  });
  t.test(`has structured content on ${path}`, async (t) => {
    const result = await client.callTool({ name: `${prefix}add`, arguments: { a: 2, b: 3 } });
    t.strictSame(result.structuredContent, { sum: 5 });
  });
  t.test(`has a tool's own error as a result on ${path}`, async (t) => {
    t.equal((await client.callTool({ name: `${prefix}fail`, arguments: {} })).isError, true);
  });
  t.test(`is refused an unknown tool on ${path}`, async (t) => {
    const outcome = await client.callTool({ name: `${prefix}nothing`, arguments: {} }).catch((error: Error) => error);
    // Some servers say so as a tool's error, some as the protocol's.
    t.ok(outcome instanceof Error || outcome.isError === true, JSON.stringify(outcome));
  });
  t.test(`hears of progress on ${path}`, async (t) => {
    const seen: number[] = [];
    const result = await callWithProgress(client, { name: `${prefix}count`, arguments: { to: 3 } }, (done) =>
      seen.push(done),
    );
    t.equal(firstText(result), 'counted to 3');
    t.strictSame(seen, [1, 2, 3]);
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
  t.test('reads a resource, and one of a template', async (t) => {
    for (const uri of ['test://about', 'test://notes/2']) {
      const { contents } = await client.readResource({ uri });
      t.match((contents[0] as { text: string }).text, uri === 'test://about' ? 'A server for tests.' : uri);
    }
  });
  t.test('lists resources and templates', async (t) => {
    t.ok((await client.listResources()).resources.some(({ uri }) => uri === 'test://about'));
    const { resourceTemplates } = await client.listResourceTemplates();
    t.ok(resourceTemplates.some(({ uriTemplate }) => uriTemplate === 'test://notes/{id}'));
  });
  t.test('keeps fields of a tool that no SDK knows', async (t) => {
    const echo = (await client.listTools()).tools.find(({ name }) => name === 'echo');
    t.match(echo, { title: 'Echo', inputSchema: { type: 'object' } });
  });
}
