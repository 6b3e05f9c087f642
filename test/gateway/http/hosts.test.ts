import t from 'tap';
import type { RegistryPolicy } from '../../../gateway/contract/registry-document.ts';
import { AllowedHosts, clusterDomainsOf, hostOf } from '../../../gateway/http/hosts.ts';
import { McpError } from '../../../gateway/mcp/errors.ts';

const policy: RegistryPolicy = {
  hosts: ['mcp.Example.com', 'dotted.example.com.', '2001:DB8::5', '198.51.100.7'],
  publicUrl: 'https://Public.example.org:8443/tools/',
};
const allowed = (policy?: RegistryPolicy): AllowedHosts =>
  new AllowedHosts({
    gateway: { namespace: 'tools', name: 'main' },
    clusterDomains: ['cluster.local', 'corp.example'],
    policy,
  });

/** What a check says: `allowed`, or the message. */
function verdict(hosts: AllowedHosts, host: string | undefined, origin?: string): string {
  try {
    hosts.check(host, origin);
    return 'allowed';
  } catch (error) {
    if (!(error instanceof McpError) || error.status !== 403) throw error;
    return error.message;
  }
}

const hostTable: readonly (readonly [host: string | undefined, isAllowed: boolean])[] = [
  ['localhost', true],
  ['localhost:8080', true],
  ['LOCALHOST:1', true],
  ['localhost.', true],
  ['127.0.0.1:8080', true],
  ['10.1.2.3', true],
  ['203.0.113.9:80', true],
  ['[::1]', true],
  ['[::1]:8080', true],
  ['[2001:db8::1]:443', true],
  ['main-mcp', true],
  ['main-mcp:8080', true],
  ['MAIN-MCP.Tools', true],
  ['main-mcp.tools.svc', true],
  ['main-mcp.tools.svc:8080', true],
  ['main-mcp.tools.svc.cluster.local', true],
  ['main-mcp.tools.svc.cluster.local.:8080', true],
  ['main-mcp.tools.svc.corp.example', true],
  ['mcp.example.com', true],
  ['MCP.EXAMPLE.COM.:443', true],
  ['dotted.example.com', true],
  ['public.example.org', true],
  ['public.example.org:8443', true],
  [undefined, false],
  ['', false],
  [':8080', false],
  ['evil.example.com', false],
  ['localhost.evil.example.com', false],
  ['evil-localhost', false],
  ['127.0.0.1.evil.example.com', false],
  ['127.0.0.1..', false],
  // What only looks like an address is looked up as a name by some.
  ['2130706433', false],
  ['0x7f.1', false],
  ['127.1', false],
  ['::1', false],
  ['[evil.example.com]', false],
  ['[::1]evil.example.com', false],
  ['other-mcp.tools', false],
  ['main-mcp.other', false],
  ['main-mcp.tools.svc.evil.example.com', false],
  ['sub.mcp.example.com', false],
  ['mcp.example.com:evil', false],
  ['mcp.example.com:80:80', false],
  ['mcp.example.com@evil.example.com', false],
  ['evil.example.com/mcp.example.com', false],
  ['mcp.example.com, evil.example.com', false],
  ['mcp.example.com..', false],
];

t.test('the header Host: addresses, localhost, the names of the Service, and what the Gateway allows', async (t) => {
  const hosts = allowed(policy);
  for (const [host, isAllowed] of hostTable) {
    // Twice: the second time some are remembered.
    for (const time of ['first', 'second']) {
      t.equal(verdict(hosts, host) === 'allowed', isAllowed, `${String(host)}, the ${time} time`);
    }
  }
});

