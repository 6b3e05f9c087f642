import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { openStream } from '../../../gateway/upstream/rpc-stream.ts';
import { serverAt, testPools } from '../../support/outlets.ts';

t.test('an answer that is no stream must be complete within the deadline', async (t) => {
  const server = createServer((_request, response) => {
    // Never ends.
    response.writeHead(200, { 'content-type': 'application/json' }).write('{');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pools = testPools();
  t.teardown(async () => {
    await pools.close();
    server.close();
    server.closeAllConnections();
  });
  const opening = openStream(
    { dispatcher: pools.forStreams(serverAt(target), target), target, host: target, path: '/mcp' },
    {
      method: 'GET',
      signal: new AbortController().signal,
      deadlineMs: 100,
      maxEventBytes: 1024,
      onOpen: () => t.fail('opened'),
      onMessage: () => t.fail('said something'),
    },
  );
  await t.rejects(opening, { code: 'ERR_UPSTREAM_TIMEOUT' });
});
