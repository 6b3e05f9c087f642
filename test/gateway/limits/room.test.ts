import t from 'tap';
import { LimitError } from '../../../gateway/limits/limit-error.ts';
import { Limits } from '../../../gateway/limits/limits.ts';
import { RoomShare, type Room } from '../../../gateway/limits/room.ts';
import { principal } from '../../support/principal.ts';

const ada = principal('ada');
const bob = principal('bob');
const full = { type: 'overloaded', status: 503, message: 'There is no more.', headers: { 'retry-after': '3' } };

/** A room with ten places. */
function roomOf(tellsApart: boolean, total = 10): { readonly limits: Limits; readonly room: Room } {
  const limits = new Limits(16);
  limits.take(undefined, tellsApart);
  const says = (held: number, most: number): string => `You have ${held} of ${most}`;
  const room = limits.room({ limit: 'sessionsPerPrincipal', total, says, full: full.message, retryMs: 3000 });
  return { limits, room };
}

t.test('where callers are told apart one has a half, and is told so; another has the rest', async (t) => {
  const { limits, room } = roomOf(true);
  for (let i = 0; i < 5; i++) t.equal(room.take(ada), undefined);
  t.ok(room.isFullFor(ada));
  const refusal = room.take(ada);
  t.ok(refusal instanceof LimitError);
  t.match(refusal, {
    type: 'concurrency_limited',
    status: 429,
    code: -32010,
    message: 'You have 5 of 5; try again in 3 s.',
    data: { limit: 'sessionsPerPrincipal', retryAfterSeconds: 3 },
    headers: { 'retry-after': '3' },
  });
  t.equal(limits.refusals.sessionsPerPrincipal, 1);
  t.notOk(room.isFullFor(bob));
  for (let i = 0; i < 5; i++) t.equal(room.take(bob), undefined);
  t.match(room.take(principal('eve')), full, 'one who has nothing is told that there is no more');
  room.give(ada);
  t.equal(room.take(ada), undefined);
});

t.test('where they are not, one has all', async (t) => {
  const { limits, room } = roomOf(false);
  t.equal(room.take(ada, 10), undefined);
  t.ok(room.isFullFor(ada));
  t.match(room.take(ada), full);
  t.equal(limits.refusals.sessionsPerPrincipal, 0);
});

t.test('a registry that tells callers apart holds for what is taken from then on', async (t) => {
  const { limits, room } = roomOf(false);
  room.take(ada, 6);
  limits.take(undefined, true);
  t.ok(room.take(ada) instanceof LimitError);
  t.equal(room.of(ada), 6);
  t.equal(room.take(bob, 4), undefined);
  limits.take(undefined, false);
  room.give(bob, 4);
  t.equal(room.take(ada, 4), undefined);
});

t.test('of one place each may have it: a half is no prohibition', async (t) => {
  t.equal(roomOf(true, 1).room.take(ada), undefined);
});

t.test('what one thing holds grows and shrinks, and what is refused is not taken', async (t) => {
  const { room } = roomOf(true);
  const [one, two] = [new RoomShare(room, ada), new RoomShare(room, ada)];
  t.equal(one.hold(2), undefined);
  t.equal(one.hold(3), undefined);
  t.ok(two.hold(3) instanceof LimitError);
  t.equal(two.hold(2), undefined);
  t.ok(one.hold(4) instanceof LimitError);
  t.equal(room.of(ada), 5);
  t.equal(one.hold(0), undefined);
  t.equal(two.hold(0), undefined);
  t.equal(room.of(ada), 0);
  t.equal(room.taken, 0);
});
