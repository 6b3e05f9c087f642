import t from 'tap';
import { parseReport } from '../../../gateway/contract/report.ts';
import { report, serviceReport } from '../../hooks/support/gateway-sync.ts';

const good = report(
  'r1',
  [
    serviceReport('a', { protocol: 'mcp', era: 'modern', message: 'Slow.' }),
    serviceReport('b', { protocol: 'a2a', skillCount: 0 }),
  ],
  {
    tls: { error: 'Broken.' },
    access: { error: 'No keys.' },
    cas: { error: 'None.' },
    credentials: { error: 'None.' },
  },
);

t.test('a report reads back as it was written', async (t) => {
  t.strictSame(parseReport(JSON.stringify(good)), good);
  t.strictSame(parseReport(JSON.stringify(report(null))), report(null));
});

t.test('fields that a later build added do not matter', async (t) => {
  t.ok(parseReport(JSON.stringify({ ...good, addedLater: 1 })));
});

t.test('what is not a report is none', async (t) => {
  const [service] = good.services;
  for (const value of [
    null,
    [],
    {},
    { ...good, formatVersion: 2 },
    { ...good, gateway: {} },
    { ...good, registry: {} },
    { ...good, cas: { error: 1 } },
    { ...good, credentials: 'None.' },
    { ...good, services: {} },
    { ...good, services: [{ ...service, state: 'Fine' }] },
    { ...good, services: [{ ...service, toolCount: -1 }] },
    { ...good, services: [{ ...service, protocol: 'auto' }] },
    { ...good, services: [{ ...service, skillCount: -1 }] },
    { ...good, services: [{ ...service, skillCount: null }] },
    { ...good, services: [{ ...service, message: 'm'.repeat(3_000) }] },
  ]) {
    t.equal(parseReport(JSON.stringify(value)), undefined, JSON.stringify(value).slice(0, 100));
  }
  for (const text of ['', '<html>', '{"formatVersion":1']) t.equal(parseReport(text), undefined, text);
});
