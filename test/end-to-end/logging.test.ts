/** Log messages of servers, for clients of both eras. The modern client of a legacy server is in questions-parked. */
import t from 'tap';
import { LegacySession, messagesOf, modern as modernRequest } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';

const legacy = await startServer('conformance-legacy');
const modern = await startServer('conformance-modern');
const gateway = await startGateway([
  entryFor(legacy.url, { name: 'legacy' }),
  entryFor(modern.url, { name: 'modern' }),
]);
t.teardown(() => Promise.all([gateway.stop(), legacy.stop(), modern.stop()]));

async function logged(session: LegacySession, server: string): Promise<number> {
  const answer = await session.request('tools/call', { name: `${server}_test_tool_with_logging` });
  const logs = messagesOf(answer).filter(
    (message) => 'method' in message && message.method === 'notifications/message',
  );
  return logs.length;
}

for (const server of ['legacy', 'modern']) {
  t.test(`a legacy client sets the level for a ${server} server, before it is used and after`, async (t) => {
    const session = await LegacySession.begin(gateway.url);
    t.match(await session.rpc('logging/setLevel', { level: 'debug' }), { result: {} });
    t.ok((await logged(session, server)) > 0, 'before the first call');
    await session.rpc('logging/setLevel', { level: 'emergency' });
    t.equal(await logged(session, server), 0, 'less severe ones stay out');
    await session.rpc('logging/setLevel', { level: 'info' });
    t.ok((await logged(session, server)) > 0);
  });
}

t.test('a level that is none is refused', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  const refused = { error: { code: -32602, message: /params.level is loud; expected debug, info, notice/ } };
  t.match(await session.rpc('logging/setLevel', { level: 'loud' }), refused);
  t.match(await session.rpc('logging/setLevel'), { error: { code: -32602, message: /params.level is missing/ } });
});

t.test('a modern client gets log messages of a modern server exactly if it asks for them', async (t) => {
  const logs = async (meta: Record<string, unknown>): Promise<number> => {
    const answer = await modernRequest(gateway.url, 'tools/call', { name: 'modern_test_tool_with_logging' }, { meta });
    return messagesOf(answer).filter((message) => 'method' in message).length;
  };
  t.ok((await logs({ 'io.modelcontextprotocol/logLevel': 'debug' })) > 0);
  t.equal(await logs({}), 0);
});
