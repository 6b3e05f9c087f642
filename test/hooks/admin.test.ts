import t from 'tap';
import { buildAdmin } from '../../hooks/admin.ts';
import { createMetrics } from '../../hooks/metrics.ts';

t.test('the admin port tells life, readiness and metrics', async (t) => {
  const { metrics, registry } = createMetrics();
  let reason: string | undefined = 'The hooks are starting or ending.';
  const admin = buildAdmin({ metrics: registry, whyNotReady: () => reason });
  t.equal((await admin.inject('/healthz')).statusCode, 200);
  t.match(await admin.inject('/readyz'), { statusCode: 503, body: 'The hooks are starting or ending.\n' });
  reason = undefined;
  t.equal((await admin.inject('/readyz')).statusCode, 200);
  metrics.observe('gateways/sync', 'ok', 0.01);
  metrics.observeReport(true);
  metrics.observeReport(false);
  const response = await admin.inject('/metrics');
  t.match(response.headers['content-type'], 'text/plain');
  t.match(response.body, 'fetchfy_hook_calls_total{hook="gateways/sync",outcome="ok"} 1');
  t.match(response.body, 'fetchfy_hook_reports_total{outcome="missing"} 1');
  t.match(response.body, 'process_resident_memory_bytes');
});
