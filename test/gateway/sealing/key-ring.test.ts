import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { createLogger } from '../../../gateway/log.ts';
import { folderKeyRing, type KeyRing } from '../../../gateway/sealing/key-ring.ts';
import { Sealer } from '../../../gateway/sealing/sealer.ts';
import { SecretFolder } from '../../support/secret-folder.ts';
import { until } from '../../support/until.ts';

function ring(t: Test, folder: SecretFolder): { keys: KeyRing; sealer: Sealer; lines: string[] } {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', format: 'json', write: (line) => lines.push(line) });
  const keys = folderKeyRing(folder.path, log, { recheckMs: 20 });
  t.teardown(() => {
    keys.close();
    folder.remove();
  });
  return { keys, sealer: new Sealer(keys), lines };
}

const [first, second] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];

t.test('processes with the same Secret open what the others sealed', (t) => {
  const folder = new SecretFolder();
  folder.write({ '1': first });
  const [one, other] = [ring(t, folder), ring(t, folder)];
  t.equal(other.sealer.open('state', '', one.sealer.seal('state', '', 'x')), 'x');
  t.end();
});

t.test('the last key by name seals; the others still open, until they are taken away', async (t) => {
  const folder = new SecretFolder();
  folder.write({ '1': first });
  const { keys, sealer } = ring(t, folder);
  const old = sealer.seal('state', '', 'x');
  const { id } = keys.newest;
  folder.write({ '1': first, '2': second });
  await until('the second key', () => !keys.newest.id.equals(id));
  t.equal(sealer.open('state', '', old), 'x');
  folder.write({ '2': second });
  await until('the first key to be gone', () => keys.find(id) === undefined);
  t.equal(sealer.open('state', '', old), undefined);
});

t.test('without a Secret a key of the process holds, and what it sealed stays good when one comes', async (t) => {
  const folder = new SecretFolder();
  const { keys, sealer } = ring(t, folder);
  const sealed = sealer.seal('state', '', 'x');
  const { id } = keys.newest;
  folder.write({ '1': first });
  await until('the key of the Secret', () => !keys.newest.id.equals(id));
  t.equal(sealer.open('state', '', sealed), 'x');
});

t.test('a word that is no key is named and not used', (t) => {
  const folder = new SecretFolder();
  folder.write({ word: 'hunter2', '1': first });
  const { lines } = ring(t, folder);
  t.match(lines.join(), /The key word has 7 bytes and is not used. Expected at least 32 random bytes/);
  t.notMatch(lines.join(), 'hunter2');
  t.end();
});
