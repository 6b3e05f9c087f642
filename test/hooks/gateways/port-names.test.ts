import t from 'tap';
import { withPortNamesFreed } from '../../../hooks/gateways/port-names.ts';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import { applied } from '../../../local/driver/apply.ts';
import type { StoredObject } from '../../../local/driver/store.ts';
import { settledChildren, syncOf } from '../support/gateway-sync.ts';
import { deepFreeze, gateway } from '../support/objects.ts';

interface WithPorts extends KubernetesObject {
  readonly spec: {
    readonly ports?: readonly object[];
    readonly template?: { readonly spec: { readonly containers: readonly { readonly ports: readonly object[] }[] } };
  };
}

const service = (ports: readonly object[]): KubernetesObject =>
  deepFreeze({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'main-mcp' },
    spec: { ports },
  } as KubernetesObject);
const deployment = (ports: readonly object[]): KubernetesObject =>
  deepFreeze({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'main-mcp' },
    spec: { template: { spec: { containers: [{ name: 'gateway', ports }] } } },
  } as KubernetesObject);
const ours = { name: 'mcp', port: 8080, protocol: 'TCP' };

t.test('a child whose ports are as we set them is written as it is', async (t) => {
  const child = service([ours]);
  t.equal(withPortNamesFreed(child, undefined), child, 'or that is not there yet');
  t.equal(withPortNamesFreed(child, service([{ ...ours, nodePort: 30_001 }])), child);
  t.equal(
    withPortNamesFreed(child, service([ours, { name: 'extra', port: 9 }])),
    child,
    "with a user's own beside them",
  );
});

t.test('a port that took the name of ours under another number is renamed', async (t) => {
  const taken = { name: 'mcp', port: 1234, targetPort: 'x' };
  t.strictSame(withPortNamesFreed(service([ours]), service([taken])), {
    ...service([ours, { name: 'not-ours-1234', port: 1234, protocol: 'TCP' }]),
  });
  const containerPort = { name: 'mcp', containerPort: 8080, protocol: 'TCP' };
  t.strictSame(
    withPortNamesFreed(deployment([containerPort]), deployment([{ ...containerPort, containerPort: 60_000 }])),
    deployment([containerPort, { name: 'not-ours-60000', containerPort: 60_000, protocol: 'TCP' }]),
  );
});

t.test('under server-side-apply a renamed port keeps its name while it is there', async (t) => {
  const byServer = (ports: readonly object[]): KubernetesObject => ({
    ...service(ports),
    metadata: { name: 'main-mcp', managedFields: [{ operation: 'Apply' }] } as KubernetesObject['metadata'],
  });
  const renamed = { name: 'not-ours-1234', port: 1234, protocol: 'TCP' };
  t.strictSame(withPortNamesFreed(service([ours]), byServer([ours, renamed])), service([ours, renamed]));
  const child = service([ours]);
  t.equal(withPortNamesFreed(child, byServer([ours])), child, 'not longer');
  t.equal(withPortNamesFreed(child, service([ours, renamed])), child, 'dynamic-apply takes it away');
});

t.test('a Service whose port was edited is as we set it after two syncs, as Metacontroller merges', async (t) => {
  const parent = gateway();
  let children = settledChildren(parent);
  const portsOf = (): readonly object[] =>
    (children.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'main-mcp') as WithPorts).spec
      .ports ?? [];
  const write = (): void => {
    const wanted = syncOf({ gateway: parent, children }).children;
    children = children.map((child) => {
      const found = wanted.find(({ kind, metadata }) => kind === child.kind && metadata.name === child.metadata.name);
      return found === undefined ? child : (applied(child as StoredObject, found) ?? child);
    });
  };
  write();
  const before = portsOf();
  children = children.map((child) =>
    child.kind === 'Service' && child.metadata.name === 'main-mcp'
      ? ({ ...child, spec: { ...(child as WithPorts).spec, ports: [{ name: 'mcp', port: 1234 }] } } as KubernetesObject)
      : child,
  );
  write();
  const names = (portsOf() as { name: string }[]).map(({ name }) => name);
  t.equal(new Set(names).size, names.length, `no two ports have one name: ${names.join(' ')}`);
  write();
  t.strictSame(portsOf(), before);
});
