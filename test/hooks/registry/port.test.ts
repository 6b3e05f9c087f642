import t from 'tap';
import { Fault } from '../../../hooks/registry/fault.ts';
import { choosePort, schemeOf } from '../../../hooks/registry/port.ts';
import type { ServicePort } from '../../../hooks/registry/service.ts';
import { service } from '../support/objects.ts';

function chosen(ports: readonly ServicePort[], declared?: string, spec: object = {}): number | string {
  const port = choosePort(service('weather', { spec: { ports, ...spec } }), declared);
  return port instanceof Fault ? port.reason : port.port;
}

const http = { name: 'http', port: 80 };
const mcp = { name: 'mcp', port: 81 };
const spoken = { name: 'rpc', port: 82, appProtocol: 'mcp' };
const udp = { name: 'dns', port: 53, protocol: 'UDP' };

t.test('the declared port is found by name, then by number', async (t) => {
  t.equal(chosen([http, mcp], 'http'), 80);
  t.equal(chosen([http, mcp], '80'), 80);
  t.equal(chosen([{ name: '80', port: 1 }, http], '80'), 1);
  t.equal(chosen([http, mcp], '82'), 'NoSuchPort');
});

t.test('else the port named mcp, else the one whose appProtocol is mcp, else the only one', async (t) => {
  t.equal(chosen([http, spoken, mcp]), 81);
  t.equal(chosen([http, spoken]), 82);
  t.equal(chosen([http]), 80);
  t.equal(chosen([{ port: 3000 }]), 3000);
});

t.test('several candidates are ambiguous, none is no port', async (t) => {
  t.equal(chosen([http, { name: 'web', port: 8080 }]), 'AmbiguousPort');
  t.equal(chosen([http, spoken, { ...spoken, name: 'rpc2', port: 83 }]), 'AmbiguousPort');
  t.equal(chosen([]), 'NoPort');
});

t.test('only TCP counts', async (t) => {
  t.equal(chosen([udp, http]), 80);
  t.equal(chosen([udp]), 'NoPort');
  t.equal(chosen([udp, http], 'dns'), 'NoSuchPort');
  t.equal(chosen([{ ...udp, name: 'mcp' }, http]), 80);
});

t.test('an ExternalName Service without ports takes a declared number', async (t) => {
  const external = { type: 'ExternalName', externalName: 'a.example.com' };
  t.equal(chosen([], '8443', external), 8443);
  t.equal(chosen([], '70000', external), 'NoSuchPort');
  t.equal(chosen([], 'mcp', external), 'NoSuchPort');
  t.equal(chosen([], undefined, external), 'NoPort');
  t.equal(chosen([http], '8443', external), 'NoSuchPort', 'ports that are there are not overruled');
});

t.test('a port speaks HTTPS if its appProtocol says so, unless the Service declares another scheme', async (t) => {
  const secure = { port: 443, appProtocol: 'https' };
  t.equal(schemeOf(secure, undefined), 'https');
  t.equal(schemeOf({ ...secure, appProtocol: 'HTTPS' }, undefined), 'https');
  t.equal(schemeOf(secure, 'http'), 'http');
  t.equal(schemeOf({ port: 443 }, undefined), 'http', 'a number says nothing');
  t.equal(schemeOf({ port: 80, appProtocol: 'http' }, 'https'), 'https');
});
