import t from 'tap';
import { LegacySession, modernCall, textOf } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, result, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const gateway = await startGateway([]);
t.teardown(() => gateway.stop());

interface Who {
  readonly headers: Readonly<Record<string, string>>;
}

t.test('each client reaches a server of both eras in its own', async (t) => {
  const server = await startServer('modern', { args: ['--name', 'dual', '--era', 'dual'] });
  t.teardown(() => server.stop());
  await gateway.publish([entryFor(server.url, { name: 'dual' })]);
  const session = await LegacySession.begin(gateway.url);
  const seen = async (): Promise<string | undefined> => {
    const { headers } = JSON.parse(textOf(await session.call('dual_who_answers'))) as Who;
    return headers['mcp-protocol-version'];
  };
  // Until it is known that it speaks the older too, it is called in the newer.
  await until('the legacy leg', async () => (await seen()) === '2025-11-25');
  const { headers } = JSON.parse(textOf(await modernCall(gateway.url, 'dual_who_answers'))) as Who;
  t.equal(headers['mcp-protocol-version'], '2026-07-28');
});

t.test('a legacy client has a session with a server of both eras that keeps sessions', async (t) => {
  const answer: Script = ({ request, response, message }) =>
    json(response, textResult(message, String(request.headers['mcp-session-id'])));
  const server = await scriptedUpstream(t, {
    era: 'modern',
    tools: { who: answer },
    methods: {
      initialize({ response, message }) {
        response.writeHead(200, {
          'content-type': 'application/json',
          'mcp-session-id': `session-${String(message.id)}`,
        });
        const capabilities = { tools: {} };
        response.end(result(message, { protocolVersion: '2025-06-18', capabilities, serverInfo: {} }));
      },
    },
  });
  await gateway.publish([entryFor(server.url, { name: 'both' })]);
  const session = await LegacySession.begin(gateway.url);
  await until('a session', async () => textOf(await session.call('both_who')).startsWith('session-'));
  const { request } = server.of('tools/call').at(-1) ?? {};
  t.equal(request?.headers['mcp-protocol-version'], '2025-06-18');
  t.equal(textOf(await modernCall(gateway.url, 'both_who')), 'undefined');
});
