import { principal } from '../../support/principal.ts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { ExclusiveSlots, type ExclusiveSlot } from '../../../gateway/call/exclusive-slots.ts';
import type { Declaration } from '../../../gateway/call/park-declaration.ts';
import type { SessionStream, StreamOwner } from '../../../gateway/call/session-stream.ts';
import type { SessionIdentity, SessionOpener, UpstreamSession } from '../../../gateway/call/upstream-session.ts';
import { readMessage } from '../../../gateway/jsonrpc/message.ts';
import { knownServer } from '../../support/routed.ts';
import { until } from '../../support/until.ts';
import { testPools } from '../../support/outlets.ts';

const target = '127.0.0.1:9';
const identity = { protocolVersion: '2025-11-25', clientInfo: { name: 'gateway', version: '1' }, capabilities: {} };
const declares = (capabilities: Record<string, unknown>, logLevel?: Declaration['logLevel']): Declaration => ({
  capabilities,
  canBeAsked: true,
  key: JSON.stringify(capabilities),
  logLevel,
});
const roots = readMessage(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"roots/list"}'));

/** A session is given to nobody before what its server said has been read. */
async function rest(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await nextTurn();
}

/** Sessions that are opened at once, and what was done with them. */
function noted(idleMs?: number) {
  const opened: { readonly session: UpstreamSession; readonly identity: SessionIdentity }[] = [];
  const streams = new Map<UpstreamSession, { readonly owner: StreamOwner; isBroken: boolean }>();
  const ended: UpstreamSession[] = [];
  const requests: unknown[] = [];
  const opener: SessionOpener = {
    open: async (_server, declared) => {
      const session = { target, id: `s${opened.length + 1}`, protocolVersion: '2025-11-25' };
      opened.push({ session, identity: declared });
      return session;
    },
    isKnown: async () => true,
    request: async (_server, _session, method, params) => void requests.push([method, params]),
    listen: (_server, session, owner) => {
      const stream = { owner, isBroken: false, opened: Promise.resolve(), close: () => undefined };
      streams.set(session, stream);
      return stream as unknown as SessionStream;
    },
    end: async (_server, session) => void ended.push(session),
  };
  const server = knownServer('cart', { capabilities: { tools: {}, logging: {} } }, { targets: [target] });
  const slots = new ExclusiveSlots({ opener, pools: testPools(), identity, ...(idleMs !== undefined && { idleMs }) });
  const use = async (slot: ExclusiveSlot, isWell = true): Promise<UpstreamSession> => {
    slot.enter();
    const session = await slot.get(server);
    if (isWell) slot.finished();
    slot.leave();
    await rest();
    return session;
  };
  return { slots, server, opened, streams, ended, requests, use };
}

const ada = principal('ada');
const eve = principal('eve');

t.test('a session is used again by who is the same and declares the same', async (t) => {
  const { slots, server, use, opened } = noted();
  const first = await use(slots.take(server, ada, declares({ sampling: {} })));
  t.equal(await use(slots.take(server, ada, declares({ sampling: {} }))), first);
  t.not(await use(slots.take(server, eve, declares({ sampling: {} }))), first);
  t.not(await use(slots.take(server, ada, declares({ roots: {} }))), first);
  const another = knownServer('other', {}, { targets: [target] });
  const slot = slots.take(another, ada, declares({ sampling: {} }));
  t.not(await slot.get(another), first);
  t.strictSame(
    opened.map(({ identity: { capabilities } }) => capabilities),
    [{ sampling: {} }, { sampling: {} }, { roots: {} }, { sampling: {} }],
  );
});

t.test('a session in which a call did not end well is ended', async (t) => {
  const { slots, server, use, ended } = noted();
  const first = await use(slots.take(server, ada, declares({})), false);
  await until('the end of the session', () => ended.includes(first));
  t.not(await use(slots.take(server, ada, declares({}))), first);
});

t.test('a session is ended whose server has asked for roots, which it may keep', async (t) => {
  const { slots, server, use, streams, ended } = noted();
  const first = await use(slots.take(server, ada, declares({ roots: {} })));
  streams.get(first)?.owner.message(roots);
  t.not(await use(slots.take(server, ada, declares({ roots: {} }))), first);
  await until('the end of the session', () => ended.includes(first));
});

t.test('a session whose stream has broken is not used again', async (t) => {
  const { slots, server, use, streams } = noted();
  const first = await use(slots.take(server, ada, declares({})));
  const stream = streams.get(first);
  if (stream !== undefined) stream.isBroken = true;
  t.not(await use(slots.take(server, ada, declares({}))), first);
});

