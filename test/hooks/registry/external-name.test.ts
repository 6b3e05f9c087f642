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
  for (const address of ['169.254.169.254', '10.1', '0xA9FEA9FE', '2852039166', 'fd00::1']) {
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
