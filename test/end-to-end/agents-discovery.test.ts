/** What an agent speaks and can do is found out from its card, and followed as it changes. */
import t from 'tap';
import type { ServiceReport } from '../../gateway/contract/report.ts';
import { clientKinds } from '../support/agent-clients.ts';
import { agentEntry, untilServed } from '../support/agent-kinds.ts';
import { LegacySession, modernListen } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { cardOf, scriptedCard } from '../support/scripted-card.ts';
import { startAgent } from '../support/start-agent.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const reportOf = async (gateway: RunningGateway, name: string): Promise<ServiceReport> => {
  const found = (await gateway.report()).services.find((each) => each.name === name);
  if (found === undefined) throw new Error(`No service ${name}`);
  return found;
};

/** Waits until a service's report is so. */
async function untilReport(gateway: RunningGateway, name: string, isSo: (report: ServiceReport) => boolean) {
  let last: ServiceReport | undefined;
  return until(
    `the report of ${name}`,
    async () => {
      last = await reportOf(gateway, name);
      return isSo(last) ? last : undefined;
    },
    { state: () => last },
  );
}

/** The names of the tools of a Service. */
async function toolsOf(gateway: RunningGateway, name: string): Promise<string[]> {
  const tools = await (await clientKinds['modern by hand'](`${gateway.url}/default/${name}`)).tools();
  return tools.map((each) => String(each['name']));
}

t.test('what an agent speaks is said by the registry, or found out', async (t) => {
  const [agent, server] = [await startAgent('a2a'), await startServer('everything')];
  const gateway = await startGateway([
    agentEntry('said', agent.url),
    entryFor(agent.url, { name: 'found', type: 'agent', protocol: 'auto', path: '/mcp' }),
    entryFor(server.url, { name: 'mcp', type: 'agent', protocol: 'auto' }),
    entryFor(server.url, { name: 'mcp-said', type: 'agent' }),
  ]);
  t.teardown(() => Promise.all([gateway.stop(), agent.stop(), server.stop()]));
  await untilServed(gateway, 4);
  for (const name of ['said', 'found']) {
    t.match(await reportOf(gateway, name), { protocol: 'a2a', skillCount: 14, toolCount: 15 });
    t.ok((await toolsOf(gateway, name)).includes('delegate'), name);
  }
  t.match(await reportOf(gateway, 'mcp'), { protocol: 'mcp' });
  for (const name of ['mcp', 'mcp-said']) {
    const tools = await toolsOf(gateway, name);
    t.ok(tools.includes('echo') && !tools.includes('delegate'), name);
  }
});

t.test('an agent that comes later is found out then', async (t) => {
  const first = await startAgent('a2a');
  await first.stop();
  const gateway = await startGateway([
    entryFor(first.url, { name: 'late', type: 'agent', protocol: 'auto', path: '/mcp' }),
  ]);
  t.teardown(() => gateway.stop());
  await untilReport(gateway, 'late', ({ state }) => state === 'Unavailable');
  const again = await startAgent('a2a', { port: first.port });
  t.teardown(() => again.stop());
  await untilReport(gateway, 'late', ({ state, protocol }) => state === 'Available' && protocol === 'a2a');
});

