import { getEventListeners } from 'node:events';
import t from 'tap';
import { Deadline } from '../../../gateway/upstream/deadline.ts';
import { until } from '../../support/until.ts';

t.test('its signal is aborted when the time is over', async (t) => {
  const deadline = new Deadline(1);
  t.equal(deadline.signal.aborted, false);
  await until('the end of the time', () => deadline.signal.aborted);
  t.equal(deadline.isOver, true);
  t.match(deadline.signal.reason, { name: 'TimeoutError' });
});

t.test('it is aborted with another, and that is not the end of its time', async (t) => {
  const outer = new AbortController();
  const deadline = new Deadline(60_000, outer.signal);
  outer.abort(new Error('given up'));
  t.equal(deadline.signal.aborted, true);
  t.equal(deadline.isOver, false);
  t.match(deadline.signal.reason, { message: 'given up' });
  t.equal(new Deadline(60_000, outer.signal).signal.aborted, true, 'one that is aborted already, too');
});

t.test('when the work has ended nothing is left of it', async (t) => {
  const outer = new AbortController();
  const deadline = new Deadline(1, outer.signal);
  t.equal(getEventListeners(outer.signal, 'abort').length, 1);
  deadline.end();
  t.equal(getEventListeners(outer.signal, 'abort').length, 0);
  const later = new Deadline(5);
  await until('a later one', () => later.isOver);
  t.equal(deadline.isOver, false);
});

t.test('what has no time any more still ends with the other', async (t) => {
  const outer = new AbortController();
  const deadline = new Deadline(1, outer.signal);
  deadline.lift();
  const later = new Deadline(5);
  await until('a later one', () => later.isOver);
  t.equal(deadline.signal.aborted, false);
  outer.abort();
  t.equal(deadline.signal.aborted, true);
});
