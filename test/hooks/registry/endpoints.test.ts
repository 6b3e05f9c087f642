import t from 'tap';
import { adminAddresses, indexSlices, targetsOf } from '../../../hooks/registry/endpoints.ts';
import type { EndpointSlice } from '../../../hooks/registry/service.ts';
import { readyPod, service, slice, type SliceOptions } from '../support/objects.ts';

const unready = (address: string) => ({ ...readyPod(address), conditions: { ready: false } });

function targets(slices: readonly EndpointSlice[], options: { name?: string; ipFamilies?: string[] } = {}) {
  const { name, ipFamilies = ['IPv4'] } = options;
  const port = { port: 80, ...(name === undefined ? {} : { name }) };
  return targetsOf(service('weather', { spec: { ports: [port], ipFamilies } }), port, slices);
}
const addresses = (options: SliceOptions) => targets([slice('weather', options)]).addresses;

t.test('slices are joined by namespace and the label with the name of their Service', async (t) => {
  const mine = slice('weather');
  const elsewhere = slice('weather', { namespace: 'lab' });
  const second = slice('weather', { name: 'weather-2' });
  const unlabelled = { ...slice('weather'), metadata: { name: 'x', namespace: 'shop' } };
  const index = indexSlices([mine, elsewhere, second, unlabelled]);
  t.strictSame(index.get('shop/weather'), [mine, second]);
  t.strictSame(index.get('lab/weather'), [elsewhere]);
  t.equal(index.size, 2);
});

t.test('ready endpoints are targets, in order; unknown readiness counts as ready', async (t) => {
  const endpoints = ['10.0.0.2', unready('10.0.0.3'), '10.0.0.1', { addresses: ['10.0.0.4'] }, { addresses: [] }];
  t.strictSame(addresses({ endpoints }), ['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.4:8080']);
});

t.test('of the addresses of one endpoint the first is taken', async (t) => {
  t.strictSame(addresses({ endpoints: [{ addresses: ['10.0.0.7', '10.0.0.8'] }] }), ['10.0.0.7:8080']);
});

t.test("the port dialled is the slice's, found by the Service port's name", async (t) => {
  const ports = [
    { name: 'metrics', port: 9090 },
    { name: 'mcp', port: 3000 },
  ];
  t.strictSame(targets([slice('weather', { ports })], { name: 'mcp' }).addresses, ['10.0.0.1:3000']);
  t.match(targets([slice('weather', { ports })], { name: 'web' }), {
    addresses: [],
    pending:
      'Its EndpointSlices have no TCP port named "web": the pods have no such port, or the slices name it differently.',
  });
  t.match(targets([slice('weather', { ports })]).pending, /no TCP port without a name/);
});

t.test('absent, null and empty names of a port are the same', async (t) => {
  for (const ports of [[{ port: 1 }], [{ name: null, port: 1 }], [{ name: '', port: 1, protocol: null }]]) {
    t.strictSame(addresses({ ports }), ['10.0.0.1:1']);
  }
});

t.test('ports that are not TCP, or have no number, are not dialled', async (t) => {
  t.strictSame(addresses({ ports: [{ name: '', port: 8080, protocol: 'UDP' }] }), []);
  t.strictSame(addresses({ ports: [{ name: '', port: null }] }), []);
});

t.test('a pod in slices of both families is one target, of the first family of its Service', async (t) => {
  const four = slice('weather', { endpoints: [readyPod('10.0.0.1', 'a'), readyPod('10.0.0.2', 'b')] });
  const six = slice('weather', { name: 'six', addressType: 'IPv6', endpoints: [readyPod('fd00::1', 'a')] });
  for (const slices of [
    [four, six],
    [six, four],
  ]) {
    t.strictSame(targets(slices).addresses, ['10.0.0.1:8080', '10.0.0.2:8080']);
    t.strictSame(targets(slices, { ipFamilies: ['IPv6', 'IPv4'] }).addresses, ['10.0.0.2:8080', '[fd00::1]:8080']);
  }
});

t.test('a pod that stands in two slices for a while is ready if one says so', async (t) => {
  const before = slice('weather', { endpoints: [{ ...unready('10.0.0.1'), targetRef: { kind: 'Pod', uid: 'a' } }] });
  const after = slice('weather', { name: 'two', endpoints: [readyPod('10.0.0.1', 'a')] });
  t.strictSame(targets([before, after]).addresses, ['10.0.0.1:8080']);
  t.strictSame(targets([after, before]).addresses, ['10.0.0.1:8080']);
});

t.test('endpoints without a uid are told apart by name, and those without a reference by address', async (t) => {
  const named = (name: string, address: string) => ({ addresses: [address], targetRef: { kind: 'Pod', name } });
  t.strictSame(addresses({ endpoints: [named('a', '10.0.0.2'), named('a', '10.0.0.1')] }), ['10.0.0.1:8080']);
  t.strictSame(addresses({ endpoints: [{ addresses: ['10.0.0.2'] }, { addresses: ['10.0.0.2'] }] }), ['10.0.0.2:8080']);
});

t.test('slices of names are ignored: a host of choice needs an ExternalName Service', async (t) => {
  t.strictSame(addresses({ addressType: 'FQDN', endpoints: ['internal.example.com'] }), []);
});

t.test('of more ready endpoints than an entry carries the first are taken, and all are counted', async (t) => {
  const endpoints = Array.from({ length: 100 }, (_, number) => `10.0.0.${100 + number}`);
  const found = targets([slice('weather', { endpoints })]);
  t.equal(found.readyCount, 100);
  t.equal(found.addresses.length, 64);
  t.equal(found.addresses[0], '10.0.0.100:8080');
});

t.test('why there is no target is said', async (t) => {
  t.equal(targets([]).pending, 'Kubernetes has published no EndpointSlice of this Service yet.');
  t.equal(targets([slice('weather', { endpoints: [] })]).pending, 'No pod matches the selector of the Service.');
  t.equal(
    targets([slice('weather', { endpoints: [unready('10.0.0.1'), unready('10.0.0.2')] })]).pending,
    'None of its 2 endpoints is ready.',
  );
  const selectorless = service('weather', { spec: { selector: {} } });
  t.equal(
    targetsOf(selectorless, { port: 80 }, []).pending,
    'The Service has no selector, and no EndpointSlice names it in its label kubernetes.io/service-name.',
  );
  t.equal(
    targetsOf(selectorless, { port: 80 }, [slice('weather', { endpoints: [] })]).pending,
    'Its EndpointSlices are empty.',
  );
});

t.test('replicas are asked once each, ready or not, but not on their way out', async (t) => {
  const four = slice('main-mcp', {
    endpoints: [
      readyPod('10.0.0.1', 'a'),
      { ...unready('10.0.0.2'), targetRef: { kind: 'Pod', uid: 'b' } },
      { addresses: ['10.0.0.3'], conditions: { ready: false, terminating: true } },
    ],
  });
  const six = slice('main-mcp', {
    name: 'six',
    addressType: 'IPv6',
    endpoints: [readyPod('fd00::1', 'a'), readyPod('fd00::9', 'c')],
  });
  const names = slice('main-mcp', { name: 'names', addressType: 'FQDN', endpoints: ['a.example.com'] });
  t.strictSame(adminAddresses([six, names, four], 9090), ['10.0.0.1:9090', '10.0.0.2:9090', '[fd00::9]:9090']);
});
