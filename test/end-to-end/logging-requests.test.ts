/** Log messages as 2026-07-28 has them: for the request that sets a level, from that level, on its own stream alone. */
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, messagesOf, modern, modernListen, type HttpAnswer } from '../support/mcp-http.ts';
import {
  answering,
  event,
  events,
  scriptedUpstream,
  textResult,
  type ScriptedUpstream,
  type Script,
} from '../support/scripted-upstream.ts';

const LEVEL = 'io.modelcontextprotocol/logLevel';
const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
/** Says something at each level, whatever was asked for. */
const messages = levels.map((level) => ({
  level,
  logger: 'a "logger"',
  data: { who: 'Größe', deep: [null, { n: 1.5 }], level },
  _meta: { 'example.com/kept': true },
  vendor: 'kept',
}));
const logs: Script = ({ response, message }) => {
  events(response);
  for (const params of messages)
    response.write(event({ jsonrpc: '2.0', method: 'notifications/message', params: params as object }));
  response.end(event(textResult(message, 'logged')));
};
const capabilities = { tools: {}, logging: {} };
const setLevel: Script = answering({});
const servers: Readonly<Record<string, ScriptedUpstream>> = {
  legacy: await scriptedUpstream(t, { capabilities, tools: { logs }, methods: { 'logging/setLevel': setLevel } }),
  modern: await scriptedUpstream(t, { era: 'modern', capabilities, tools: { logs } }),
};
const gateway = await gatewayOf(t, servers);
const { url } = gateway;

const call = (server: string, level?: string): Promise<HttpAnswer> =>
  modern(url, 'tools/call', { name: `${server}_logs` }, level === undefined ? {} : { meta: { [LEVEL]: level } });
const logged = (answer: HttpAnswer): unknown[] => messagesOf(answer).filter((message) => 'method' in message);
const from = (level: string): unknown[] =>
  messages.slice(levels.indexOf(level)).map((params) => ({ jsonrpc: '2.0', method: 'notifications/message', params }));

for (const server of Object.keys(servers)) {
  t.test(
    `each request has the log messages of a ${server} server from its own level, whole, and no stream others`,
    async (t) => {
      const listening = await modernListen(url, {
        toolsListChanged: true,
        promptsListChanged: true,
        resourcesListChanged: true,
      });
      t.teardown(() => listening.close());
      await listening.message('notifications/subscriptions/acknowledged');
      const asked = ['error', undefined, 'debug', 'emergency', undefined, 'info'];
      const answers = await Promise.all(asked.map((level) => call(server, level)));
      for (const [index, answer] of answers.entries()) {
        const level = asked[index];
        t.strictSame(logged(answer), level === undefined ? [] : from(level), `level ${level}`);
        t.match(messagesOf(answer).at(-1)?.result, { content: [{ text: 'logged' }] });
      }
      t.notOk(listening.messages.some(({ method }) => method === 'notifications/message'));
    },
  );
}

/** The levels with which calls came to the modern server since so many. */
function levelsSince(count: number): unknown[] {
  const arrived = servers['modern']?.of('tools/call').slice(count) ?? [];
  return arrived.map(({ message }) => (message.params?.['_meta'] as Record<string, unknown> | undefined)?.[LEVEL]);
}
const callsSoFar = (): number => servers['modern']?.of('tools/call').length ?? 0;

t.test(
  'the level of a modern client’s request comes to a modern server with it, and none where none was set',
  async (t) => {
    const before = callsSoFar();
    for (const level of ['warning', undefined, 'debug']) await call('modern', level);
    t.strictSame(levelsSince(before), ['warning', undefined, 'debug']);
  },
);

t.test('the level that a legacy client has set comes to a modern server with each of its requests', async (t) => {
  const before = callsSoFar();
  const session = await LegacySession.begin(url);
  await session.call('modern_logs');
  for (const level of ['warning', 'debug']) {
    t.match(await session.rpc('logging/setLevel', { level }), { result: {} });
    await session.call('modern_logs');
    await session.call('modern_logs');
  }
  const other = await LegacySession.begin(url);
  await other.call('modern_logs');
  t.strictSame(levelsSince(before), [undefined, 'warning', 'warning', 'debug', 'debug', undefined]);
  t.equal(servers['modern']?.of('logging/setLevel').length, 0);
});
