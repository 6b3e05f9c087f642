import t from 'tap';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { answerOf, LegacySession, modern, modernListen, type HttpAnswer } from '../support/mcp-http.ts';
import { legacyClient } from '../support/clients.ts';
import { entryFor } from '../support/registry-folder.ts';
import { scriptedUpstream, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const server = await startServer('legacy', { args: ['--name', 'legacy'] });
const gateway = await startGateway([entryFor(server.url, { name: 'here' })]);
t.teardown(() => Promise.all([gateway.stop(), server.stop()]));

const names = async (url = gateway.url): Promise<string[]> => {
  const { result } = answerOf(await modern(url, 'tools/list'));
  return (result as { tools: { name: string }[] }).tools.map(({ name }) => name);
};

/** Answers once the test says so. */
function gated(): { readonly script: Script; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const script: Script = async ({ response, message }) => {
    await promise;
    const tools = [{ name: 'late', inputSchema: { type: 'object' } }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: { tools } }));
  };
  return { script, open: resolve };
}

t.test('a list waits a second for a server never seen, and open clients hear when it is there', async (t) => {
  // What there is to tell of it has been told when the wait for the other is over.
  await until('the first server', async () => (await names()).includes('here_echo'));
  const session = await LegacySession.begin(gateway.url);
  const [legacyStream, modernStream] = [
    await session.listen(),
    await modernListen(gateway.url, { toolsListChanged: true }),
  ];
  await modernStream.message('notifications/subscriptions/acknowledged');
  const gate = gated();
  const slow = await scriptedUpstream(t, { tools: {}, methods: { 'tools/list': gate.script } });
  await gateway.publish([entryFor(server.url, { name: 'here' }), entryFor(slow.url, { name: 'slow' })]);

  const began = performance.now();
  t.notOk((await names()).includes('slow_late'));
  const took = performance.now() - began;
  t.ok(took > 500 && took < 3000, `${took} ms`);
  t.ok((await names()).includes('here_echo'));
  t.ok(performance.now() - began - took < 900, 'and not again');

  const [legacyHeard, modernHeard] = [legacyStream.messages.length, modernStream.messages.length];
  gate.open();
  await legacyStream.message('notifications/tools/list_changed', legacyHeard);
  await modernStream.message('notifications/tools/list_changed', modernHeard);
  t.ok((await names()).includes('slow_late'));
  legacyStream.close();
  modernStream.close();
});

t.test('a client of the SDK hears of a server that was added to its open session', async (t) => {
  await gateway.publish([entryFor(server.url, { name: 'here' })]);
  const client = await legacyClient(gateway.url);
  t.teardown(() => client.close());
  let hasHeard = false;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void (hasHeard = true));
  t.strictSame(
    (await client.listTools()).tools.every(({ name }) => name.startsWith('here_')),
    true,
  );
  const added = await scriptedUpstream(t, { tools: { more: () => undefined } });
  const began = performance.now();
  await gateway.publish([entryFor(server.url, { name: 'here' }), entryFor(added.url, { name: 'added' })]);
  await until('the notification', () => hasHeard);
  t.comment(`heard after ${(performance.now() - began).toFixed(0)} ms`);
  t.ok((await client.listTools()).tools.some(({ name }) => name === 'added_more'));
});

t.test('a client hears of a change on a server’s own path, and of none of another server', async (t) => {
  const other = await startServer('legacy', { args: ['--name', 'other'] });
  t.teardown(() => other.stop());
  await gateway.publish([entryFor(other.url, { name: 'other' }), entryFor(server.url, { name: 'here' })]);
  await until('both servers', async () => (await names()).includes('other_echo'));
  const [here, there] = await Promise.all(
    ['here', 'other'].map(async (name) => (await LegacySession.begin(`${gateway.url}/default/${name}`)).listen()),
  );
  const toggle = async (name: string): Promise<void> => {
    const heard = here?.messages.length;
    await fetch(new URL(`/toggle?list=tools&name=${name}`, server.url), { method: 'POST' });
    await here?.message('notifications/tools/list_changed', heard);
  };
  // When the first change is heard, what there was to say of the beginning has been said.
  await toggle('first');
  const before = there?.messages.length;
  await toggle('fresh');
  t.ok((await names(`${gateway.url}/default/here`)).includes('fresh'));
  t.ok((await names()).includes('here_fresh'));
  t.equal(there?.messages.length, before);
  here?.close();
  there?.close();
});

