import t from 'tap';
import { gatewayFaults, mcpPort, nameFault, serviceSelector } from '../../../hooks/gateways/spec.ts';
import { gateway } from '../support/objects.ts';

t.test('a Gateway without a spec is valid and has the defaults of the schema', async (t) => {
  const bare = { apiVersion: 'x', kind: 'Gateway', metadata: { name: 'main', namespace: 'tools' } };
  t.strictSame(gatewayFaults(bare), []);
  t.equal(mcpPort(bare), 8080);
  t.strictSame(serviceSelector(bare), { matchLabels: { 'mcp-enabled': 'true' } });
});

t.test('each fault is told, beside the others', async (t) => {
  const faults = gatewayFaults(
    gateway({
      mcpPort: 70_000,
      publicUrl: 'ftp://example.com',
      serviceSelector: {},
      namespaceSelector: { matchLabels: { 'a b': '' } },
      externalNames: ['fine.example.com', '*bad'],
    }),
  );
  t.strictSame(faults, [
    'spec.mcpPort is 70000: it must be a port, 1 to 65535.',
    'spec.publicUrl is "ftp://example.com": it must be an http or https URL.',
    'spec.serviceSelector is empty and would select every Service of the cluster: give it matchLabels or matchExpressions.',
    'spec.namespaceSelector.matchLabels: "a b" is not a label key, such as "example.com/name".',
    'spec.externalNames[1]: "*bad" is not a host name, "*." and a domain, or "*".',
  ]);
});

t.test('an empty namespaceSelector means all namespaces, as in Kubernetes', async (t) => {
  t.strictSame(gatewayFaults(gateway({ namespaceSelector: {} })), []);
});

t.test('names are DNS labels of at most 50 characters', async (t) => {
  for (const name of ['a', 'a-1', 'a'.repeat(50)]) t.equal(nameFault(name), undefined);
  for (const name of ['A', 'a.b', '-a', 'a-']) t.match(nameFault(name), /must be lower-case letters/);
  t.match(nameFault('a'.repeat(51)), /has 51 characters/);
});
