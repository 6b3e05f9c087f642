import t from 'tap';
import { SessionSlots } from '../../../gateway/call/session-slots.ts';
import { numberedSessions } from '../../support/numbered-sessions.ts';
import { knownServer, type KnownServer } from '../../support/routed.ts';

const identity = { protocolVersion: '2025-11-25', clientInfo: { name: 'test', version: '1' }, capabilities: {} };

async function openedSlot(sessions: ReturnType<typeof numberedSessions>, server: KnownServer) {
  const slots = new SessionSlots(sessions.opener, identity);
  const slot = slots.slot(server);
  const opening = slot.get(server);
  sessions.letOpen();
  return { slots, slot, session: await opening };
}

t.test('all that need a session at once share one opening', async (t) => {
  const sessions = numberedSessions();
  const server = knownServer('cart', {});
  const slot = new SessionSlots(sessions.opener, identity).slot(server);
  const [first, second] = [slot.get(server), slot.get(server)];
  sessions.letOpen();
  const [one, two] = [await first, await second];
  t.equal(one, two);
  t.equal(sessions.opened(), 1);
  t.equal(slot.get(server), one);
});

t.test('a session that was lost is opened anew once, however many lost it', async (t) => {
  const sessions = numberedSessions();
  const server = knownServer('cart', {});
  const { slot, session } = await openedSlot(sessions, server);
  slot.lost(session);
  const next = slot.get(server);
  sessions.letOpen();
  t.equal((await next).id, '2');
  // Another call learns late that the first is lost.
  slot.lost(session);
  t.equal((await slot.get(server)).id, '2');
});

t.test('a session whose address has left the registry is not used any more', async (t) => {
  const sessions = numberedSessions('10.0.0.9:8080');
  const server = knownServer('cart', {}, { targets: ['10.0.0.9:8080'] });
  const { slot } = await openedSlot(sessions, server);
  t.equal((await slot.get(server)).id, '1');
  const moved = knownServer('cart', {}, { targets: ['10.0.0.2:8080'] });
  slot.enter();
  t.ok(slot.get(moved) instanceof Promise);
  t.strictSame(sessions.ended, ['1'], 'and is ended');
});

t.test('a session whose address has left is not ended under a call that runs in it', async (t) => {
  const sessions = numberedSessions('10.0.0.9:8080');
  const { slot } = await openedSlot(sessions, knownServer('cart', {}, { targets: ['10.0.0.9:8080'] }));
  slot.enter();
  slot.enter();
  void slot.get(knownServer('cart', {}, { targets: ['10.0.0.2:8080'] }));
  t.strictSame(sessions.ended, []);
});

t.test('nor by what the gateway asks beside that call, for which another session is opened', async (t) => {
  const sessions = numberedSessions('10.0.0.9:8080');
  const { slot } = await openedSlot(sessions, knownServer('cart', {}, { targets: ['10.0.0.9:8080'] }));
  slot.enter();
  const asking = slot.ask(knownServer('cart', {}, { targets: ['10.0.0.2:8080'] }), 'tasks/list', {});
  sessions.letOpen();
  await asking;
  t.equal(slot.current?.id, '2');
  t.strictSame(sessions.ended, []);
});

t.test('a session ends with the last call in it when its server leaves', async (t) => {
  const sessions = numberedSessions();
  const server = knownServer('cart', {});
  const { slots, slot } = await openedSlot(sessions, server);
  slot.enter();
  slot.enter();
  slots.retain(new Set());
  slot.leave();
  t.strictSame(sessions.ended, []);
  slot.leave();
  t.strictSame(sessions.ended, ['1']);
});

t.test('a session without a call ends at once when its server leaves, and stays while it is there', async (t) => {
  const sessions = numberedSessions();
  const server = knownServer('cart', {});
  const { slots } = await openedSlot(sessions, server);
  slots.retain(new Set([server.upstream]));
  t.strictSame(sessions.ended, []);
  slots.retain(new Set());
  t.strictSame(sessions.ended, ['1']);
});

t.test('a session that opens when nobody wants it any more is ended', async (t) => {
  const sessions = numberedSessions();
  const server = knownServer('cart', {});
  const slots = new SessionSlots(sessions.opener, identity);
  const opening = slots.slot(server).get(server);
  await slots.close();
  sessions.letOpen();
  await opening;
  t.strictSame(sessions.ended, ['1']);
});

t.test('a Service that was made anew under its name does not inherit a session', async (t) => {
  const sessions = numberedSessions();
  const { slots, slot } = await openedSlot(sessions, knownServer('cart', {}));
  t.not(slots.slot(knownServer('cart', {})), slot);
});
