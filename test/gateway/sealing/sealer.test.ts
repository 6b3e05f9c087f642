import fc from 'fast-check';
import t from 'tap';
import { randomKeyRing } from '../../../gateway/sealing/key-ring.ts';
import { Sealer } from '../../../gateway/sealing/sealer.ts';

const sealer = new Sealer(randomKeyRing());

t.test('what was sealed opens for the same purpose and principal, and for no other', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (content, principal, other) => {
      const sealed = sealer.seal('task', principal, content);
      t.equal(sealer.open('task', principal, sealed), content);
      t.equal(sealer.open('state', principal, sealed), undefined);
      if (other !== principal) t.equal(sealer.open('task', other, sealed), undefined);
    }),
  );
  t.end();
});

t.test('a sealed text that was changed anywhere does not open', (t) => {
  const sealed = sealer.seal('state', 'someone', 'the state of a call');
  for (let at = 0; at < sealed.length; at++) {
    const letter = sealed[at] === 'A' ? 'B' : 'A';
    t.equal(sealer.open('state', 'someone', sealed.slice(0, at) + letter + sealed.slice(at + 1)), undefined);
    t.equal(sealer.open('state', 'someone', sealed.slice(0, at)), undefined);
  }
  t.equal(sealer.open('state', 'someone', `${sealed}A`), undefined);
  t.equal(sealer.open('state', 'someone', `${sealed}=`), undefined, 'nor does another spelling of it');
  t.end();
});

t.test('what is sealed cannot be read, fits a header, and is the same each time', (t) => {
  const sealed = sealer.seal('task', 'someone', 'task-4711');
  t.match(sealed, /^[A-Za-z0-9_-]+$/);
  t.notMatch(Buffer.from(sealed.slice(2), 'base64url').toString('latin1'), 'task-4711');
  t.equal(sealer.seal('task', 'someone', 'task-4711'), sealed);
  t.not(sealer.seal('task', 'another', 'task-4711'), sealed);
  t.end();
});

t.test('what another process sealed with its own key does not open', (t) => {
  t.equal(new Sealer(randomKeyRing()).open('task', 'someone', sealer.seal('task', 'someone', 'x')), undefined);
  t.end();
});
