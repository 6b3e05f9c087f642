/** News of a legacy client’s roots (2025-11-25, Roots, Root List Changes). */
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession } from '../support/mcp-http.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const CHANGED = 'notifications/roots/list_changed';
const tools: Readonly<Record<string, Script>> = {
  echo: ({ response, message }) => json(response, textResult(message, 'x')),
};
const servers = {
  first: await scriptedUpstream(t, { tools }),
  second: await scriptedUpstream(t, { tools }),
  unused: await scriptedUpstream(t, { tools }),
  recent: await scriptedUpstream(t, { tools, era: 'modern' }),
};
const gateway = await gatewayOf(t, servers);

t.test('a change of roots reaches each legacy server of the session, and no other', async (t) => {
  const capabilities = { roots: { listChanged: true } };
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities });
  const stranger = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities });
  await stranger.call('first_echo');
  for (const name of ['first', 'second', 'recent']) await session.call(`${name}_echo`);
  const params = { _meta: { 'example.com/k': 1 } };
  t.equal((await session.notify(CHANGED, params)).status, 202);
  for (const server of [servers.first, servers.second]) {
    const [told, ...more] = await until('the change', () => {
      const all = server.of(CHANGED);
      return all.length > 0 ? all : undefined;
    });
    t.strictSame(told?.message, { jsonrpc: '2.0', method: CHANGED, params });
    t.equal(
      told?.request.headers['mcp-session-id'],
      server.of('tools/call').at(-1)?.request.headers['mcp-session-id'],
      'in the session of the client',
    );
    t.strictSame(more, []);
  }
  // What was told to others came no later than what comes now.
  for (const name of ['recent', 'unused']) await session.call(`${name}_echo`);
  t.equal(servers.recent.of(CHANGED).length, 0);
  t.equal(servers.unused.of(CHANGED).length, 0);
});
