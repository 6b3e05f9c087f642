import t from 'tap';
import { externalNamePatternFault, readExternalName } from '../../../hooks/registry/external-name.ts';
import { Fault } from '../../../hooks/registry/fault.ts';

function hostOf(name: string, patterns: readonly string[], allowLoopback = false): string {
  const host = readExternalName(name, { patterns, allowLoopback, ownHost: 'main-mcp.tools' });
  return host instanceof Fault ? host.reason : host;
}

t.test('a name is allowed by itself, by its domain at any depth, or by "*"', async (t) => {
  t.equal(hostOf('api.example.com', ['api.example.com']), 'api.example.com');
  t.equal(hostOf('api.example.com', ['*.example.com']), 'api.example.com');
  t.equal(hostOf('a.b.example.com', ['*.example.com']), 'a.b.example.com');
  t.equal(hostOf('api.example.com', ['*']), 'api.example.com');
  t.equal(hostOf('API.Example.com.', ['api.EXAMPLE.com']), 'api.example.com');
});

t.test('what no pattern covers is not allowed', async (t) => {
  t.equal(hostOf('example.com', ['*.example.com']), 'ExternalNameNotAllowed');
  t.equal(hostOf('evilexample.com', ['*.example.com']), 'ExternalNameNotAllowed');
  t.equal(hostOf('api.example.com.evil.test', ['api.example.com', '*.example.com']), 'ExternalNameNotAllowed');
  t.equal(hostOf('api.example.com', []), 'ExternalNameNotAllowed');
  t.equal(hostOf('', ['*.example.com']), 'ExternalNameNotAllowed');
});

t.test('an address is allowed only by itself, in whatever spelling', async (t) => {
  for (const address of ['10.0.0.1', '10.1', '0x0A000001', '167772161', 'fd00::1']) {
    t.equal(hostOf(address, ['*', '*.254', '*.1']), 'ExternalNameNotAllowed', address);
    t.equal(hostOf(address, [address]), address.toLowerCase());
  }
});

t.test('the machine itself is allowed in local mode only, whatever the patterns', async (t) => {
  for (const name of [
    'localhost',
    'LOCALHOST.',
    'a.localhost',
    '127.0.0.1',
    '127.1',
    '127.9.9.9',
    '0',
    '0.0.0.0',
    '::1',
    '::',
  ]) {
    t.equal(hostOf(name, ['*', name]), 'ExternalNameNotAllowed', name);
    t.equal(hostOf(name, [], true), name.toLowerCase().replace(/\.$/, ''), name);
  }
});

t.test('an address that no server has is never allowed, in whatever spelling', async (t) => {
  for (const address of [
    '169.254.169.254',
    '0xA9FEA9FE',
    '2852039166',
    '169.254.43518',
    'fe80::1',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    'fd00:ec2::254',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
  ]) {
    for (const allowLoopback of [true, false]) {
      t.equal(hostOf(address, ['*', address], allowLoopback), 'ExternalNameNotAllowed', address);
    }
  }
  const policy = { patterns: ['169.254.169.254'], allowLoopback: false, ownHost: 'main-mcp.tools' };
  t.match(readExternalName('169.254.169.254', policy), {
    message: /link-local address.*metadata service.*never calls/,
  });
});

t.test('the machine itself is told in IPv6 as in IPv4', async (t) => {
  for (const address of ['::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1', '0:0:0:0:0:0:0:1']) {
    t.equal(hostOf(address, ['*', address]), 'ExternalNameNotAllowed', address);
    t.equal(hostOf(address, [], true), address);
  }
});

t.test("the gateway's own Service is no upstream of it", async (t) => {
  for (const name of ['main-mcp.tools', 'main-mcp.tools.svc', 'MAIN-MCP.tools.svc.cluster.local.']) {
    t.equal(hostOf(name, ['*']), 'BelongsToGateway', name);
  }
  t.equal(hostOf('main-mcp.toolshed', ['*']), 'main-mcp.toolshed');
});

t.test('patterns that mean nothing are told', async (t) => {
  for (const pattern of ['a.example.com', '*.example.com', '*', '10.0.0.1', 'fd00::1', 'A.b']) {
    t.equal(externalNamePatternFault(pattern, 'spec.externalNames[0]'), undefined, pattern);
  }
  for (const pattern of ['*example.com', 'a.*.com', '*.', '**', 'http://a', 'a b', '']) {
    t.equal(
      externalNamePatternFault(pattern, 'spec.externalNames[3]'),
      `spec.externalNames[3]: ${JSON.stringify(pattern)} is not a host name, "*." and a domain, or "*".`,
    );
  }
});
