import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { createReportFetcher } from '../../../hooks/gateways/fetch-reports.ts';
import { report } from '../support/gateway-sync.ts';

async function replica(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function fetcher(t: Test, timeoutMs = 5_000) {
  const answered: boolean[] = [];
  const reports = createReportFetcher({ timeoutMs, onReport: (answer) => answered.push(answer) });
  t.teardown(() => reports.close());
  return {
    ask: (addresses: string[]) => reports.fetchReports({ gateway: { namespace: 'tools', name: 'main' }, addresses }),
    answered,
  };
}

const good = report('r1');

t.test('every replica is asked for /services, and its report is read', async (t) => {
  const asked: (string | undefined)[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push(request.url);
    response.end(JSON.stringify(good));
  };
  const addresses = [await replica(t, listener), await replica(t, listener)];
  const { ask, answered } = fetcher(t);
  t.strictSame(
    await ask(addresses),
    addresses.map((address) => ({ address, report: good })),
  );
  t.strictSame(asked, ['/services', '/services']);
  t.strictSame(answered, [true, true]);
});

t.test('a replica that is silent, broken or gone has no report and holds up nobody', async (t) => {
  const silent = await replica(t, () => {});
  const stalled = await replica(t, (_request, response) => void response.write('{"formatVersion":'));
  const broken = await replica(t, (_request, response) => void response.end('<html>'));
  const failing = await replica(t, (_request, response) => void response.writeHead(503).end('{}'));
  const newer = await replica(
    t,
    (_request, response) => void response.end(JSON.stringify({ ...good, formatVersion: 99 })),
  );
  const fine = await replica(t, (_request, response) => void response.end(JSON.stringify(good)));
  const gone = '127.0.0.1:1';
  const { ask, answered } = fetcher(t, 300);
  const started = performance.now();
  const reports = await ask([silent, stalled, broken, failing, newer, gone, fine]);
  t.ok(performance.now() - started < 3_000, 'within the time, and some for a busy machine');
  t.strictSame(
    reports.map(({ report }) => report?.registry.revision),
    [undefined, undefined, undefined, undefined, undefined, undefined, 'r1'],
  );
  t.equal(answered.filter(Boolean).length, 1);
});

t.test('a report without end is not read to the end', async (t) => {
  const endless = await replica(t, (request, response) => {
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    const more = () => {
      while (!request.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  });
  const { ask } = fetcher(t);
  t.strictSame(await ask([endless]), [{ address: endless }]);
});

t.test('without replicas nobody is asked', async (t) => {
  const { ask } = fetcher(t);
  t.strictSame(await ask([]), []);
});
