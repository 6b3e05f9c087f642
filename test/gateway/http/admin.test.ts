import { once } from 'node:events';
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import type { FastifyInstance } from 'fastify';
import { parseReport, REPORT_FORMAT_VERSION, type GatewayReport } from '../../../gateway/contract/report.ts';
import { buildAdmin, type AdminOptions, type Readiness } from '../../../gateway/http/admin.ts';
import { createMetrics } from '../../../gateway/metrics.ts';
import { idleSources } from '../../support/idle-metrics.ts';

const report: GatewayReport = {
  formatVersion: REPORT_FORMAT_VERSION,
  gateway: { namespace: 'tools', name: 'main' },
  registry: { revision: 'a'.repeat(64) },
  services: [
    {
      namespace: 'shop',
      name: 'cart',
      state: 'Available',
      since: '2026-01-01T00:00:00Z',
      era: 'modern',
      toolCount: 3,
      promptCount: 0,
      resourceCount: 1,
    },
  ],
};

function admin(t: Test, options: Partial<AdminOptions> = {}): FastifyInstance {
  const app = buildAdmin({
    ready: () => ({ ok: true }),
    report: () => report,
    metrics: createMetrics(idleSources),
    ...options,
  });
  t.teardown(() => app.close());
  return app;
}

t.test('/healthz answers as long as the process does', async (t) => {
  const app = admin(t, { ready: () => ({ ok: false, reason: 'It drains.' }) });
  t.equal((await app.inject('/healthz')).statusCode, 200);
});

t.test('/readyz tells why it is not ready, and asks anew each time', async (t) => {
  let readiness: Readiness = { ok: false, reason: 'No registry is held yet.' };
  const app = admin(t, { ready: () => readiness });
  const before = await app.inject('/readyz');
  t.equal(before.statusCode, 503);
  t.equal(before.body, 'No registry is held yet.\n');
  readiness = { ok: true };
  t.equal((await app.inject('/readyz')).statusCode, 200);
});

t.test('/metrics is in the text format of Prometheus', async (t) => {
  const answer = await admin(t).inject('/metrics');
  t.match(answer.headers['content-type'], /^text\/plain; version=0\.0\.4/);
  t.match(answer.body, /^# TYPE fetchfy_mcp_service_count gauge$/m);
});

t.test('/services is a report that the hooks understand', async (t) => {
  const answer = await admin(t).inject('/services');
  t.match(answer.headers['content-type'], /^application\/json/);
  t.strictSame(parseReport(answer.body), report);
});

t.test('another path says which there are', async (t) => {
  const answer = await admin(t).inject('/nothing');
  t.equal(answer.statusCode, 404);
  t.match(answer.body, /There is no GET \/nothing; there are GET \/healthz, \/readyz, \/metrics, \/services/);
});

t.test('an idle connection does not hold up its end', async (t) => {
  const app = admin(t);
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(socket, 'data');
  const ended = once(socket, 'close');
  await app.close();
  await ended;
  t.pass('both ended');
});
