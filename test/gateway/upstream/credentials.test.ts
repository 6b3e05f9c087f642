import t, { type Test } from 'tap';
import { createLogger } from '../../../gateway/log.ts';
import { Credentials } from '../../../gateway/upstream/credentials.ts';
import { SecretFolder } from '../../support/secret-folder.ts';
import { until } from '../../support/until.ts';

function mounted(t: Test, files: Readonly<Record<string, string>>) {
  const folder = new SecretFolder();
  folder.write(files);
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', format: 'text', write: (line) => lines.push(line) });
  const credentials = new Credentials({ folder: folder.path, log, watch: { debounceMs: 1, recheckMs: 20 } });
  t.teardown(() => {
    credentials.close();
    folder.remove();
  });
  return { folder, credentials, lines };
}

t.test('each file is the credential of one Service', async (t) => {
  const { credentials } = mounted(t, { 'shop.stock': 'bearer: one', 'shop.dice': 'bearer: two' });
  t.match(credentials.of('shop/stock'), { credential: { headers: ['authorization', 'Bearer one'] } });
  t.match(credentials.of('shop/dice'), { credential: { headers: ['authorization', 'Bearer two'] } });
  t.equal(credentials.of('other/stock'), undefined);
  t.equal(credentials.problem, undefined);
});

t.test('a changed file counts at once, and who is told hears of that Service alone', async (t) => {
  const { folder, credentials } = mounted(t, { 'shop.stock': 'bearer: one', 'shop.dice': 'bearer: two' });
  const told: string[] = [];
  credentials.onChange((keys) => told.push(...keys));
  const before = credentials.of('shop/dice');
  folder.write({ 'shop.stock': 'bearer: three', 'shop.dice': 'bearer: two' });
  await until('the change', () => told.length > 0);
  t.strictSame(told, ['shop/stock']);
  t.match(credentials.of('shop/stock'), { credential: { headers: ['authorization', 'Bearer three'] } });
  t.equal(credentials.of('shop/dice'), before, 'the same object');
});

t.test('what is taken out of the Secret is shown no more', async (t) => {
  const { folder, credentials } = mounted(t, { 'shop.stock': 'bearer: one', 'shop.dice': 'bearer: two' });
  folder.write({ 'shop.dice': 'bearer: two' });
  await until('the end of it', () => credentials.of('shop/stock') === undefined);
  t.ok(credentials.of('shop/dice'));
});

t.test(
  'a broken file leaves the last good one, or nothing to send with, and says so without its content',
  async (t) => {
    const { folder, credentials, lines } = mounted(t, { 'shop.stock': 'bearer: good', 'shop.dice': 'bearer: "s3cr3t' });
    t.match(credentials.of('shop/dice'), {
      credential: undefined,
      problem:
        /^The credential shop\.dice in the Secret of credentialsSecretRef cannot be used, so nothing is sent.*is not YAML/,
    });
    folder.write({ 'shop.stock': 'bearer: "s3cr3t and more"', 'shop.dice': 'bearer: better' });
    await until('the change', () => credentials.of('shop/dice')?.problem === undefined);
    t.match(credentials.of('shop/dice'), { credential: { headers: ['authorization', 'Bearer better'] } });
    t.match(credentials.of('shop/stock'), {
      credential: { headers: ['authorization', 'Bearer good'] },
      problem: /the last good one stays in use.*bearer has another form/,
    });
    t.notMatch(lines.join('\n'), /s3cr3t|good"|better/);
  },
);

t.test('files that are of no Service, and a folder without any, are told', async (t) => {
  const { folder, credentials } = mounted(t, { 'shop.stock': 'bearer: one', stock: 'bearer: two', 'a.b.c': 'x' });
  t.match(
    credentials.problem,
    /^2 credentials are of no Service, such as "a\.b\.c", "stock"\. Expected keys <namespace>\.<service>/,
  );
  folder.write({ 'shop.stock': 'bearer: one' });
  folder.remove();
  await until('an empty folder', () => credentials.problem?.startsWith('There are no credentials'));
});

t.test('credentials for Services that the registry does not have are told in the report, and not logged', async (t) => {
  const { credentials, lines } = mounted(t, { 'shop.stock': 'bearer: one', 'shop.dcie': 'bearer: two' });
  const [stock, dice] = [
    { namespace: 'shop', name: 'stock' },
    { namespace: 'shop', name: 'dice' },
  ];
  t.equal(
    credentials.unused([stock, dice]),
    'A credential is for no Service of this Gateway, such as "shop.dcie". Is the key misspelt, or the Service not selected?',
  );
  t.match(
    credentials.unused([]),
    /^2 credentials are for no Service of this Gateway, such as "shop\.dcie", "shop\.stock"\./,
  );
  t.equal(credentials.unused([stock, { namespace: 'shop', name: 'dcie' }, dice]), undefined);
  t.notMatch(lines.join('\n'), 'dcie');
});
