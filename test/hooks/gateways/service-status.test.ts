import t from 'tap';
import type { ServiceReport } from '../../../gateway/contract/report.ts';
import type { RejectedService, ServiceEntry } from '../../../gateway/contract/registry-document.ts';
import { joinServices, LISTED_SERVICES, type ServiceStatus } from '../../../hooks/gateways/service-status.ts';
import { entry } from '../../support/registry-parts.ts';
import { report, serviceReport } from '../support/gateway-sync.ts';
import { deepFreeze } from '../support/objects.ts';

const NOW = '2026-06-01T12:00:00Z';
const BEFORE = '2026-05-01T00:00:00Z';

interface Case {
  readonly services?: readonly ServiceEntry[];
  readonly rejected?: readonly RejectedService[];
  readonly reports?: readonly (readonly ServiceReport[])[];
  readonly previous?: readonly ServiceStatus[];
  readonly totals?: { available: number; pending: number; unavailable: number };
}

function joined({ services = [], rejected = [], reports = [], previous = [], totals }: Case) {
  const gateway = { namespace: 'tools', name: 'main' };
  const document = { formatVersion: 1, gateway, revision: 'r', policy: { hosts: [] }, services, rejected, rules: [] };
  return joinServices(
    deepFreeze(document),
    deepFreeze(reports.map((services) => report('r', services))),
    { services: previous, ...(totals === undefined ? {} : { totals }) },
    NOW,
  );
}

/** The one Service of a join. */
function only(options: Case): ServiceStatus | undefined {
  return joined(options).listed[0];
}

function status(name: string, changes: Partial<ServiceStatus> = {}): ServiceStatus {
  const endpoint = `http://${name}.shop.svc:80/mcp`;
  return {
    namespace: 'shop',
    name,
    type: 'tool',
    endpoint,
    status: 'Available',
    toolCount: 3,
    lastUpdated: BEFORE,
    ...changes,
  };
}

t.test('a Service is what the replicas report', async (t) => {
  t.strictSame(only({ services: [entry('a')], reports: [[serviceReport('a')]] }), status('a', { lastUpdated: NOW }));
});

t.test('of replicas that disagree the worst counts', async (t) => {
  const down = serviceReport('a', { state: 'Unavailable', message: 'Refused.', toolCount: 1 });
  const waiting = serviceReport('a', { state: 'Pending', message: 'Not tried yet.', toolCount: 0 });
  const up = serviceReport('a');
  const services = [entry('a')];
  t.match(only({ services, reports: [[up], [down], [waiting]] }), {
    status: 'Unavailable',
    message: 'Refused.',
    toolCount: 3,
  });
  t.match(only({ services, reports: [[up], [waiting]] }), { status: 'Pending', message: 'Not tried yet.' });
});

t.test('of replicas that see other tools the one counts that does not see those that were approved', async (t) => {
  const [approved, found] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
  const services = [entry('a', { toolsDigest: approved })];
  const fine = serviceReport('a', { toolsDigest: approved });
  const changed = serviceReport('a', { toolsDigest: found, message: 'Its tools are not those.' });
  const unseen = serviceReport('a', { state: 'Pending' });
  for (const reports of [
    [[fine], [changed]],
    [[changed], [fine]],
    [[unseen], [fine], [changed]],
  ]) {
    t.match(only({ services, reports }), { toolsDigest: found });
  }
  t.match(only({ services, reports: [[fine], [changed]] }), { message: 'Its tools are not those.' });
  t.match(only({ services, reports: [[unseen], [fine]] }), { toolsDigest: approved });
  const previous = [status('a', { toolsDigest: found })];
  t.match(only({ services, previous }), { toolsDigest: found, lastUpdated: BEFORE }, 'what was known stays');
  t.match(only({ services, reports: [[fine]], previous }), { toolsDigest: approved, lastUpdated: NOW });
});

t.test('a message has room for two digests and a command', async (t) => {
  const message = 'x'.repeat(1024);
  t.match(only({ services: [entry('a')], reports: [[serviceReport('a', { message })]] }), { message });
});

t.test('what has nothing to call is pending, whatever was reported', async (t) => {
  const services = [entry('a', { targets: [], pending: 'Its only endpoint is not ready.' })];
  t.match(only({ services, reports: [[serviceReport('a')]] }), {
    status: 'Pending',
    message: 'Its only endpoint is not ready.',
    toolCount: 3,
  });
});

t.test('what is rejected is unavailable, and has no endpoint', async (t) => {
  const rejected = [{ namespace: 'shop', name: 'a', type: 'agent' as const, reason: 'NoPort', message: 'No port.' }];
  t.strictSame(only({ rejected }), {
    namespace: 'shop',
    name: 'a',
    type: 'agent',
    status: 'Unavailable',
    reason: 'NoPort',
    message: 'No port.',
    lastUpdated: NOW,
  });
});

t.test('without a report a Service keeps what it was', async (t) => {
  const previous = [status('a', { status: 'Unavailable', message: 'Refused.', toolCount: 7 })];
  t.strictSame(only({ services: [entry('a')], previous }), previous[0]);
});

