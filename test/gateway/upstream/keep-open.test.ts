import t from 'tap';
import { setTimeout as delay } from 'node:timers/promises';
import { keepOpen } from '../../../gateway/upstream/keep-open.ts';

t.test('a side that wants no time to itself keeps nobody busy', async (t) => {
  const end = new AbortController();
  let opened = 0;
  const open = async (): Promise<boolean> => {
    opened++;
    return true;
  };
  const kept = keepOpen(end.signal, open, { waitMs: () => 0 });
  await delay(300);
  end.abort();
  await kept;
  t.ok(opened > 1 && opened < 10, `${opened} times`);
});
