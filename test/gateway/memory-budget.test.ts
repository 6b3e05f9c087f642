import t from 'tap';
import { BudgetShare, MemoryBudget } from '../../gateway/memory-budget.ts';

t.test('shares grow as long as the budget allows, and give back what they no longer hold', async (t) => {
  const budget = new MemoryBudget(100);
  const [one, two] = [new BudgetShare(budget), new BudgetShare(budget)];
  t.ok(one.hold(60));
  t.ok(one.hold(70));
  t.notOk(two.hold(31));
  t.ok(two.hold(30));
  t.notOk(one.hold(71), 'and stays at what it had');
  t.ok(one.hold(10));
  t.ok(two.hold(90));
  t.ok(two.hold(0));
  t.ok(one.hold(100));
});
