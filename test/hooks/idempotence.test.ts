import fc from 'fast-check';
import t from 'tap';
import type { GatewayReport } from '../../gateway/contract/report.ts';
import type { Gateway, GatewaySpec } from '../../hooks/gateways/gateway.ts';
import { reportAddresses, syncGateway } from '../../hooks/gateways/controller.ts';
import { objectKey, typeKey, type KubernetesObject, type ObjectMap } from '../../hooks/metacontroller/objects.ts';
import { syncRegistry } from '../../hooks/registry/controller.ts';
import { applied, withLastApplied } from '../../local/driver/apply.ts';
import type { StoredObject } from '../../local/driver/store.ts';
import { gatewaysController, IMAGE, published, report, serviceReport } from './support/gateway-sync.ts';
import { deepFreeze, gateway, objectMap, readyPod, service, slice } from './support/objects.ts';
import { asAttachment, asChild } from './support/ownership.ts';
import { registryRequest } from './support/registry.ts';
import { entry } from '../support/registry-parts.ts';

/**
 * The property without which a hook never comes to rest: what it answers, once Metacontroller has done it, makes it answer
 * the same again. `observe` models what Metacontroller does (create, three-way merge, delete; owner and mark).
 */
function observe(
  observed: ObjectMap,
  wanted: readonly KubernetesObject[],
  mark: (object: KubernetesObject) => KubernetesObject,
): { readonly map: ObjectMap; readonly writes: number } {
  let writes = 0;
  const objects = wanted.map((object) => {
    const current = observed[typeKey(object)]?.[objectKey(object)] as StoredObject | undefined;
    if (current === undefined) {
      writes++;
      return mark(withLastApplied(withoutOwner(mark(object))));
    }
    const changed = applied(current, withoutOwner(mark(object)));
    if (changed !== undefined) writes++;
    return changed ?? current;
  });
  const kept = new Set(objects.map((object) => `${typeKey(object)} ${objectKey(object)}`));
  for (const [type, byName] of Object.entries(observed)) {
    for (const name of Object.keys(byName)) if (!kept.has(`${type} ${name}`)) writes++;
  }
  return { map: objectMap(objects), writes };
}

function withoutOwner(object: KubernetesObject): KubernetesObject {
  const { ownerReferences: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata };
}

