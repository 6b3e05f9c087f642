import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';

const root = new URL('../../', import.meta.url).pathname;
const text = readFileSync(join(root, 'docs/security.md'), 'utf8');

/** The promises of docs/security.md, each with what it names as tests. */
function promises(): { readonly promise: string; readonly named: readonly string[] }[] {
  // The model is what promises are about, and what is not promised has no tests.
  const sections = text.split(/^## /m).slice(2, -1);
  const items = sections.flatMap((section) => section.split(/^(?=- |\*Not promised)/m));
  return items
    .filter((item) => item.startsWith('- '))
    .map((item) => {
      const [promise = '', tests = ''] = item.replaceAll(/\s+/g, ' ').split(' → ');
      return { promise, named: [...tests.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name) };
    });
}

t.test('each promise names tests, and each of them is there', async (t) => {
  const all = promises();
  t.ok(all.length > 25, `${all.length} promises`);
  for (const { promise, named } of all) {
    t.ok(named.length > 0, `it names a test: ${promise}`);
    let folder = '';
    for (const name of named) {
      // A name without a folder is in that of the one before.
      const path = name.includes('/') ? name : join(folder, name);
      folder = dirname(path);
      const whole = join(root, 'test', path);
      t.ok(path.includes('*') ? globSync(whole).length > 0 : existsSync(whole), `test/${path} is there: ${promise}`);
    }
  }
});

t.test('each attack names a test that is there', async (t) => {
  const attacks = (text.split('## Attacks')[1] ?? '').split('\n').filter((line) => /^\| [^-]/.test(line));
  t.ok(attacks.length > 15, `${attacks.length} lines`);
  for (const line of attacks.slice(1)) {
    const named = [...line.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, name = '']) => name);
    t.ok(named.length > 0, line);
    for (const name of named) t.ok(existsSync(join(root, 'test', name)), `test/${name} is there`);
  }
});

t.test('each part says what is not promised', async (t) => {
  const sections = text.split(/^## /m).slice(2, -1);
  for (const section of sections) t.match(section, /^\*Not promised\.\*/m, section.slice(0, 80));
});