t.test('a Service that was rejected until now has no state to keep', async (t) => {
  const { endpoint: _none, ...rest } = status('a', { status: 'Unavailable', reason: 'NoPort', message: 'No port.' });
  t.match(only({ services: [entry('a')], previous: [rest] }), {
    status: 'Pending',
    message: 'No replica of the gateway has reported on this Service yet.',
  });
});

t.test('what the replicas found a Service to speak is told, with the skills of its card', async (t) => {
  const services = [entry('a', { type: 'agent', protocol: 'a2a', path: '/' })];
  const reports = [[serviceReport('a', { protocol: 'a2a', toolCount: 3, skillCount: 2 })]];
  t.strictSame(
    only({ services, reports }),
    status('a', {
      type: 'agent',
      protocol: 'a2a',
      endpoint: 'http://a.shop.svc:80/',
      skillCount: 2,
      lastUpdated: NOW,
    }),
  );
});

t.test('a card without skills has 0, and what has no card has none', async (t) => {
  const services = [entry('a')];
  t.equal(only({ services, reports: [[serviceReport('a', { protocol: 'a2a', skillCount: 0 })]] })?.skillCount, 0);
  t.notOk('skillCount' in (only({ services, reports: [[serviceReport('a', { protocol: 'mcp' })]] }) ?? {}));
});

t.test('an agent that may speak either is called where it was found to speak', async (t) => {
  const services = [entry('a', { type: 'agent', protocol: 'auto', path: '/mcp/x' })];
  const endpoint = (reported: Partial<ServiceReport>) =>
    only({ services, reports: [[serviceReport('a', reported)]] })?.endpoint;
  t.equal(endpoint({ protocol: 'a2a' }), 'http://a.shop.svc:80/', 'its card is at the root');
  t.equal(endpoint({ protocol: 'mcp' }), 'http://a.shop.svc:80/mcp/x');
  t.equal(endpoint({}), 'http://a.shop.svc:80/mcp/x', 'nothing is known yet');
});

t.test('of replicas that found different protocols the worst one counts, if it found any', async (t) => {
  const services = [entry('a', { type: 'agent', protocol: 'auto' })];
  const up = serviceReport('a', { protocol: 'a2a', skillCount: 2 });
  const more = serviceReport('a', { protocol: 'a2a', skillCount: 5 });
  const down = serviceReport('a', { state: 'Unavailable', protocol: 'mcp' });
  const waiting = serviceReport('a', { state: 'Pending' });
  t.match(only({ services, reports: [[up], [down]] }), { protocol: 'mcp' });
  t.match(only({ services, reports: [[waiting], [up]] }), { status: 'Pending', protocol: 'a2a', skillCount: 2 });
  t.match(only({ services, reports: [[up], [more]] }), { protocol: 'a2a', skillCount: 5 });
});

t.test('without a report an agent keeps its protocol, its skills and where it is called', async (t) => {
  const endpoint = 'http://a.shop.svc:80/';
  const previous = [status('a', { type: 'agent', protocol: 'a2a', endpoint, skillCount: 2 })];
  t.strictSame(only({ services: [entry('a', { type: 'agent', protocol: 'auto' })], previous }), previous[0]);
});

t.test('lastUpdated moves only when something else of the Service does', async (t) => {
  const previous = [status('a')];
  const updated = (reported: Partial<ServiceReport>, changes: Partial<ServiceEntry> = {}) =>
    only({ services: [entry('a', changes)], reports: [[serviceReport('a', reported)]], previous })?.lastUpdated;
  t.equal(updated({}), BEFORE);
  t.equal(updated({ since: NOW, promptCount: 9 }), BEFORE, 'what status does not tell');
  t.equal(updated({ toolCount: 4 }), NOW);
  t.equal(updated({ skillCount: 1 }), NOW);
  t.equal(updated({ protocol: 'mcp' }), NOW);
  t.equal(updated({ state: 'Unavailable' }), NOW);
  t.equal(updated({ message: 'Two tools are left out.' }), NOW);
  t.equal(updated({}, { note: 'A clash.' }), NOW);
  t.equal(updated({}, { path: '/other' }), NOW);
});

t.test('the unhealthy come first, at most 200 are listed, and totals count all', async (t) => {
  const names = Array.from({ length: 250 }, (_, number) => `s${String(number).padStart(3, '0')}`);
  const services = names.map((name) => entry(name));
  const states = ['Available', 'Available', 'Available', 'Pending', 'Unavailable'] as const;
  const reports = [names.map((name, number) => serviceReport(name, { state: states[number % 5] ?? 'Available' }))];
  const { listed, totals } = joined({ services, reports });
  t.equal(listed.length, LISTED_SERVICES);
  t.strictSame(totals, { available: 150, pending: 50, unavailable: 50 });
  t.strictSame(
    [0, 49, 50, 99, 100, 199].map((index) => listed[index]?.status),
    ['Unavailable', 'Unavailable', 'Pending', 'Pending', 'Available', 'Available'],
  );
  const again = joined({ services, previous: listed, totals });
  t.strictSame(again, { listed, totals }, 'what was not listed was healthy, and stays so without a report');
});

t.test('a very long message is cut', async (t) => {
  const message = 'ä'.repeat(1_000);
  const found = only({ services: [entry('a')], reports: [[serviceReport('a', { message })]] });
  t.ok(Buffer.byteLength(found?.message ?? '') <= 1024);
  t.match(found?.message, /ä…$/);
});
