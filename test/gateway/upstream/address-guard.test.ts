import type { lookup } from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import t from 'tap';
import { AddressGuard, hostAndPort, type AddressGuardOptions } from '../../../gateway/upstream/address-guard.ts';
import { openOutlets } from '../../../gateway/upstream/outlets.ts';
import { createLogger } from '../../../gateway/log.ts';
import { Pools } from '../../../gateway/upstream/pools.ts';
import { serverAt } from '../../support/outlets.ts';

const refused = { code: 'ERR_OUTBOUND_ADDRESS' };

function guardOf(options: Partial<AddressGuardOptions> = {}): AddressGuard {
  return new AddressGuard({ allowLoopback: false, ...options });
}

/** A name server that gives each of these answers in turn, the last one for ever. */
function answers(...inTurn: readonly (readonly string[])[]): typeof lookup {
  let asked = 0;
  const answer = (_name: string, _options: unknown, done: (error: null, found: unknown) => void): void => {
    const addresses = inTurn[Math.min(asked++, inTurn.length - 1)] ?? [];
    queueMicrotask(() =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    );
  };
  return answer as unknown as typeof lookup;
}

function resolved(guard: AddressGuard, all: boolean, port = 80): Promise<unknown> {
  return new Promise((resolve, reject) => {
    guard.lookup(port)('server.example', { all }, (error, address) => (error ? reject(error) : resolve(address)));
  });
}

t.test('addresses that no server has are refused, with what they are', async (t) => {
  const guard = guardOf();
  t.throws(() => guard.check('127.0.0.1', 80), {
    ...refused,
    message: /^127\.0\.0\.1 is a loopback address: the gateway never/,
  });
  t.throws(() => guard.check('::', 80), { ...refused, message: /an unspecified address/ });
  t.throws(() => guard.check('169.254.169.254', 80), { ...refused, message: /a link-local address/ });
  t.throws(() => guard.check('fe80::1', 80), { ...refused, message: /a link-local address/ });
  t.throws(() => guard.check('ff02::1', 80), { ...refused, message: /a multicast address/ });
  t.throws(() => guard.check('255.255.255.255', 80), { ...refused, message: /a broadcast address/ });
  t.throws(() => guard.check('fd00:ec2::254', 80), { ...refused, message: /metadata service/ });
  t.throws(() => guard.check('64:ff9b::a9fe:a9fe', 80), { ...refused, message: /a link-local address/ });
  for (const address of ['10.0.0.1', 'fd00::1', '203.0.113.1']) guard.check(address, 80);
});

t.test('loopback is allowed where a gateway is told so, and nothing else with it', async (t) => {
  const guard = guardOf({ allowLoopback: true });
  for (const address of ['127.0.0.1', '::1', '0.0.0.0', '::ffff:127.0.0.1']) guard.check(address, 80);
  for (const address of ['169.254.169.254', 'fe80::1', 'ff02::1', '100.100.100.200', '64:ff9b::a9fe:a9fe']) {
    t.throws(() => guard.check(address, 80), refused, address);
  }
});

t.test('the API server is refused, as the pod knows it and as the registry does', async (t) => {
  const guard = guardOf({ apiServerUrl: 'https://10.96.0.1:443' });
  const message = /the cluster's API server/;
  t.throws(() => guard.check('10.96.0.1', 443), { ...refused, message });
  t.throws(() => guard.check('::ffff:10.96.0.1', 443), { ...refused, message });
  guard.check('10.96.0.1', 80);
  const six = guardOf({ apiServerUrl: 'https://[fd00::9]:6443' });
  t.throws(() => six.check('fd00::9', 6443), { ...refused, message });
  guard.check('10.1.0.1', 6443);
  guard.takeApiServers(['10.1.0.1:6443', '[fd00::1]:6443']);
  t.throws(() => guard.check('10.1.0.1', 6443), { ...refused, message });
  t.throws(() => guard.check('fd00:0:0::1', 6443), { ...refused, message });
  t.throws(() => guard.check('10.96.0.1', 443), { ...refused, message });
  guard.takeApiServers([]);
  guard.check('10.1.0.1', 6443);
});

t.test("the gateway's own ports are refused at all of its addresses, also where loopback is allowed", async (t) => {
  const guard = guardOf({ allowLoopback: true });
  guard.takeOwnPorts([8080, 9090]);
  const own = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []);
  const addresses = [
    '127.0.0.1',
    '127.0.0.2',
    '::1',
    '0.0.0.0',
    ...own.filter((address) => !address.startsWith('fe80')),
  ];
  for (const address of addresses) {
    t.throws(() => guard.check(address, 8080), { ...refused, message: /this gateway itself/ }, address);
    t.throws(() => guard.check(address, 9090), refused, address);
    guard.check(address, 8081);
  }
  guard.check('203.0.113.1', 8080);
});

t.test('private networks are refused where only public addresses will do', async (t) => {
  const guard = guardOf();
  t.throws(() => guard.check('10.0.0.1', 443, true), { ...refused, message: /of a private network/ });
  t.throws(() => guard.check('fd00::1', 443, true), refused);
  guard.check('203.0.113.1', 443, true);
});

t.test('of a name those addresses are dialled that may be, and none if none may', async (t) => {
  const mixed = guardOf({ resolve: answers(['169.254.169.254', '10.0.0.1', '::1']) });
  t.strictSame(await resolved(mixed, true), [{ address: '10.0.0.1', family: 4 }]);
  t.equal(await resolved(mixed, false), '10.0.0.1');
  const bad = guardOf({ resolve: answers(['169.254.169.254']) });
  const message = /^server\.example resolves to 169\.254\.169\.254, which is a link-local address/;
  await t.rejects(resolved(bad, true), { ...refused, message });
  await t.rejects(resolved(bad, false), { ...refused, message });
  const api = guardOf({ resolve: answers(['10.96.0.1']), apiServerUrl: 'https://10.96.0.1:443' });
  await t.rejects(resolved(api, true, 443), refused);
  t.ok(await resolved(api, true, 80));
});

t.test('the answer of the moment counts: a name that leads elsewhere later is refused then', async (t) => {
  const server = createServer((_request, response) => {
    response.setHeader('connection', 'close').end('here');
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const log = createLogger({ level: 'error', format: 'text', write: () => undefined });
  const outlets = openOutlets({ allowLoopback: true, log });
  const guard = guardOf({ allowLoopback: true, resolve: answers(['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1']) });
  const pools = new Pools({ outlets: { ...outlets, guard } });
  t.teardown(() => Promise.all([pools.close(), outlets.close()]));
  const target = `server.example:${port}`;
  const get = () => pools.get(serverAt(target), target).request({ method: 'GET', path: '/' });
  t.equal(await (await get()).body.text(), 'here');
  await t.rejects(get(), { ...refused, message: /server\.example resolves to 169\.254\.169\.254/ });
  t.equal(await (await get()).body.text(), 'here');
});

t.test('an authority is taken apart, in whatever family', async (t) => {
  t.strictSame(hostAndPort('10.0.0.1:80'), { host: '10.0.0.1', port: 80 });
  t.strictSame(hostAndPort('[fd00::1]:443'), { host: 'fd00::1', port: 443 });
  t.strictSame(hostAndPort('a.shop.svc:8080'), { host: 'a.shop.svc', port: 8080 });
});
