import t from 'tap';
import { FinishedTasks } from '../../../gateway/agents/finished-tasks.ts';

t.test('an answer is kept as a task that is over', async (t) => {
  const tasks = new FinishedTasks();
  const { taskId, status } = tasks.add({ content: [] });
  t.equal(status, 'completed');
  t.match(tasks.get({ taskId }), { taskId, status: 'completed' });
  t.match(tasks.result({ taskId }), { content: [], _meta: { 'io.modelcontextprotocol/related-task': { taskId } } });
  t.equal(tasks.add({ isError: true, content: [] })['status'], 'failed');
  t.equal(tasks.get({ taskId: 'another' }), undefined);
});

t.test('the oldest answers go when there are too many, or too much of them', async (t) => {
  for (const [what, size] of [
    ['many', 1],
    ['much', 1024 * 1024],
  ] as const) {
    const tasks = new FinishedTasks();
    const answer = { content: [{ type: 'text', text: 'x'.repeat(size) }] };
    const { taskId: first } = tasks.add(answer);
    for (let count = 0; count < 1100 / Math.min(size, 50); count++) tasks.add(answer);
    const { taskId: last } = tasks.add(answer);
    t.equal(tasks.get({ taskId: first }), undefined, `too ${what}`);
    t.ok(tasks.get({ taskId: last }), 'the newest is there');
  }
});
