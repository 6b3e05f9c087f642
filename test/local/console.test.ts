import t from 'tap';
import { table, wrap } from '../../local/console.ts';

t.test('a table lines its columns up and wraps the last one', async (t) => {
  const text = table(
    ['SERVICE', 'STATE', 'TOOLS'],
    [
      ['a/b', 'available', 'one  two  three  four  five  six  seven'],
      ['longer/name', 'pending', ''],
    ],
    40,
  );
  t.same(
    text.split('\n').map((line) => line.trimEnd()),
    [
      'SERVICE      STATE      TOOLS',
      'a/b          available  one  two  three  four  five',
      ' '.repeat(24) + 'six  seven',
      'longer/name  pending',
    ],
  );
});

t.test('a word that is longer than a line stands alone', async (t) => {
  t.same(wrap('a b  c', 3), ['a b', 'c']);
  t.same(wrap('a incomprehensibilities b', 8), ['a', 'incomprehensibilities', 'b']);
});
