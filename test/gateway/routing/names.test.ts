import fc from 'fast-check';
import t from 'tap';
import { exposedName, isCut, MAX_EXPOSED_NAME } from '../../../gateway/routing/names.ts';

t.test('a name is the prefix and the server’s own name', async (t) => {
  t.equal(exposedName('cart', 'add_item'), 'cart_add_item');
  t.notOk(isCut('cart', 'add_item'));
});

t.test('a name of 64 characters is left alone, one of 65 is cut to 64', async (t) => {
  const fits = 'x'.repeat(MAX_EXPOSED_NAME - 'cart_'.length);
  t.equal(exposedName('cart', fits), `cart_${fits}`);
  t.notOk(isCut('cart', fits));
  t.ok(isCut('cart', `${fits}x`));
  t.equal(exposedName('cart', `${fits}x`).length, MAX_EXPOSED_NAME);
});

t.test('a cut name is always the same, and differs where the names do only behind the cut', async (t) => {
  const long = 'read_the_'.repeat(9);
  t.equal(exposedName('cart', `${long}a`), 'cart_read_the_read_the_read_the_read_the_read_the_read__4c3e30e2');
  t.not(exposedName('cart', `${long}a`), exposedName('cart', `${long}b`));
  t.equal(exposedName('cart', `${long}a`).slice(0, 50), exposedName('cart', `${long}b`).slice(0, 50));
});

t.test('a prefix longer than the bound is cut as well', async (t) => {
  const prefix = `${'n'.repeat(63)}-${'s'.repeat(63)}`;
  t.equal(exposedName(prefix, 'a').length, MAX_EXPOSED_NAME);
  t.not(exposedName(prefix, 'a'), exposedName(prefix, 'b'));
});

t.test('a name of any characters survives the way to a client and back', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 40, maxLength: 80 }), (name) => {
      const exposed = exposedName('cart', name.toWellFormed());
      return Buffer.from(exposed).toString() === exposed && exposed.length <= MAX_EXPOSED_NAME;
    }),
  );
});
