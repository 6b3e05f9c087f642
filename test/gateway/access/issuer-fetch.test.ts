import t from 'tap';
import { refusalOf } from '../../../gateway/access/issuer-fetch.ts';

type Allowance = 'always' | 'private' | 'loopback' | 'never';

const table: readonly (readonly [address: string, allowed: Allowance])[] = [
  ['203.0.113.7', 'always'],
  ['2606:4700::1', 'always'],
  ['10.1.2.3', 'private'],
  ['172.16.0.1', 'private'],
  ['172.32.0.1', 'always'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['fd12::1', 'private'],
  ['::ffff:10.1.2.3', 'private'],
  ['127.0.0.1', 'loopback'],
  ['127.9.9.9', 'loopback'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['169.254.169.254', 'never'],
  ['::ffff:169.254.169.254', 'never'],
  ['fd00:ec2::254', 'never'],
  ['100.100.100.200', 'never'],
  ['fe80::1', 'never'],
  ['0.0.0.0', 'never'],
  ['::', 'never'],
  ['224.0.0.1', 'never'],
  ['255.255.255.255', 'never'],
  ['ff02::1', 'never'],
];

t.test('an issuer may be at some addresses', async (t) => {
  for (const [address, allowed] of table) {
    const isAllowed = (allowsPrivate: boolean, allowsLoopback: boolean): boolean =>
      refusalOf(address, { allowsPrivate, allowsLoopback }) === undefined;
    const found = [isAllowed(false, false), isAllowed(false, true), isAllowed(true, false), isAllowed(true, true)];
    const expected = {
      always: [true, true, true, true],
      private: [false, false, true, true],
      loopback: [false, false, false, true],
      never: [false, false, false, false],
    }[allowed];
    t.strictSame(found, expected, address);
  }
});