t.test('a dead server’s tools stay listed, and its calls fail at once with its name', async (t) => {
  const dying = await startServer('legacy', { args: ['--name', 'dying'] });
  await gateway.publish([entryFor(server.url, { name: 'here' }), entryFor(dying.url, { name: 'dying' })]);
  await until('the server', async () => (await names()).includes('dying_echo'));
  const before = await names();
  await dying.stop();
  const session = await LegacySession.begin(gateway.url);
  const began = performance.now();
  const { error } = await session.call('dying_echo', { text: 'x' });
  const took = performance.now() - began;
  t.match(error, { code: -32603, message: /default\/dying .*ECONNREFUSED/, data: { server: 'default/dying' } });
  t.ok(took < 5000, `${took} ms`);
  await until('the gateway to know', async () =>
    (await gateway.report()).services.some(({ name, state }) => name === 'dying' && state === 'Unavailable'),
  );
  t.strictSame(await names(), before);
  t.match((await session.call('here_echo', { text: 'unharmed' })).result, { content: [{ text: 'unharmed' }] });

  t.test('and it works again when it is back', async (t) => {
    const back = await startServer('legacy', { args: ['--name', 'back'], port: dying.port });
    t.teardown(() => back.stop());
    await until(
      'a call that works',
      async () => (await session.call('dying_echo', { text: 'x' })).error === undefined,
      {
        deadlineMs: 10_000,
      },
    );
  });
});

t.test('two servers of one name in two namespaces are both there, and neither takes the other’s tools', async (t) => {
  const entries = [
    entryFor(server.url, { name: 'same', namespace: 'a', prefix: 'same' }),
    entryFor(server.url, { name: 'same', namespace: 'b', prefix: 'b-same' }),
  ];
  await gateway.publish(entries);
  await until('both', async () => {
    const all = await names();
    return all.includes('same_echo') && all.includes('b-same_echo');
  });
  const session = await LegacySession.begin(gateway.url);
  for (const prefix of ['same', 'b-same'])
    t.match((await session.call(`${prefix}_echo`, { text: prefix })).result, { content: [{ text: prefix }] });
});

t.test('a tool with a long name is offered under a short one, and called under its own', async (t) => {
  const own = 'find_everything_that_anyone_has_ever_put_into_any_of_these_carts';
  const { promise: called, resolve } = Promise.withResolvers<unknown>();
  const long = await scriptedUpstream(t, {
    tools: {
      [own]: ({ response, message }) => {
        resolve(message.params?.name);
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: { content: [] } }));
      },
    },
  });
  await gateway.publish([entryFor(long.url, { name: 'carts' })]);
  const [name = ''] = await until('the tool', async () => {
    const all = await names();
    return all.length > 0 ? all : undefined;
  });
  t.equal(name.length, 64);
  t.match(name, /^carts_find_everything/);
  await (await LegacySession.begin(gateway.url)).call(name);
  t.equal(await called, own);
});

t.test('an agent that speaks MCP is served like a tool server', async (t) => {
  await gateway.publish([entryFor(server.url, { name: 'agent', type: 'agent' })]);
  await until('its tools', async () => (await names()).includes('agent_echo'));
  const session = await LegacySession.begin(gateway.url);
  t.match((await session.call('agent_echo', { text: 'hi' })).result, { content: [{ text: 'hi' }] });
  const { services } = await gateway.report();
  t.match(services, [{ name: 'agent', state: 'Available' }]);
});

t.test('a declared path leads to the same session as the server’s own', async (t) => {
  await gateway.publish([entryFor(server.url, { name: 'here', alias: '/mcp/tools/example' })]);
  const aliased = `${gateway.url}/tools/example`;
  const session = await LegacySession.begin(aliased);
  t.match((await session.call('echo', { text: 'hi' })).result, { content: [{ text: 'hi' }] });
  const { headers } = session;
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  t.equal((await fetch(`${gateway.url}/default/here`, { method: 'POST', headers, body })).status, 200);
});

t.test('every page of a server’s list is read, and every page of the union’s given out', async (t) => {
  const lists = { tools: { pages: [700, 700, 700] } };
  const paged = await Promise.all(
    (['legacy', 'modern'] as const).map((era) =>
      startServer('raw', { args: ['--era', era, '--lists', JSON.stringify(lists)] }),
    ),
  );
  t.teardown(() => Promise.all(paged.map((each) => each.stop())));
  await gateway.publish(paged.map(({ url }, number) => entryFor(url, { name: `paged${number}` })));
  const session = await LegacySession.begin(gateway.url);
  const readers: Readonly<Record<string, (params: object) => Promise<HttpAnswer>>> = {
    legacy: (params) => session.request('tools/list', params),
    modern: (params) => modern(gateway.url, 'tools/list', { ...params }),
  };
  for (const [era, read] of Object.entries(readers)) {
    const all: string[] = [];
    const sizes: number[] = [];
    // The empty cursor is a cursor, and that of the first page.
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const { result } = answerOf(await read({ cursor }));
      const { tools, nextCursor } = result as { tools: { name: string }[]; nextCursor?: string };
      sizes.push(tools.length);
      all.push(...tools.map(({ name }) => name));
      cursor = nextCursor;
    }
    t.strictSame(sizes, [1000, 1000, 1000, 1000, 200], era);
    t.equal(new Set(all).size, 4200);
    for (const cursor of ['nonsense', 7]) {
      const refused = await read({ cursor });
      t.equal(refused.status, 200);
      t.match(answerOf(refused).error, { code: -32602 });
    }
  }
});
