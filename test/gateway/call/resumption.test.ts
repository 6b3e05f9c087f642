import t from 'tap';
import { Resumption } from '../../../gateway/call/resumption.ts';
import { until } from '../../support/until.ts';

const point = { lastEventId: 'e1', retryMs: 1 };

t.test('the rest is asked for behind the last event, when the server wants to', async (t) => {
  const asked: string[] = [];
  const resumption = new Resumption((lastEventId) => void asked.push(lastEventId));
  const began = performance.now();
  t.equal(resumption.takeUp({ ...point, retryMs: 100 }), true);
  await until('the request', () => asked.length > 0);
  t.strictSame(asked, ['e1']);
  t.ok(performance.now() - began > 95);
});

t.test('a server that gives nothing is asked three times, one that gives something again and again', async (t) => {
  const resumption = new Resumption(() => undefined);
  const taken = (): boolean[] => Array.from({ length: 4 }, () => resumption.takeUp(point));
  t.strictSame(taken(), [true, true, true, false]);
  resumption.progressed();
  t.strictSame(taken(), [true, true, true, false]);
  resumption.end();
});

t.test('what nobody wants any more is not asked for', async (t) => {
  const asked: string[] = [];
  const ended = new Resumption(() => void asked.push('ended'));
  const later = new Resumption(() => void asked.push('later'));
  ended.takeUp(point);
  ended.end();
  later.takeUp(point);
  await until('the later request', () => asked.includes('later'));
  t.strictSame(asked, ['later']);
});
