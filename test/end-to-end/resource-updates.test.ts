/** Updates of single resources, for clients and servers of both eras. */
import t, { type Test } from 'tap';
import { LegacySession, modernRequest, open } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer, type RunningServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const legacy = await startServer('legacy', { args: ['--name', 'legacy'] });
const modern = await startServer('modern', { args: ['--name', 'modern'] });
const servers: Readonly<Record<string, RunningServer>> = { legacy, modern };
const gateway = await startGateway(Object.entries(servers).map(([name, { url }]) => entryFor(url, { name })));
t.teardown(() => Promise.all([gateway.stop(), legacy.stop(), modern.stop()]));

/** Both servers list this one; on the path of one server it is that server's. */
const ABOUT = 'test://about';

async function touch({ url }: RunningServer, uri: string): Promise<void> {
  await fetch(new URL(`/touch?uri=${encodeURIComponent(uri)}`, url), { method: 'POST' });
}

/** Updates the resource until the stream tells of it: a subscription takes effect a moment after it is acknowledged. */
async function heard(t: Test, stream: MessageStream, server: RunningServer, uri: string): Promise<unknown> {
  const from = stream.messages.length;
  const isTold = (message: Record<string, unknown>): boolean => message['method'] === 'notifications/resources/updated';
  const told = await until(
    `the update of ${uri}`,
    async () => {
      await touch(server, uri);
      return stream.messages.slice(from).find(isTold);
    },
    { everyMs: 50, state: () => stream.messages },
  );
  t.match(told, { params: { uri } });
  return told;
}

for (const [name, server] of Object.entries(servers)) {
  const url = `${gateway.url}/default/${name}`;

  t.test(`a legacy client subscribes to a resource of a ${name} server, and takes it back`, async (t) => {
    const session = await LegacySession.begin(url);
    const stream = await session.listen();
    t.teardown(() => stream.close());
    t.match(await session.rpc('resources/subscribe', { uri: ABOUT }), { result: {} });
    await heard(t, stream, server, ABOUT);
    t.match(await session.rpc('resources/unsubscribe', { uri: ABOUT }), { result: {} });
    const other = await LegacySession.begin(url);
    const control = await other.listen();
    t.teardown(() => control.close());
    await other.rpc('resources/subscribe', { uri: ABOUT });
    const from = stream.messages.length;
    await heard(t, control, server, ABOUT);
    t.equal(stream.messages.length, from, 'who took it back hears nothing more');
  });

  t.test(`a modern client listens for a resource of a ${name} server`, async (t) => {
    const notifications = { resourceSubscriptions: [ABOUT], toolsListChanged: true };
    const request = modernRequest('subscriptions/listen', { notifications }, { id: 'mine' });
    const stream = new MessageStream(await open(url, request));
    t.teardown(() => stream.close());
    const ack = await stream.message('notifications/subscriptions/acknowledged');
    t.match(ack, { params: { notifications } });
    const told = await heard(t, stream, server, ABOUT);
    t.match(told, { params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 'mine' } } });
  });
}

t.test('a subscription outlives the session that the server forgot', async (t) => {
  const session = await LegacySession.begin(`${gateway.url}/default/legacy`);
  const stream = await session.listen();
  t.teardown(() => stream.close());
  await session.rpc('resources/subscribe', { uri: ABOUT });
  await heard(t, stream, legacy, ABOUT);
  await fetch(new URL('/forget', legacy.url), { method: 'POST' });
  await heard(t, stream, legacy, ABOUT);
});

t.test('what nothing has, or nobody tells of, cannot be subscribed to', async (t) => {
  const session = await LegacySession.begin(gateway.url);
  t.match(await session.rpc('resources/subscribe', { uri: 'nowhere://x' }), { error: { code: -32002 } });
  t.match(await session.rpc('resources/subscribe', {}), { error: { code: -32602, message: /params.uri/ } });
  const notifications = { resourceSubscriptions: ['nowhere://x'] };
  const stream = new MessageStream(await open(gateway.url, modernRequest('subscriptions/listen', { notifications })));
  t.teardown(() => stream.close());
  const ack = await stream.message('notifications/subscriptions/acknowledged');
  t.strictSame((ack['params'] as { notifications: unknown }).notifications, { resourceSubscriptions: [] });
});
