import t from 'tap';
import { Audit } from '../../../gateway/audit/audit.ts';
import type { AuditRecord } from '../../../gateway/audit/audit-line.ts';
import type { AuditPolicy } from '../../../gateway/contract/access-policy.ts';
import type { LogFormat } from '../../../gateway/contract/variables.ts';
import { principal } from '../../support/principal.ts';

const record: AuditRecord = {
  principal: principal('ada'),
  address: undefined,
  method: 'tools/call',
  path: '/mcp',
  server: undefined,
  subject: { kind: 'tool', name: 'get \u001b[2J\nprice' },
  why: undefined,
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
  const lines: string[] = [];
  const room = { lines: Infinity };
  const write = (line: string): boolean => lines.length < room.lines && lines.push(line) > 0;
  const audit = new Audit({ format, write });
  audit.take(policy);
  return { audit, lines, room };
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

t.test('as text a line begins as those of the log do, and is one line', async (t) => {
  const { audit, lines } = recording({ mode: 'All', arguments: false }, 'text');
  audit.write(record);
  t.match(lines[0], /^\d\d:\d\d:\d\d\.\d{3} AUDIT tools\/call: allow outcome=ok status=200 path=\/mcp principal=ada /);
  t.match(lines[0], /^[ -~]+\n$/);
});

t.test('what there is no room for is counted, and a line says so when there is room again', async (t) => {
  const { audit, lines, room } = recording({ mode: 'All', arguments: false });
  room.lines = 1;
  for (let i = 0; i < 4; i++) audit.write(record);
  t.equal(audit.dropped, 3);
  room.lines = Infinity;
  audit.write(record);
  t.equal(lines.length, 3);
  t.match(JSON.parse(lines[1] ?? ''), {
    level: 'warn',
    audit: true,
    dropped: 3,
    message: /3 audit lines were dropped/,
  });
  audit.close();
  t.equal(lines.length, 3, 'once');
  room.lines = 3;
  audit.write(record);
  room.lines = Infinity;
  audit.close();
  t.match(JSON.parse(lines[3] ?? ''), { dropped: 1 });
});
