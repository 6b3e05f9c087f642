import t from 'tap';
import { buildApp, type AppOptions } from '../../hooks/app.ts';
import { createMetrics } from '../../hooks/metrics.ts';
import { IMAGE, published, report, serviceReport, settledChildren } from './support/gateway-sync.ts';
import { gateway, objectMap, readyPod, service, slice } from './support/objects.ts';
import { registryRequest } from './support/registry.ts';
import { entry } from '../support/registry-parts.ts';

function app(options: Partial<AppOptions> = {}) {
  return buildApp({ gatewayImage: IMAGE, fetchReports: async () => [], ...options });
}

const controller = { apiVersion: 'a/v1', kind: 'C', metadata: { name: 'fetchfy-registry' } };
const registrySync = registryRequest([service('weather'), slice('weather')]);
const gatewaysSync = { controller, parent: gateway(), children: {}, related: {}, finalizing: false };

t.test('the four hooks answer what Metacontroller sends', async (t) => {
  const hooks = app();
  const answer = async (url: string, payload: object) => {
    const response = await hooks.inject({ method: 'POST', url, payload });
    t.equal(response.statusCode, 200, url);
    return response.json<Record<string, unknown[]>>();
  };
  t.equal((await answer('/registry/customize', { controller, parent: gateway() }))['relatedResources']?.length, 5);
  t.equal((await answer('/registry/sync', registrySync))['attachments']?.length, 2);
  t.equal((await answer('/gateways/customize', { controller, parent: gateway() }))['relatedResources']?.length, 9);
  t.equal((await answer('/gateways/sync', gatewaysSync))['children']?.length, 8);
});

t.test('the sync of a Gateway asks its replicas first, and comes again', async (t) => {
  const parent = gateway();
  const registry = published(parent, { services: [entry('weather')] });
  const children = objectMap(settledChildren(parent));
  const endpoints = slice('main-mcp', { namespace: 'tools', endpoints: [readyPod('10.0.0.1')] });
  const asked: unknown[] = [];
  const hooks = app({
    fetchReports: async (query) => {
      asked.push(query);
      return [
        { address: '10.0.0.1:9090', report: report(registry.revision, [serviceReport('weather', { toolCount: 9 })]) },
      ];
    },
    now: () => new Date('2026-06-01T12:00:00Z'),
  });
  const related = objectMap([...registry.configMaps, endpoints]);
  const response = await hooks.inject({
    method: 'POST',
    url: '/gateways/sync',
    payload: { ...gatewaysSync, parent, children, related },
  });
  t.strictSame(asked, [{ gateway: { namespace: 'tools', name: 'main' }, addresses: ['10.0.0.1:9090'] }]);
  t.match(response.json(), {
    resyncAfterSeconds: 3,
    status: {
      mcpServices: [{ name: 'weather', status: 'Available', toolCount: 9, lastUpdated: '2026-06-01T12:00:00Z' }],
    },
  });
});

t.test('a malformed body is refused with the name of the field', async (t) => {
  const hooks = app();
  const refusal = async (url: string, payload: object | string) => {
    const headers = { 'content-type': 'application/json' };
    const response = await hooks.inject({ method: 'POST', url, payload, headers });
    t.equal(response.statusCode, 400, JSON.stringify(payload));
    return response.json<{ error: string }>().error;
  };
  const { related: _related, ...withoutRelated } = gatewaysSync;
  t.equal(
    await refusal('/gateways/sync', withoutRelated),
    `The field "related" of the body must have required property 'related'.`,
  );
  t.equal(
    await refusal('/gateways/sync', { ...gatewaysSync, children: [] }),
    'The field "children" of the body must be object.',
  );
  t.equal(
    await refusal('/gateways/sync', { ...gatewaysSync, parent: { ...gateway(), metadata: { name: 'main' } } }),
    `The field "parent.metadata.namespace" of the body must have required property 'namespace'.`,
  );
  t.equal(
    await refusal('/registry/sync', {
      ...registrySync,
      related: { 'Service.v1': { 'shop/weather': { kind: 'Service' } } },
    }),
    `The field "related.Service.v1.shop/weather.apiVersion" of the body must have required property 'apiVersion'.`,
  );
  t.equal(
    await refusal('/registry/sync', { ...registrySync, object: { ...gateway(), spec: 'none' } }),
    'The field "object.spec" of the body must be object.',
  );
  t.equal(
    await refusal('/registry/customize', {}),
    `The field "parent" of the body must have required property 'parent'.`,
  );
  t.equal(await refusal('/registry/customize', []), 'The field "body" of the body must be object.');
  t.match(await refusal('/registry/customize', '{"parent":'), /JSON/);
});

t.test('a body may hold keys that other programs stumble over', async (t) => {
  const text = JSON.stringify(registrySync).replace(
    '"mcp-enabled":"true"',
    '"__proto__":{"polluted":1},"constructor":{"prototype":1}',
  );
  t.match(text, '__proto__');
  const headers = { 'content-type': 'application/json' };
  const response = await app().inject({ method: 'POST', url: '/registry/sync', payload: text, headers });
  t.equal(response.statusCode, 200);
  t.notOk('polluted' in {});
});

t.test('a fault of the hooks is a 500 that is logged with its cause and counted', async (t) => {
  const logged: [string, unknown][] = [];
  const { metrics, registry } = createMetrics();
  const log = () => {};
  const hooks = app({
    fetchReports: async () => {
      throw new Error('no network');
    },
    logger: { debug: log, info: log, warn: log, error: (message, fields) => logged.push([message, fields]) },
    metrics,
  });
  const response = await hooks.inject({ method: 'POST', url: '/gateways/sync', payload: gatewaysSync });
  t.equal(response.statusCode, 500);
  t.strictSame(response.json(), { error: 'The hook failed: no network' });
  t.match(logged, [['A call of /gateways/sync failed.', { gateway: 'tools/main', error: { message: 'no network' } }]]);
  t.match(await registry.metrics(), 'fetchfy_hook_calls_total{hook="gateways/sync",outcome="failed"} 1');
});

t.test('calls are counted and timed by hook and outcome, and by nothing that grows', async (t) => {
  const { metrics, registry } = createMetrics();
  const hooks = app({ metrics });
  await hooks.inject({ method: 'POST', url: '/registry/sync', payload: registrySync });
  await hooks.inject({ method: 'POST', url: '/registry/sync', payload: {} });
  await hooks.inject({ method: 'POST', url: '/somewhere/else', payload: {} });
  const text = await registry.metrics();
  t.match(text, 'fetchfy_hook_calls_total{hook="registry/sync",outcome="ok"} 1');
  t.match(text, 'fetchfy_hook_calls_total{hook="registry/sync",outcome="malformed"} 1');
  t.match(text, 'fetchfy_hook_duration_seconds_count{hook="registry/sync"} 2');
  t.notMatch(text, 'somewhere');
});