const originTable: readonly (readonly [origin: string, isAllowed: boolean, host?: string])[] = [
  ['http://localhost:6274', true],
  ['https://localhost', true],
  ['http://127.0.0.1:6274', true],
  ['http://127.8.9.10', true],
  ['http://[::1]:6274', true],
  ['https://mcp.example.com', true],
  ['HTTPS://MCP.example.com:8443', true],
  ['https://public.example.org', true],
  ['http://main-mcp.tools.svc.cluster.local:8080', true],
  ['http://198.51.100.7:3000', true],
  ['http://[2001:db8::5]', true],
  // The gateway's own page, reached by its address.
  ['http://10.1.2.3:8080', true, '10.1.2.3:8080'],
  ['http://[fd00::1]:8080', true, '[fd00::1]:8080'],
  // A page that anyone may serve at an address of their own.
  ['http://10.1.2.3:8080', false],
  ['http://203.0.113.66', false, '10.1.2.3:8080'],
  ['http://[fd00::2]', false, '[fd00::1]:8080'],
  ['', false],
  ['null', false],
  ['https://evil.example.com', false],
  ['http://localhost.evil.example.com', false],
  ['https://sub.mcp.example.com', false],
  ['file://localhost', false],
  ['chrome-extension://localhost', false],
  ['ws://localhost', false],
  ['localhost', false],
  ['http://', false],
  ['http://localhost/', false],
  ['http://localhost@evil.example.com', false],
  ['http://evil.example.com#localhost', false],
  ['http://localhost, http://evil.example.com', false],
];

t.test('the header Origin: a page under one of these names, or at the very address', async (t) => {
  const hosts = allowed(policy);
  for (const [origin, isAllowed, host = 'localhost:8080'] of originTable) {
    for (const time of ['first', 'second']) {
      t.equal(verdict(hosts, host, origin) === 'allowed', isAllowed, `${origin} at ${host}, the ${time} time`);
    }
  }
  t.equal(verdict(hosts, 'evil.example.com', 'http://localhost') === 'allowed', false, 'Host counts all the same');
});

t.test('without a policy there are the names of the Service and localhost', async (t) => {
  const hosts = allowed();
  t.equal(verdict(hosts, 'main-mcp.tools'), 'allowed');
  t.equal(verdict(hosts, 'localhost', 'http://localhost:1'), 'allowed');
  t.not(verdict(hosts, 'mcp.example.com'), 'allowed');
  t.not(verdict(hosts, 'public.example.org'), 'allowed');
});

t.test('a refusal says what was found and what allows it', async (t) => {
  const hosts = allowed();
  const long = `${'a'.repeat(5000)}.example.com`;
  t.match(verdict(hosts, 'evil.example.com'), /Host says "evil\.example\.com"; .*spec\.hosts.* Gateway tools\/main/);
  t.match(verdict(hosts, 'localhost', 'null'), /Origin says "null"; .*spec\.hosts.* Gateway tools\/main/);
  t.match(verdict(hosts, undefined), /Host is missing/);
  t.ok(verdict(hosts, long).length < 500);
});

t.test('what is remembered is bounded, and stays right', async (t) => {
  const hosts = allowed(policy);
  const ports = Array.from({ length: 2000 }, (_, port) => port);
  const foreign = ports.filter((port) => verdict(hosts, `evil.example.com:${port}`) === 'allowed');
  const own = ports.filter((port) => verdict(hosts, `10.0.0.1:${port}`, `http://localhost:${port}`) !== 'allowed');
  t.strictSame([foreign, own], [[], []]);
});

t.test('cluster domains are those of the resolver, and the usual ones', async (t) => {
  const usual = ['cluster.local', 'clusterset.local'];
  t.strictSame(clusterDomainsOf(''), usual);
  t.strictSame(clusterDomainsOf('nameserver 10.0.0.10\nsearch example.com\noptions ndots:5\n'), usual);
  const pod = 'search tools.svc.k8s.corp svc.K8s.corp. k8s.corp\nnameserver 10.0.0.10\n';
  t.strictSame(clusterDomainsOf(pod), [...usual, 'k8s.corp']);
});

t.test('the host of a header', async (t) => {
  t.equal(hostOf('Example.COM:80'), 'example.com');
  t.equal(hostOf('[2001:DB8::1]:80'), '2001:db8::1');
  t.equal(hostOf('[127.0.0.1]'), undefined);
  t.equal(hostOf('a b'), undefined);
});
