import t from 'tap';
import type { LogFormat, LogLevel } from '../../gateway/contract/variables.ts';
import { createLogger, type Logger } from '../../gateway/log.ts';

function recording(level: LogLevel, format: LogFormat): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  return { log: createLogger({ level, format, write: (line) => lines.push(line) }), lines };
}

t.test('a JSON line has level, time, message and the fields', async (t) => {
  const { log, lines } = recording('info', 'json');
  log.info('Registry taken.', { services: 3 });
  t.match(JSON.parse(lines[0] ?? ''), {
    level: 'info',
    time: /^\d{4}-\d\d-\d\dT.*Z$/,
    message: 'Registry taken.',
    services: 3,
  });
});

t.test('lines below the level are not written, and debugEnabled says so', async (t) => {
  const quiet = recording('info', 'json');
  quiet.log.debug('unseen');
  t.equal(quiet.log.debugEnabled, false);
  t.equal(quiet.lines.length, 0);
  const loud = recording('debug', 'json');
  loud.log.debug('seen');
  t.equal(loud.log.debugEnabled, true);
  t.equal(loud.lines.length, 1);
});

t.test("a child's lines carry its fields", async (t) => {
  const { log, lines } = recording('info', 'json');
  log.child({ server: 'shop/cart' }).warn('Slow.', { ms: 12 });
  t.match(JSON.parse(lines[0] ?? ''), { level: 'warn', server: 'shop/cart', ms: 12 });
});

t.test('secrets are blotted out, also one object deep and in a child', async (t) => {
  const { log, lines } = recording('info', 'json');
  log.info('Request.', { authorization: 'Bearer s3cret', headers: { cookie: 's3cret', 'mcp-session-id': 's3cret' } });
  log.child({ sessionId: 's3cret' }).info('Session.', { upstream: { token: 's3cret' } });
  t.equal(lines.length, 2);
  t.notMatch(lines.join(''), /s3cret/);
});

t.test('an error is written with its causes', async (t) => {
  const { log, lines } = recording('info', 'json');
  log.error('Failed.', { error: new Error('no list', { cause: new Error('refused') }) });
  t.match(JSON.parse(lines[0] ?? ''), { error: { message: 'no list', cause: { message: 'refused' } } });
});

t.test('a text line is one that a person reads', async (t) => {
  const { log, lines } = recording('info', 'text');
  log.info('Serving.', { url: 'http://127.0.0.1:8080/mcp', reason: 'two words' });
  t.match(
    lines[0],
    /^\d\d:\d\d:\d\d\.\d{3} INFO {2}Serving\. url=http:\/\/127\.0\.0\.1:8080\/mcp reason="two words"\n$/,
  );
});

t.test('text of others can neither forge a line nor drive the terminal', async (t) => {
  const { log, lines } = recording('info', 'text');
  log.warn('Server said: hi\n00:00:00.000 INFO  forged', { note: '\u001b[2J\u009b', 'na\nme': 1 });
  t.equal(lines.length, 1);
  t.equal(lines[0]?.indexOf('\n'), (lines[0]?.length ?? 0) - 1);
  // oxlint-disable-next-line no-control-regex
  t.notMatch(lines[0], /[\u001b\u009b]/);
});

t.test("an error's text line has its message, and its stack on lines of their own", async (t) => {
  const { log, lines } = recording('info', 'text');
  log.warn('Retrying.', { error: new Error('refused') });
  log.error('Failed.', { error: new Error('no list', { cause: new Error('reset') }) });
  t.match(lines[0], /error=refused\n$/);
  t.match(lines[1], /error="no list: reset"\n {4}at /);
});
