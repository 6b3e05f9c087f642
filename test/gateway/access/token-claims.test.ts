import t from 'tap';
import { unverifiedClaims, userOf } from '../../../gateway/access/token-claims.ts';

const names = { userClaim: 'sub', groupsClaim: 'groups', scopesClaim: 'scope' };
const claims = { iss: 'https://issuer.example.com', sub: 'ada' };

t.test('a user is told from others by issuer and subject, whatever it is called', async (t) => {
  const user = userOf({ ...claims, email: 'ada@example.com' }, { ...names, userClaim: 'email' });
  t.match(user, { id: '["jwt","https://issuer.example.com","ada"]', method: 'jwt', name: 'ada@example.com' });
  t.equal(user.issuer, claims.iss);
});

t.test('groups and scopes are a list or a text', async (t) => {
  const of = (more: Record<string, unknown>, changes = {}) => {
    const { groups, scopes } = userOf({ ...claims, ...more }, { ...names, ...changes });
    return { groups, scopes };
  };
  t.strictSame(of({}), { groups: [], scopes: [] });
  t.strictSame(of({ groups: ['a', 1, 'b'], scope: 'x  y' }), { groups: ['a', 'b'], scopes: ['x', 'y'] });
  t.strictSame(of({ groups: 'a b', scope: ['x', 'y'] }), { groups: ['a b'], scopes: ['x', 'y'] });
  t.strictSame(of({ scp: ['x'] }).scopes, ['x']);
  t.strictSame(of({ scp: 'x y' }).scopes, ['x', 'y']);
  t.strictSame(of({ scp: 'x', scope: 'y' }).scopes, ['y']);
  t.strictSame(of({ scp: 'x' }, { scopesClaim: 'permissions' }).scopes, []);
  t.strictSame(of({ roles: ['r'] }, { groupsClaim: 'roles' }).groups, ['r']);
});

t.test('a name that is missing, or is no text, is refused; what all objects have is no claim', async (t) => {
  for (const userClaim of ['email', 'toString', '__proto__', 'number']) {
    t.throws(() => userOf({ ...claims, number: 1 }, { ...names, userClaim }), { message: /has no claim/ }, userClaim);
  }
});

t.test('what is no token says nothing', async (t) => {
  t.equal(unverifiedClaims('a.b.c'), undefined);
  t.equal(unverifiedClaims('e30.W10.e30'), undefined);
  t.strictSame(unverifiedClaims('e30.e30.e30'), {});
  t.equal(unverifiedClaims(`e30.e30.${'x'.repeat(20_000)}`), undefined);
});
