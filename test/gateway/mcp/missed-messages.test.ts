import t from 'tap';
import { MissedMessages } from '../../../gateway/mcp/missed-messages.ts';
import { MemoryBudget } from '../../../gateway/memory-budget.ts';

const message = (name: string, size = 1): Buffer => Buffer.from(name.padEnd(size, '.'));
const names = (missed: MissedMessages): string[] =>
  [...missed.take()].map((each) => each.toString().replace(/\.+$/, ''));

t.test('what a client missed is told in order, the same thing once, and then no more', async (t) => {
  const missed = new MissedMessages(new MemoryBudget(0));
  const twice = message('twice');
  for (const each of [twice, message('once'), twice]) missed.add(each);
  t.strictSame(names(missed), ['twice', 'once']);
  t.strictSame(names(missed), []);
});

t.test('the newest stay where there are too many', async (t) => {
  const missed = new MissedMessages(new MemoryBudget(0));
  for (let index = 0; index < 70; index++) missed.add(message(`${index}`));
  t.strictSame(
    names(missed),
    Array.from({ length: 64 }, (_, index) => `${index + 6}`),
  );
});

t.test('the newest stay where they are too large, and what is too large alone does not', async (t) => {
  const missed = new MissedMessages(new MemoryBudget(10_000_000));
  for (const name of ['a', 'b', 'c']) missed.add(message(name, 400_000));
  t.strictSame(names(missed), ['b', 'c']);
  missed.add(message('far too large', 2_000_000));
  t.strictSame(names(missed), []);
});

t.test('all sessions together keep no more than their budget has', async (t) => {
  const budget = new MemoryBudget(1000);
  const [one, other] = [new MissedMessages(budget), new MissedMessages(budget)];
  one.add(message('one', 800));
  other.add(message('other', 800));
  other.add(message('small'));
  t.strictSame(names(other), ['small']);
  t.strictSame(names(one), ['one']);
  other.add(message('later', 800));
  t.strictSame(names(other), ['later']);
  t.equal(budget.take(1000), true, 'all is given back');
});
