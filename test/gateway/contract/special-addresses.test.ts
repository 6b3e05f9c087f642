import { test } from 'tap';
import {
  isPrivateAddress,
  isSameAddress,
  specialAddress,
  type SpecialAddress,
} from '../../../gateway/contract/special-addresses.ts';

const special: Readonly<Record<SpecialAddress, readonly string[]>> = {
  loopback: [
    '127.0.0.1',
    '127.255.255.254',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::127.0.0.1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::',
  ],
  unspecified: ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0', '64:ff9b::'],
  'link-local': [
    '169.254.169.254',
    '169.254.0.1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
  ],
  multicast: ['224.0.0.1', '239.255.255.250', 'ff02::1', '::ffff:224.0.0.1'],
  broadcast: ['255.255.255.255', '::ffff:255.255.255.255'],
  metadata: [
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    'fd00:ec2::254',
    'fd00:0ec2:0:0:0:0:0:254',
    'fd20:ce::254',
    '::ffff:100.100.100.200',
    '64:ff9b::6464:64c8',
  ],
};

for (const [kind, addresses] of Object.entries(special)) {
  test(`addresses are known to be ${kind} however they are written`, (t) => {
    for (const address of addresses) t.equal(specialAddress(address), kind, address);
    t.end();
  });
}

test('addresses of pods, Services and the internet are not special, nor is what is no address', (t) => {
  for (const address of [
    '10.0.0.1',
    '100.64.0.1',
    '100.100.100.201',
    '128.0.0.1',
    '169.253.255.255',
    '172.16.0.1',
    '192.168.1.1',
    '223.255.255.255',
    '240.0.0.1',
    '1.1.1.1',
    '2001:db8::1',
    'fd00::1',
    'fec0::1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1:2::a00:1',
    '::ffff:10.0.0.1',
    'localhost',
    'example.com',
    '',
  ]) {
    t.equal(specialAddress(address), undefined, address);
  }
  t.end();
});

test('private networks are told from public ones', (t) => {
  for (const address of ['10.1.2.3', '172.31.0.1', '192.168.0.1', '100.64.0.1', 'fd00::1', '::ffff:10.0.0.1']) {
    t.equal(isPrivateAddress(address), true, address);
  }
  for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2001:db8::1', 'example.com']) {
    t.equal(isPrivateAddress(address), false, address);
  }
  t.end();
});

test('an address is the same however it is written', (t) => {
  t.equal(isSameAddress('10.0.0.1', '::ffff:10.0.0.1'), true);
  t.equal(isSameAddress('fd00::1', 'fd00:0:0:0:0:0:0:1'), true);
  t.equal(isSameAddress('10.0.0.1', '10.0.0.2'), false);
  t.equal(isSameAddress('a.example', 'a.example'), true);
  t.end();
});