const bad: Readonly<Record<string, readonly [unknown, RegExp]>> = {
  'no JSON': ['<html>', /gives no agent card/],
  'no object': [[], /is of no use: it is not a JSON object/],
  'no name': [cardOf([], { name: '' }), /its name has to have 1 to 256 characters/],
  'no interface of ours': [
    cardOf([], {
      supportedInterfaces: [{ url: 'https://a.example', protocolBinding: 'GRPC', protocolVersion: '1.0' }],
    }),
    /it needs an interface with JSONRPC in version 1\.0 or 0\.3; it names GRPC 1\.0/,
  ],
  'a required extension': [
    cardOf([], { capabilities: { extensions: [{ uri: 'https://ext.example/v1', required: true }] } }),
    /it requires the extension "https:\/\/ext\.example\/v1", which the gateway does not speak/,
  ],
  'a skill without an id': [cardOf(['']), /a skill's id has to have 1 to 256 characters/],
};

t.test('a bad card is told with what is wrong, harms no other, and may become good', async (t) => {
  const cards = await Promise.all(
    Object.entries(bad).map(async ([what, [body, message]], index) => {
      return { what, message, name: `bad-${index}`, card: await scriptedCard(t, { body }) };
    }),
  );
  const agent = await startAgent('a2a');
  const gateway = await startGateway([
    agentEntry('good', agent.url),
    ...cards.map(({ name, card }) => agentEntry(name, card.url)),
  ]);
  t.teardown(() => Promise.all([gateway.stop(), agent.stop()]));
  for (const { what, message, name } of cards) {
    const report = await untilReport(gateway, name, ({ state }) => state === 'Unavailable');
    t.match(report.message, message, what);
  }
  const client = await clientKinds['modern by hand'](gateway.url);
  t.match(await client.call('good_echo', { message: 'echo here' }), { content: [{ text: 'here' }] });
  for (const { card } of cards) card.serve({ body: cardOf(['one']) });
  for (const { what, name } of cards) {
    const report = await untilReport(gateway, name, ({ state }) => state === 'Available');
    t.match(report, { skillCount: 1, toolCount: 2 }, what);
  }
});

t.test('a card that becomes bad is told, and what was good is kept for calls', async (t) => {
  const headers = { 'cache-control': 'max-age=1' };
  const card = await scriptedCard(t, { headers, body: cardOf(['one']) });
  const gateway = await startGateway([agentEntry('worse', card.url)]);
  t.teardown(() => gateway.stop());
  await untilServed(gateway, 1);
  card.serve({ body: cardOf([], { name: '' }) });
  const { message } = await untilReport(gateway, 'worse', ({ state }) => state === 'Unavailable');
  t.match(message, /^The agent card is of no use: its name has to have/);
  const client = await clientKinds['modern by hand'](gateway.url);
  await t.rejects(client.call('worse_one', { message: 'x' }), {
    message: /^The agent default\/worse cannot do this\. It /,
  });
  card.serve({ headers, body: cardOf(['one', 'two']) });
  await untilReport(gateway, 'worse', ({ state, toolCount }) => state === 'Available' && toolCount === 3);
});

t.test('where no card is, that is said', async (t) => {
  const card = await scriptedCard(t, { status: 404, body: '' });
  const gateway = await startGateway([agentEntry('none', card.url)]);
  t.teardown(() => gateway.stop());
  const { message } = await untilReport(gateway, 'none', ({ state }) => state === 'Unavailable');
  t.match(message, /GET \/\.well-known\/agent-card\.json is answered with HTTP status 404; expected an agent card/);
});

t.test('of a card’s interface only path and tenant are used', async (t) => {
  const args = ['--base', '/team/one', '--origin', 'http://elsewhere.example:8000', '--tenant', 'blue'];
  const agent = await startAgent('a2a', { args });
  const gateway = await startGateway([agentEntry('moved', agent.url, { path: '/team/one/' })]);
  t.teardown(() => Promise.all([gateway.stop(), agent.stop()]));
  await untilServed(gateway, 1);
  const client = await clientKinds['legacy SDK'](gateway.url);
  t.teardown(() => client.close());
  t.match(await client.call('moved_echo', { message: 'echo here' }), { content: [{ text: 'here' }] });
  const { params, headers } = await agent.lastRequest('SendStreamingMessage');
  t.match(params, { tenant: 'blue' });
  t.equal(headers['host'], agent.target);
  t.equal(headers['a2a-version'], '1.0');
  t.notMatch(headers, { authorization: String });
  const abort = new AbortController();
  const waiting = Promise.withResolvers<void>();
  const onProgress = ({ message }: { message?: string }): void => void (message === 'waiting' && waiting.resolve());
  const call = client.call('moved_wait', { message: 'wait' }, { signal: abort.signal, onProgress });
  call.catch(() => undefined);
  await waiting.promise;
  abort.abort();
  await until('the cancellation', async () => (await agent.counts()).cancelled === 1);
  t.match((await agent.lastRequest('CancelTask')).params, { tenant: 'blue' });
});

t.test('a card is kept as long as it says', async (t) => {
  const kept = await scriptedCard(t, { headers: { 'cache-control': 'max-age=3600' }, body: cardOf(['one']) });
  const asked = await scriptedCard(t, {
    headers: { 'cache-control': 'no-cache', etag: '"1"' },
    body: cardOf(['one']),
  });
  const gateway = await startGateway([agentEntry('kept', kept.url), agentEntry('asked', asked.url)]);
  t.teardown(() => gateway.stop());
  await untilServed(gateway, 2);
  t.equal(kept.requests.length, 1);
  const before = asked.requests.length;
  const client = await clientKinds['modern by hand'](gateway.url);
  // A call needs the card; what becomes of it does not matter here.
  for (const name of ['kept_one', 'asked_one']) await client.call(name, { message: 'x' }).catch(() => undefined);
  t.equal(kept.requests.length, 1);
  t.ok(asked.requests.length > before);
  t.equal(asked.requests.at(-1)?.['if-none-match'], '"1"');
  t.notOk(asked.requests[0]?.['if-none-match']);
});

t.test('skills that change are told to clients of both eras', async (t) => {
  const headers = { 'cache-control': 'max-age=1' };
  const card = await scriptedCard(t, { headers, body: cardOf(['one']) });
  const gateway = await startGateway([agentEntry('changing', card.url)]);
  t.teardown(() => gateway.stop());
  await untilServed(gateway, 1);
  const session = await LegacySession.begin(gateway.url);
  const legacy = await session.listen();
  const modern = await modernListen(gateway.url, { toolsListChanged: true });
  t.teardown(() => [legacy, modern].forEach((stream) => stream.close()));
  await modern.message('notifications/subscriptions/acknowledged');
  const before = [legacy, modern].map(({ messages }) => messages.length);
  card.serve({ headers, body: cardOf(['one', 'two']) });
  await until('the other tools', async () => (await toolsOf(gateway, 'changing')).join() === 'delegate,one,two');
  await Promise.all(
    [legacy, modern].map((stream, index) => stream.message('notifications/tools/list_changed', before[index])),
  );
});

t.test('a card is read again when the agent’s addresses change', async (t) => {
  const headers = { 'cache-control': 'max-age=3600' };
  const [blue, green] = [
    await scriptedCard(t, { headers, body: cardOf(['one']) }),
    await scriptedCard(t, { headers, body: cardOf(['two']) }),
  ];
  const gateway = await startGateway([agentEntry('moving', blue.url)]);
  t.teardown(() => gateway.stop());
  await untilServed(gateway, 1);
  const listening = await modernListen(gateway.url, { toolsListChanged: true });
  t.teardown(() => listening.close());
  await listening.message('notifications/subscriptions/acknowledged');
  await gateway.publish([agentEntry('moving', green.url)]);
  await listening.message('notifications/tools/list_changed');
  await until('the other tools', async () => (await toolsOf(gateway, 'moving')).join() === 'delegate,two');
  t.equal(blue.requests.length, 1);
});
