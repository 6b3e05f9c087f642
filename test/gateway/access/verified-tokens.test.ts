import t from 'tap';
import { ANONYMOUS } from '../../../gateway/access/principal.ts';
import { VerifiedTokens } from '../../../gateway/access/verified-tokens.ts';

const owner = {};
const verified = (until = 100, of = owner) => ({ owner: of, principal: ANONYMOUS, until, paths: undefined });

t.test('a token is known until its time', async (t) => {
  const tokens = new VerifiedTokens();
  tokens.add('a', verified(100));
  t.ok(tokens.find('a', 99));
  t.notOk(tokens.find('a', 100));
  t.equal(tokens.size, 0);
});

t.test('no more are kept than may be, by count and by length', async (t) => {
  const tokens = new VerifiedTokens({ count: 3, characters: 10 });
  for (const token of ['a', 'b', 'c', 'd']) tokens.add(token, verified());
  t.notOk(tokens.find('a', 0));
  t.ok(tokens.find('d', 0));
  tokens.add('eight888', verified());
  t.strictSame(
    ['b', 'c', 'd', 'eight888'].filter((token) => tokens.find(token, 0)),
    ['c', 'd', 'eight888'],
  );
  tokens.add('longer than all', verified());
  t.equal(tokens.size, 0);
  tokens.add('x', verified());
  tokens.add('x', verified());
  t.equal(tokens.size, 1);
});

t.test("one method's are forgotten, and no other's", async (t) => {
  const tokens = new VerifiedTokens();
  tokens.add('a', verified());
  tokens.add('b', verified(100, {}));
  tokens.forget(owner);
  t.notOk(tokens.find('a', 0));
  t.ok(tokens.find('b', 0));
});

t.test('what a connection brought last is forgotten with the rest', async (t) => {
  const tokens = new VerifiedTokens();
  const connection = {};
  tokens.add('a', verified(100));
  tokens.add('b', verified(100, {}));
  t.ok(tokens.find('a', 0, connection));
  t.ok(tokens.find('a', 0, connection));
  t.notOk(tokens.find('a', 100, connection));
  tokens.add('a', verified(100));
  t.ok(tokens.find('a', 0, connection));
  tokens.forget(owner);
  t.notOk(tokens.find('a', 0, connection));
  t.ok(tokens.find('b', 0, connection), 'another that it brings counts');
});
