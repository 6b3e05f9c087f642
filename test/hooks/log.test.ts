import t from 'tap';
import { createLogger } from '../../hooks/log.ts';

function lines(format: 'json' | 'text', level: 'debug' | 'info' | 'warn' = 'info') {
  const written: string[] = [];
  return { written, logger: createLogger({ level, format, write: (line) => written.push(line) }) };
}

t.test('JSON lines hold level, time, message and fields', async (t) => {
  const { written, logger } = lines('json');
  logger.info('Listening.', { port: 8080 });
  t.match(JSON.parse(written[0] ?? ''), { level: 'info', time: /^\d{4}-.*Z$/, message: 'Listening.', port: 8080 });
  t.ok(written[0]?.endsWith('}\n'));
});

t.test('text lines are for a person, and nobody else can forge or colour one', async (t) => {
  const { written, logger } = lines('text');
  logger.warn('Refused.\n12:00 INFO all is well\u001b[31m', { name: 'a\nb' });
  t.match(written[0], /^\d\d:\d\d:\d\d\.\d{3} WARN {2}Refused\. 12:00 INFO all is well \[31m name="a\\nb"\n$/);
});

t.test('what is below the level is not written', async (t) => {
  const { written, logger } = lines('json', 'warn');
  logger.debug('a');
  logger.info('b');
  logger.warn('c');
  logger.error('d');
  t.equal(written.length, 2);
});

t.test('an error is written with its stack and its causes', async (t) => {
  const { written, logger } = lines('json');
  logger.error('It failed.', { error: new Error('outer', { cause: new Error('inner') }) });
  t.match(JSON.parse(written[0] ?? ''), { error: /^Error: outer\n[^]*caused by: Error: inner\n/ });
});
