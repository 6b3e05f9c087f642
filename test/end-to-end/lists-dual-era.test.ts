import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, modernCall, textOf } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, result, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startServer } from '../support/start-server.ts';

const gateway = await gatewayOf(t, {});

interface Who {
  readonly headers: Readonly<Record<string, string>>;
}

t.test('each client reaches a server of both eras in its own', async (t) => {
  const server = await startServer('modern', { args: ['--name', 'dual', '--era', 'dual'] });
  t.teardown(() => server.stop());
  await gateway.publish([entryFor(server.url, { name: 'dual' })]);
  const session = await LegacySession.begin(gateway.url);
  const old = JSON.parse(textOf(await session.call('dual_who_answers'))) as Who;
  t.equal(old.headers['mcp-protocol-version'], '2025-11-25');
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
  t.match(textOf(await session.call('both_who')), /^session-/);
  const { request } = server.of('tools/call').at(-1) ?? {};
  t.equal(request?.headers['mcp-protocol-version'], '2025-06-18');
  t.equal(textOf(await modernCall(gateway.url, 'both_who')), 'undefined');
});

t.test('a server without legacy clients hears nothing of their era, one that has some is asked once', async (t) => {
  const server = await scriptedUpstream(t, {
    era: 'modern',
    tools: { who: ({ response, message }) => json(response, textResult(message, 'me')) },
  });
  await gateway.publish([entryFor(server.url, { name: 'new' })]);
  t.equal(textOf(await modernCall(gateway.url, 'new_who')), 'me');
  const session = await LegacySession.begin(gateway.url);
  await session.request('tools/list');
  t.equal(server.of('initialize').length, 0);
  for (let i = 0; i < 3; i++) t.equal(textOf(await session.call('new_who')), 'me');
  t.equal(server.of('initialize').length, 1);
});

t.test(
  'a server that does not say whether it speaks the legacy era holds its clients up for a second, once',
  async (t) => {
    const server = await scriptedUpstream(t, {
      era: 'modern',
      tools: { who: ({ response, message }) => json(response, textResult(message, 'me')) },
      methods: { initialize: () => undefined },
    });
    await gateway.publish([entryFor(server.url, { name: 'mute' })]);
    const session = await LegacySession.begin(gateway.url);
    const began = performance.now();
    await Promise.all([1, 2, 3].map(() => session.call('mute_who')));
    const first = performance.now() - began;
    t.ok(first > 900 && first < 2500, `${first} ms`);
    t.equal(textOf(await session.call('mute_who')), 'me');
    t.ok(performance.now() - began - first < 900, 'and not again');
  },
);
