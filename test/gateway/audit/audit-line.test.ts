import fc from 'fast-check';
import t from 'tap';
import { auditLine, type AuditRecord, type Denial } from '../../../gateway/audit/audit-line.ts';
import { principal } from '../../support/principal.ts';
import { knownServer } from '../../support/routed.ts';

const nothing: AuditRecord = {
  time: Date.parse('2026-05-01T12:00:00.125Z'),
  principal: undefined,
  address: undefined,
  method: 'ping',
  path: '/mcp',
  server: undefined,
  item: undefined,
  why: undefined,
  alsoDenied: [],
  outcome: 'ok',
  code: undefined,
  status: 200,
  seconds: 0.0012345,
  requestBytes: undefined,
  answerBytes: undefined,
  sessionId: undefined,
  traceId: undefined,
  arguments: undefined,
};
const read = (changes: Partial<AuditRecord>): Record<string, unknown> =>
  JSON.parse(auditLine({ ...nothing, ...changes })) as Record<string, unknown>;

t.test('a line says who, what, where, and what came of it', async (t) => {
  const ada = principal('ada', { method: 'jwt', issuer: 'https://issuer.example' });
  const line = read({
    principal: ada,
    method: 'tools/call',
    server: knownServer('prices'),
    item: { kind: 'tool', name: 'get' },
    why: 'perTool',
    outcome: 'rate_limited',
    code: -32010,
    requestBytes: 120,
    answerBytes: 300,
    sessionId: '0123456789abcdef0123456789abcdef',
    traceId: 'a'.repeat(32),
    arguments: { text: '{"a":1}', isCut: false },
  });
  t.strictSame(line, {
    level: 'info',
    time: '2026-05-01T12:00:00.125Z',
    audit: true,
    decision: 'deny',
    why: 'perTool',
    outcome: 'rate_limited',
    code: -32010,
    status: 200,
    method: 'tools/call',
    path: '/mcp',
    principal: 'ada',
    auth: 'jwt',
    issuer: 'https://issuer.example',
    server: 'shop/prices',
    tool: 'get',
    durationMs: 1.23,
    requestBytes: 120,
    answerBytes: 300,
    session: '01234567',
    traceId: 'a'.repeat(32),
    arguments: { a: 1 },
  });
});

t.test('no text of a client’s makes a second line, another member, or a long one', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 600 }),
    fc.constantFrom('x","decision":"allow', 'x\n{"audit":true}', '\u001b[2J', 'a\u2028b', '\ud800'),
  );
  fc.assert(
    fc.property(text, text, text, text, (method, path, name, user) => {
      const line = auditLine({
        ...nothing,
        method,
        path,
        item: { kind: 'prompt', name },
        principal: principal(user),
        sessionId: name,
        why: 'rules',
      });
      const members = JSON.parse(line) as Record<string, unknown>;
      return (
        line.indexOf('\n') === line.length - 1 &&
        !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line.slice(0, -1)) &&
        line.length < 6000 &&
        members['decision'] === 'deny' &&
        (name.length > 256 || members['prompt'] === name.toWellFormed() || !name.isWellFormed())
      );
    }),
  );
});

t.test('a session id is never written in full, and a short one not at all', async (t) => {
  t.equal(read({ sessionId: 'f'.repeat(32) })['session'], 'ffffffff');
  t.equal(read({ sessionId: 'short' })['session'], undefined);
});

t.test('a URI is written without what it gives away', async (t) => {
  for (const [uri, written] of [
    ['file:///a/b.txt', 'file:///a/b.txt'],
    ['https://ada:hunter2@host/x?page=1', 'https://[redacted]@host/x?page=1'],
    ['https://host/x?page=1&access_token=hunter2&b=c', 'https://host/x?page=1&access_token=[redacted]&b=c'],
    ['https://host/x#token=hunter2', 'https://host/x#token=[redacted]'],
    ['https://host/x?X-Amz-Signature=hunter2', 'https://host/x?X-Amz-Signature=[redacted]'],
  ] as const) {
    t.equal(read({ item: { kind: 'resource', name: uri } })['resource'], written);
  }
});

t.test('arguments that were cut are a text of their beginning', async (t) => {
  const line = read({ arguments: { text: '{"a":"x', isCut: true } });
  t.equal(line['arguments'], undefined);
  t.equal(line['argumentsBegin'], '{"a":"x');
});

t.test('of many things that were denied some are written, and how many they were', (t) => {
  const denial = (name: string): Denial => ({
    why: 'rules',
    server: knownServer('prices'),
    item: { kind: 'resource', name },
  });
  const task: Denial = { why: 'task', server: undefined, item: undefined };
  const few = read({ ...denial('test://first'), alsoDenied: [denial(`test://${'x'.repeat(1000)}"}\n`), task] });
  t.match(few, {
    decision: 'deny',
    resource: 'test://first',
    alsoDenied: [{ why: 'rules', server: 'shop/prices', resource: /^test:\/\/x{249}…$/ }, { why: 'task' }],
  });
  t.equal(few['deniedCount'], undefined);
  const many = read({ ...denial('test://first'), alsoDenied: Array.from({ length: 1000 }, () => denial('test://x')) });
  t.equal((many['alsoDenied'] as unknown[]).length, 32);
  t.equal(many['deniedCount'], 1001);
  t.end();
});