t.test('idle sessions are few, and end after a while', async (t) => {
  const { slots, server, ended } = noted(50);
  const taken = Array.from({ length: 18 }, () => slots.take(server, ada, declares({})));
  for (const slot of taken) {
    slot.enter();
    await slot.get(server);
    slot.finished();
  }
  for (const slot of taken) slot.leave();
  await rest();
  t.strictSame(slots.counts, { idle: 16, used: 0 });
  await until('the end of all', () => ended.length === 18, { state: () => ended });
  t.strictSame(slots.counts, { idle: 0, used: 0 });
});

t.test('idle sessions with one server are bounded, whatever is declared', async (t) => {
  const { slots, server, use, ended } = noted();
  for (let i = 0; i < 70; i++) await use(slots.take(server, principal(`client ${i}`), declares({})));
  t.equal(slots.counts.idle, 64);
  await until('the end of the oldest', () => ended.length === 6);
  t.strictSame(
    ended.map(({ id }) => id),
    ['s1', 's2', 's3', 's4', 's5', 's6'],
  );
});

t.test('the server is told the log level when it is another', async (t) => {
  const { slots, server, use, requests } = noted();
  for (const level of ['error', 'error', 'debug', undefined, 'debug'] as const)
    await use(slots.take(server, ada, declares({}, level)));
  t.strictSame(
    requests,
    ['error', 'debug'].map((level) => ['logging/setLevel', { level }]),
  );
});

t.test('sessions with a server that has left end, those in use after their call', async (t) => {
  const { slots, server, use, ended } = noted();
  const [idle, running] = [slots.take(server, ada, declares({})), slots.take(server, ada, declares({}))];
  running.enter();
  const used = await running.get(server);
  const left = await use(idle);
  slots.retain(new Set());
  await until('the end of the idle one', () => ended.includes(left));
  t.notOk(ended.includes(used));
  running.finished();
  running.leave();
  await until('the end of the other', () => ended.includes(used));
  await rest();
  t.strictSame(slots.counts, { idle: 0, used: 0 });
});

t.test('at the end all of them end', async (t) => {
  const { slots, server, use, ended } = noted();
  await use(slots.take(server, ada, declares({})));
  const running = slots.take(server, eve, declares({}));
  running.enter();
  await running.get(server);
  await slots.close();
  t.equal(ended.length, 2);
});

t.test('whatever is taken and left in whichever order, no session is in two hands', async (t) => {
  const step = fc.record({
    isTake: fc.boolean(),
    which: fc.nat(9),
    isWell: fc.boolean(),
    who: fc.constantFrom('ada', 'eve'),
    what: fc.constantFrom<Record<string, unknown>>({}, { sampling: {} }),
  });
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
    const { slots, server } = noted();
    const held: { readonly slot: ExclusiveSlot; readonly session: UpstreamSession; readonly whose: string }[] = [];
    const owners = new Map<UpstreamSession, string>();
    for (const { isTake, which, isWell, who, what } of steps) {
      if (isTake) {
        const slot = slots.take(server, principal(who), declares(what));
        slot.enter();
        const session = await slot.get(server);
        const whose = `${who} ${JSON.stringify(what)}`;
        if (held.some((other) => other.session === session)) return false;
        if ((owners.get(session) ?? whose) !== whose) return false;
        owners.set(session, whose);
        held.push({ slot, session, whose });
      } else {
        const [left] = held.splice(which % Math.max(held.length, 1), 1);
        if (isWell) left?.slot.finished();
        left?.slot.leave();
        // Now and then the next comes before it has rested.
        if (which < 5) await rest();
      }
    }
    await rest();
    const { used } = slots.counts;
    await slots.close();
    return used === held.length;
  });
  await t.resolves(fc.assert(property));
});

t.test('what a server says of a call is heard by no other, though it comes behind the answer', async (t) => {
  const { slots, server, streams } = noted();
  const first = slots.take(server, ada, declares({}));
  first.enter();
  const session = await first.get(server);
  first.finished();
  first.leave();
  const heard: unknown[] = [];
  const next = slots.take(server, ada, declares({}));
  next.enter();
  next.hear({ heard: (_session, message) => void heard.push(message.method) });
  const late = readMessage(Buffer.from('{"jsonrpc":"2.0","method":"notifications/message","params":{}}'));
  streams.get(session)?.owner.message(late);
  t.not(await next.get(server), session);
  t.strictSame(heard, []);
});
