import fc from 'fast-check';
import t from 'tap';
import { readConsent } from '../../../hooks/registry/consent.ts';
import { Fault } from '../../../hooks/registry/fault.ts';
import { gateway, service } from '../support/objects.ts';
import { registryOf } from '../support/registry.ts';

const main = { namespace: 'tools', name: 'main' };
const consentOf = (gateways: string) => readConsent(service('weather', { annotations: { gateways } }), main);

t.test('a Service that says nothing may be taken up by every Gateway', async (t) => {
  t.equal(readConsent(service('weather'), main), true);
});

t.test('a Service is taken up by the Gateways that a pattern of it fits', async (t) => {
  for (const [gateways, isTaken] of Object.entries({
    'tools/main': true,
    'tools/*': true,
    '*/main': true,
    '*/*': true,
    'to*/ma*n': true,
    '*o*l*/*ai*': true,
    'other/main, tools/main': true,
    ' other/main ,\n tools/m* ': true,
    'tools/other': false,
    'other/main': false,
    'tool/main': false,
    'tools/mai': false,
    'tools/mainly': false,
    'tools/main*n': false,
    'ols/*': false,
    'too*ols/main': false,
  })) {
    t.equal(consentOf(gateways), isTaken, gateways);
  }
});

t.test('a value that is no list of Gateways lets none take the Service up', async (t) => {
  for (const gateways of [
    '',
    ' ',
    ',',
    'tools',
    'tools/',
    '/main',
    'tools/main,',
    'tools/main;tools/other',
    'tools/main/x',
    'Tools/main',
    'tools/ma in',
    'tools/main?',
    '*',
    `tools/${'m'.repeat(64)}`,
    Array.from({ length: 300 }, () => 'tools/main').join(),
  ]) {
    const found = consentOf(gateways);
    t.ok(found instanceof Fault && found.reason === 'InvalidGateways', gateways.slice(0, 40));
  }
});

t.test('a star stands for any characters of one name', async () => {
  const name = fc.stringMatching(/^[a-z]{1,6}$/);
  const pattern = fc.stringMatching(/^[a-c*]{1,6}$/);
  fc.assert(
    fc.property(pattern, fc.stringMatching(/^[a-c]{1,6}$/), name, (wanted, namespace, other) => {
      const expected = new RegExp(`^${wanted.replaceAll('*', '[^/]*')}$`).test(namespace);
      const found = readConsent(service('a', { annotations: { gateways: `${wanted}/${other}` } }), {
        namespace,
        name: other,
      });
      return found === expected;
    }),
    { numRuns: 2000 },
  );
});

t.test('a Gateway that may not take a Service up does not list it, neither as served nor as rejected', async (t) => {
  const closed = service('closed', { annotations: { gateways: 'other/*', type: 'robot' } });
  const open = service('open', { annotations: { gateways: 'tools/*' } });
  const wrong = service('wrong', { annotations: { gateways: 'main' } });
  const { services, rejected } = registryOf([closed, open, wrong], { gateway: gateway() });
  t.strictSame(
    services.map(({ name }) => name),
    ['open'],
  );
  t.match(rejected, [{ name: 'wrong', reason: 'InvalidGateways', message: /is "main": it must be/ }]);
  t.equal(rejected.length, 1);
});
