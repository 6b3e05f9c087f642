import t from 'tap';
import { Audit } from '../../../gateway/audit/audit.ts';
import type { AuditRecord } from '../../../gateway/audit/audit-line.ts';
import type { AuditPolicy } from '../../../gateway/contract/access-policy.ts';
import type { LogFormat } from '../../../gateway/contract/variables.ts';
import { principal } from '../../support/principal.ts';
import { until } from '../../support/until.ts';

const record: AuditRecord = {
  time: 0,
  principal: principal('ada'),
  address: undefined,
  method: 'tools/call',
  path: '/mcp',
  server: undefined,
  item: { kind: 'tool', name: 'get \u001b[2J\nprice' },
  why: undefined,
  alsoDenied: [],
  outcome: 'ok',
  code: undefined,
  status: 200,
  seconds: 0.001,
  requestBytes: undefined,
  answerBytes: undefined,
  sessionId: undefined,
  traceId: undefined,
  arguments: undefined,
};

function recording(policy: AuditPolicy | undefined, format: LogFormat = 'json') {
  const writes: string[] = [];
  const room = { writes: Infinity };
  const write = (lines: string): boolean => writes.length < room.writes && writes.push(lines) > 0;
  const audit = new Audit({ format, write });
  audit.take(policy);
  return { audit, writes, room };
}

t.test('the mode says which requests have a line', async (t) => {
  for (const [mode, allowed, denied] of [
    ['None', false, false],
    ['Denied', false, true],
    ['All', true, true],
  ] as const) {
    const { audit } = recording({ mode, arguments: false });
    t.equal(audit.isOn, allowed || denied);
    t.equal(audit.wants(false), allowed);
    t.equal(audit.wants(true), denied);
  }
  t.equal(recording(undefined).audit.isOn, false);
});

t.test('arguments are shown where that is asked for, and lines are written at all', async (t) => {
  t.equal(recording({ mode: 'All', arguments: true }).audit.showsArguments, true);
  t.equal(recording({ mode: 'All', arguments: false }).audit.showsArguments, false);
  t.equal(recording({ mode: 'None', arguments: true }).audit.showsArguments, false);
});

t.test('lines are written together, soon, or when there are enough', async (t) => {
  const { audit, writes } = recording({ mode: 'All', arguments: false });
  for (let i = 0; i < 130; i++) audit.write(record);
  t.equal(writes.length, 1);
  await until('the others', () => writes.length === 2);
  t.equal(writes.join('').split('\n').length, 131);
});

t.test('as text a line begins as those of the log do, and is one line', async (t) => {
  const { audit, writes } = recording({ mode: 'All', arguments: false }, 'text');
  audit.write(record);
  audit.close();
  t.match(writes[0], /^\d\d:\d\d:\d\d\.\d{3} AUDIT tools\/call: allow outcome=ok status=200 path=\/mcp principal=ada /);
  t.match(writes[0], /^[ -~]+\n$/);
});

t.test('what there is no room for is counted, and a line says so when there is room again', async (t) => {
  const { audit, writes, room } = recording({ mode: 'All', arguments: false });
  const write = (): void => {
    audit.write(record);
    audit.close();
  };
  room.writes = 1;
  for (let i = 0; i < 4; i++) write();
  t.equal(audit.dropped, 3);
  room.writes = Infinity;
  write();
  t.equal(writes.length, 3);
  t.match(JSON.parse(writes[1] ?? ''), {
    level: 'warn',
    audit: true,
    dropped: 3,
    message: /3 audit lines were dropped/,
  });
  audit.close();
  t.equal(writes.length, 3, 'once');
  room.writes = 3;
  write();
  room.writes = Infinity;
  audit.close();
  t.match(JSON.parse(writes[3] ?? ''), { dropped: 1 });
});
