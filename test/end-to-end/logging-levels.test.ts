/** Log messages of legacy servers that declare none, or know no levels, for legacy clients. */
import type { ServerResponse } from 'node:http';
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, messagesOf } from '../support/mcp-http.ts';
import { event, events, result, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
const log = (level: unknown, logger: string): string =>
  event({ jsonrpc: '2.0', method: 'notifications/message', params: { level, logger, data: { 'é"': [level] } } });
const all = (logger: string): string => [...levels, 'loud', 7].map((level) => log(level, logger)).join('');

let own: ServerResponse | undefined;
const logs: Script = ({ response, message }) => {
  const answer =
    message.params?.['task'] === undefined
      ? textResult(message, 'done')
      : result(message, {
          task: { taskId: 'the-task-1', status: 'working', createdAt: '', lastUpdatedAt: '', ttl: 1 },
        });
  events(response).end(all('call') + event(answer));
};
const capabilities = { tools: {}, tasks: { requests: { tools: { call: {} } } } };
const servers = {
  sessions: await scriptedUpstream(t, {
    capabilities,
    tools: { logs },
    get: (_request, response) => void (own = events(response)),
  }),
  stateless: await scriptedUpstream(t, { era: 'stateless', tools: { logs } }),
};
const gateway = await gatewayOf(t, servers);

const levelsOf = (messages: readonly unknown[]): unknown[] =>
  messages.flatMap((message) => {
    const { method, params } = message as { readonly method?: string; readonly params?: { readonly level: unknown } };
    return method === 'notifications/message' ? [params?.level] : [];
  });

for (const [name, server] of Object.entries(servers)) {
  t.test(`logging is declared wherever log messages come, though the server (${name}) does not`, async (t) => {
    for (const [path, prefix] of [
      ['', `${name}_`],
      [`/default/${name}`, ''],
    ] as const) {
      const session = await LegacySession.begin(gateway.url + path);
      t.match(session.initialized.result, { capabilities: { logging: {} } }, `/mcp${path}`);
      const answer = await session.request('tools/call', { name: `${prefix}logs` });
      t.strictSame(levelsOf(messagesOf(answer)), [...levels, 'loud', 7], 'all come where no level was set');
    }
  });

  t.test(`a server (${name}) that knows no levels is heard from the one that its client has set`, async (t) => {
    const session = await LegacySession.begin(gateway.url);
    for (const level of ['error', 'debug', 'emergency', 'warning']) {
      t.match(await session.rpc('logging/setLevel', { level }), { result: {} });
      const answer = await session.request('tools/call', { name: `${name}_logs` });
      const wanted = levels.slice(levels.indexOf(level));
      t.strictSame(levelsOf(messagesOf(answer)), [...wanted, 'loud', 7], level);
    }
    t.equal(server.of('logging/setLevel').length, 0, 'it is not told of what it did not declare');
    const other = await LegacySession.begin(gateway.url);
    const answer = await other.request('tools/call', { name: `${name}_logs` });
    t.equal(levelsOf(messagesOf(answer)).length, levels.length + 2, 'another client’s level is its own');
  });
}

t.test('the level holds on the session’s own stream too, and on that of a task', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  const stream = await session.listen();
  t.teardown(() => stream.close());
  await session.rpc('logging/setLevel', { level: 'critical' });
  const answer = await session.request('tools/call', { name: 'sessions_logs', task: { ttl: 1 } });
  t.match(messagesOf(answer).at(-1), { result: { task: {} } });
  t.strictSame(levelsOf(messagesOf(answer)), ['critical', 'alert', 'emergency', 'loud', 7]);
  const open = await until('the stream', () => own);
  open.write(all('aside'));
  await until('the last one', () => levelsOf(stream.messages).includes(7));
  t.strictSame(levelsOf(stream.messages), ['critical', 'alert', 'emergency', 'loud', 7]);
});
