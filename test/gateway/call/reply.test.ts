import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import t from 'tap';
import { Reply } from '../../../gateway/call/reply.ts';

/** A response to a client that does not read. */
async function unread(t: { teardown(end: () => unknown): void }): Promise<ServerResponse> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' }).end();
  client.on('error', () => undefined);
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  t.teardown(() => {
    client.destroy();
    server.close();
    server.closeAllConnections();
  });
  return response;
}

t.test('what comes beside an answer does not pile up for a client that does not read', async (t) => {
  const response = await unread(t);
  const reply = new Reply(response);
  const notice = Buffer.from(
    JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: 'x'.repeat(1e5) }),
  );
  for (let index = 0; index < 500; index++) reply.notice(notice);
  t.ok(response.writableLength < 2 * 1024 * 1024, `${response.writableLength} bytes wait`);
  reply.message(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"roots/list"}'));
  t.ok(response.writableLength > 1024 * 1024, 'a question waits all the same');
});
