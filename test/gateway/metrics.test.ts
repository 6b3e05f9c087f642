import t from 'tap';
import type { RegistryDocument } from '../../gateway/contract/registry-document.ts';
import type { RequestOutcome } from '../../gateway/http/front.ts';
import { createMetrics, type GatewayMetrics } from '../../gateway/metrics.ts';
import { idleSources, noRefusals } from '../support/idle-metrics.ts';
import { entry } from '../support/registry-parts.ts';

function request(changes: Partial<RequestOutcome> = {}): RequestOutcome {
  return { pattern: '/mcp', method: 'tools/call', type: 'tool', seconds: 0.002, error: undefined, ...changes };
}

function registry(changes: Partial<RegistryDocument> = {}): RegistryDocument {
  return {
    formatVersion: 1,
    gateway: { namespace: 'tools', name: 'main' },
    revision: 'a'.repeat(64),
    policy: { hosts: [] },
    services: [],
    rejected: [],
    rules: [],
    ...changes,
  };
}

/** The values of a scrape by name and labels. */
async function scraped(metrics: GatewayMetrics): Promise<Map<string, number>> {
  const lines = (await metrics.render()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

t.test('requests are counted by path, method, and type of the server that they are for', async (t) => {
  const metrics = createMetrics(idleSources);
  metrics.observe(request());
  metrics.observe(request());
  metrics.observe(request({ type: 'agent' }));
  metrics.observe(request({ pattern: '/mcp/:namespace/:service', method: 'tools/list' }));
  metrics.observe(request({ method: 'tools/list', type: 'all' }));
  const values = await scraped(metrics);
  const count = (labels: string): number | undefined => values.get(`fetchfy_mcp_request_count{${labels}}`);
  t.equal(count('path="/mcp",method="tools/call",type="tool"'), 2);
  t.equal(count('path="/mcp",method="tools/call",type="agent"'), 1);
  t.equal(count('path="/mcp/:namespace/:service",method="tools/list",type="tool"'), 1);
  t.equal(count('path="/mcp",method="tools/list",type="all"'), 1);
});

t.test('requests of A2A clients are counted by the methods of A2A, under the path of agents', async (t) => {
  const metrics = createMetrics(idleSources);
  const pattern = '/agents/:namespace/:service';
  for (const method of ['SendMessage', 'message/send', 'tasks/get']) metrics.observe(request({ pattern, method }));
  const text = await metrics.render();
  for (const method of ['SendMessage', 'message/send', 'tasks/get']) {
    t.match(text, `fetchfy_mcp_request_count{path="${pattern}",method="${method}"`);
  }
});

t.test('counts do not double with each scrape', async (t) => {
  const metrics = createMetrics(idleSources);
  metrics.observe(request({ error: 'overloaded' }));
  await metrics.render();
  const values = await scraped(metrics);
  t.equal(values.get('fetchfy_mcp_request_count{path="/mcp",method="tools/call",type="tool"}'), 1);
  t.equal(values.get('fetchfy_error_count{type="overloaded"}'), 1);
});

t.test('whatever method a client makes up, it is one series', async (t) => {
  const metrics = createMetrics(idleSources);
  for (let i = 0; i < 1000; i++) metrics.observe(request({ method: `made/up-${i}` }));
  metrics.observe(request({ method: '__proto__' }));
  const names = [...(await scraped(metrics)).keys()].filter((name) => name.startsWith('fetchfy_mcp_request_count'));
  t.strictSame(names, ['fetchfy_mcp_request_count{path="/mcp",method="other",type="tool"}']);
});

t.test('durations are cumulated in buckets, with sum and count', async (t) => {
  const metrics = createMetrics(idleSources);
  for (const seconds of [0.001, 0.004, 0.3, 100]) metrics.observe(request({ seconds }));
  const values = await scraped(metrics);
  const series = 'path="/mcp",method="tools/call",type="tool"';
  const bucket = (le: string): number | undefined =>
    values.get(`fetchfy_mcp_request_duration_seconds_bucket{${series},le="${le}"}`);
  t.strictSame(
    ['0.001', '0.005', '0.025', '0.1', '0.5', '2.5', '10', '60', '+Inf'].map(bucket),
    [1, 2, 2, 2, 3, 3, 3, 3, 4],
  );
  t.equal(values.get(`fetchfy_mcp_request_duration_seconds_count{${series}}`), 4);
  t.equal(values.get(`fetchfy_mcp_request_duration_seconds_sum{${series}}`)?.toFixed(3), '100.305');
});

t.test('errors are counted by type, all of which are there from the start', async (t) => {
  const metrics = createMetrics(idleSources);
  metrics.observe(request({ error: 'upstream_timeout' }));
  const values = await scraped(metrics);
  t.equal(values.get('fetchfy_error_count{type="upstream_timeout"}'), 1);
  t.equal(values.get('fetchfy_error_count{type="parse"}'), 0);
});

t.test('services are counted by type, and what is rejected', async (t) => {
  const metrics = createMetrics(idleSources);
  const rejected = {
    namespace: 'shop',
    name: 'odd',
    type: 'tool',
    reason: 'NoPort',
    message: 'It has no port.',
  } as const;
  metrics.registryTaken(
    registry({ services: [entry('a'), entry('b'), entry('c', { type: 'agent' })], rejected: [rejected] }),
  );
  let values = await scraped(metrics);
  t.equal(values.get('fetchfy_mcp_service_count{type="tool"}'), 2);
  t.equal(values.get('fetchfy_mcp_service_count{type="agent"}'), 1);
  t.equal(values.get('fetchfy_rejected_service_count'), 1);
  metrics.registryTaken(registry({ revision: 'b'.repeat(64) }));
  values = await scraped(metrics);
  t.equal(values.get('fetchfy_mcp_service_count{type="tool"}'), 0);
});

t.test('the revision is a number that is equal for equal revisions', async (t) => {
  const [one, same, other] = [createMetrics(idleSources), createMetrics(idleSources), createMetrics(idleSources)];
  t.equal((await scraped(one)).get('fetchfy_registry_revision'), 0);
  one.registryTaken(registry());
  same.registryTaken(registry());
  other.registryTaken(registry({ revision: 'b'.repeat(64) }));
  const value = async (metrics: GatewayMetrics): Promise<number | undefined> =>
    (await scraped(metrics)).get('fetchfy_registry_revision');
  t.equal(await value(one), 0xaaaaaaaaaaaaa);
  t.equal(await value(one), await value(same));
  t.not(await value(one), await value(other));
});

t.test("the registry's age runs from when its revision was first taken", async (t) => {
  const metrics = createMetrics(idleSources);
  t.equal((await scraped(metrics)).get('fetchfy_registry_age_seconds'), 0);
  metrics.registryTaken(registry());
  const first = (await scraped(metrics)).get('fetchfy_registry_age_seconds') ?? 0;
  metrics.registryTaken(registry());
  const second = (await scraped(metrics)).get('fetchfy_registry_age_seconds') ?? 0;
  t.ok(first > 0 && second > first, `${first} then ${second}`);
});

t.test('a registry fault shows until a registry is taken', async (t) => {
  const metrics = createMetrics(idleSources);
  metrics.registryFault();
  t.equal((await scraped(metrics)).get('fetchfy_registry_fault'), 1);
  metrics.registryTaken(registry());
  t.equal((await scraped(metrics)).get('fetchfy_registry_fault'), 0);
});

t.test('sessions and active requests are asked at the scrape', async (t) => {
  let sessions = 3;
  const metrics = createMetrics({ ...idleSources, sessions: () => sessions, activeRequests: () => 7 });
  sessions = 4;
  const values = await scraped(metrics);
  t.equal(values.get('fetchfy_mcp_session_count'), 4);
  t.equal(values.get('fetchfy_mcp_active_request_count'), 7);
});

t.test("the process's own metrics are there", async (t) => {
  const values = await scraped(createMetrics(idleSources));
  t.ok((values.get('process_cpu_seconds_total') ?? 0) > 0);
  t.ok((values.get('process_resident_memory_bytes') ?? 0) > 1e6);
});

t.test('what limits refuse is counted by limit, and so are lines of the audit that nobody read', async (t) => {
  const metrics = createMetrics({
    ...idleSources,
    refusals: () => ({ ...noRefusals, perTool: 3 }),
    droppedAuditLines: () => 7,
  });
  const values = await scraped(metrics);
  t.equal(values.get('fetchfy_limit_refusal_count{limit="perTool"}'), 3);
  t.equal(values.get('fetchfy_limit_refusal_count{limit="concurrentPerPrincipal"}'), 0);
  t.equal(values.get('fetchfy_dropped_audit_line_count'), 7);
});