const word = fc.constantFrom('a', 'b', 'search', 'weather', 'a-b');
const annotations = fc.record(
  {
    type: fc.constantFrom('tool', 'agent', 'robot'),
    protocol: fc.constantFrom('mcp', 'a2a', 'auto', 'grpc'),
    endpoint: fc.constantFrom('/mcp', '/mcp/x', '/mcp/a/b', 'bad', '/<&>'),
    port: fc.constantFrom('80', 'mcp', '81'),
    description: fc.string({ unit: 'binary', maxLength: 40 }),
    timeout: fc.constantFrom('30s', 'soon'),
    prefix: fc.constantFrom('p', 'search', 'no good'),
    route: fc.constantFrom('service', 'endpoints'),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Record<string, string>>;
const ports = fc.constantFrom(
  [{ port: 80 }],
  [
    { name: 'mcp', port: 80 },
    { name: 'web', port: 81 },
  ],
  [],
);
const someService = fc
  .record({ name: word, namespace: word, created: fc.constantFrom('', '2026-01-01', '2026-01-02'), annotations, ports })
  .map(({ name, ports, ...rest }) => service(name, { ...rest, spec: { ports } }));
const endpoint = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.boolean())
  .map(([number, ready]) => ({ ...readyPod(`10.0.0.${number}`), conditions: { ready } }));
const someSlice = fc
  .record({
    of: word,
    namespace: word,
    name: fc.constantFrom('s1', 's2'),
    endpoints: fc.array(endpoint, { maxLength: 4 }),
  })
  .map(({ of, name, ...rest }) =>
    slice(of, {
      ...rest,
      name: `${of}-${name}`,
      ports: [
        { name: '', port: 1 },
        { name: 'mcp', port: 2 },
      ],
    }),
  );
const neighbours = fc.array(fc.oneof(someService, someSlice), { maxLength: 12 });

const spec: fc.Arbitrary<GatewaySpec> = fc.record(
  {
    mcpPort: fc.constantFrom(80, 8080),
    serviceSelector: fc.constantFrom({ matchLabels: { a: 'b' } }, { matchLabels: { 'not valid': '' } }),
    replicas: fc.integer({ min: 0, max: 3 }),
    resources: fc.constantFrom({ requests: { cpu: '1000m', memory: '1024Mi' } }, { limits: { cpu: 'lots' } }),
    nodeSelector: fc.constantFrom({ disk: 'ssd' }),
    hosts: fc.constantFrom(['a.example.com']),
  },
  { requiredKeys: [] },
);

t.test('the registry comes to rest: its second answer is its first, and is written once', async () => {
  fc.assert(
    fc.property(spec, neighbours, (spec, related) => {
      const parent = gateway(spec);
      const sync = (attachments: ObjectMap) => {
        const all = { ...objectMap(related), ...attachments };
        const request = { ...registryRequest([], { gateway: parent }), attachments, related: all };
        return syncRegistry(deepFreeze(request), { allowLoopback: false });
      };
      const mark = (object: KubernetesObject) => asAttachment(object, parent);
      const first = sync({});
      const afterFirst = observe({}, first.attachments, mark);
      const second = sync(afterFirst.map);
      const afterSecond = observe(afterFirst.map, second.attachments, mark);
      const third = sync(afterSecond.map);
      return (
        JSON.stringify(first) === JSON.stringify(second) &&
        JSON.stringify(second) === JSON.stringify(third) &&
        afterSecond.writes === 0
      );
    }),
  );
});

t.test('a Gateway comes to rest: children at once, status with the second sync', async () => {
  const reports = fc.array(fc.constantFrom('none', 'current', 'older', 'silent'), { maxLength: 3 });
  fc.assert(
    fc.property(spec, reports, fc.boolean(), (spec, kinds, hasRegistry) => {
      const bare = gateway(spec);
      const registry = published(bare, {
        services: [entry('a'), entry('b'), entry('c', { type: 'agent', protocol: 'auto' })],
      });
      const related = objectMap(hasRegistry ? registry.configMaps : []);
      const answered = kinds.map((kind): GatewayReport | undefined =>
        kind === 'silent'
          ? undefined
          : report(kind === 'none' ? null : kind === 'current' ? registry.revision : kind, [
              serviceReport('a'),
              serviceReport('c', kind === 'older' ? {} : { protocol: 'a2a', skillCount: 2 }),
            ]),
      );
      const sync = (parent: Gateway, children: ObjectMap, second: number) => {
        const request = {
          controller: gatewaysController,
          parent,
          children,
          related: { ...related, ...children },
          finalizing: false,
        };
        reportAddresses(deepFreeze(request));
        return syncGateway(request, {
          gatewayImage: IMAGE,
          reports: answered.map((report) => ({ address: 'x', ...(report === undefined ? {} : { report }) })),
          now: new Date(Date.UTC(2026, 0, 1, 0, 0, second)),
        });
      };
      const mark = (object: KubernetesObject) => asChild(object, bare);
      const withStatus = (status: object): Gateway => ({ ...bare, status: status as Record<string, unknown> });
      const first = sync(bare, {}, 1);
      const afterFirst = observe({}, first.children, mark);
      const second = sync(withStatus(first.status), afterFirst.map, 2);
      const afterSecond = observe(afterFirst.map, second.children, mark);
      const third = sync(withStatus(second.status), afterSecond.map, 3);
      return (
        JSON.stringify(first.children) === JSON.stringify(second.children) &&
        JSON.stringify(second) === JSON.stringify(third) &&
        afterSecond.writes === 0
      );
    }),
  );
});

t.test('the order in which objects come does not change a byte', async () => {
  const shuffled = neighbours.chain((related) =>
    fc.tuple(fc.constant(related), fc.shuffledSubarray(related, { minLength: related.length })),
  );
  fc.assert(
    fc.property(shuffled, ([related, other]) => {
      // Of two objects of one name only one can exist.
      const unique = objectMap(related);
      const order = other.map((object) => [typeKey(object), objectKey(object)] as const);
      const reordered: Record<string, Record<string, KubernetesObject>> = {};
      for (const [type, key] of order) (reordered[type] ??= {})[key] = reversedEndpoints(unique[type]?.[key]);
      const answer = (related: ObjectMap) =>
        JSON.stringify(syncRegistry({ ...registryRequest([]), related }, { allowLoopback: false }));
      return answer(unique) === answer(reordered);
    }),
  );
});

function reversedEndpoints(object: KubernetesObject | undefined): KubernetesObject {
  const { endpoints } = object as { endpoints?: unknown[] };
  return { ...object, ...(endpoints === undefined ? {} : { endpoints: endpoints.toReversed() }) } as KubernetesObject;
}
