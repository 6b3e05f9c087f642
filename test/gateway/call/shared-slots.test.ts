import t from 'tap';
import { ANONYMOUS } from '../../../gateway/access/principal.ts';
import { SharedSlots } from '../../../gateway/call/shared-slots.ts';
import { numberedSessions } from '../../support/numbered-sessions.ts';
import { principal } from '../../support/principal.ts';
import { knownServer } from '../../support/routed.ts';
import { until } from '../../support/until.ts';

const identity = { protocolVersion: '2025-11-25', clientInfo: { name: 'test', version: '1' }, capabilities: {} };

t.test('modern clients share as many sessions as a server has replicas, in turn, and at most eight', async (t) => {
  for (const [replicas, expected] of [
    [1, 1],
    [3, 3],
    [20, 8],
  ] as const) {
    const targets = Array.from({ length: replicas }, (_, i) => `10.0.0.${i}:80`);
    const server = knownServer('cart', {}, { targets });
    const shared = new SharedSlots(numberedSessions().opener, identity);
    const slots = Array.from({ length: 40 }, () => shared.slot(server, ANONYMOUS));
    t.equal(new Set(slots).size, expected);
    t.equal(slots[0], slots[expected]);
    await shared.close();
  }
});

t.test('two principals never share a session, and one has the same again with each of its credentials', async (t) => {
  const server = knownServer('cart', {});
  const shared = new SharedSlots(numberedSessions().opener, identity);
  t.teardown(() => shared.close());
  const adas = shared.slot(server, principal('ada', { token: 'one' }));
  t.not(shared.slot(server, principal('eve')), adas);
  t.equal(shared.slot(server, principal('ada', { token: 'two' })), adas);
});

t.test('sessions that a principal does not use any more end, and others stay', async (t) => {
  const sessions = numberedSessions();
  const server = knownServer('cart', {});
  const shared = new SharedSlots(sessions.opener, identity, 1000);
  t.teardown(() => shared.close());
  const [ada, eve] = [principal('ada'), principal('eve')];
  for (const who of [ada, eve]) {
    const opening = shared.slot(server, who).get(server);
    sessions.letOpen();
    await opening;
  }
  await until(
    'the first session to end',
    () => {
      shared.slot(server, eve);
      return sessions.ended.length > 0;
    },
    { state: () => sessions.ended },
  );
  t.strictSame(sessions.ended, ['1']);
  t.equal(shared.countOf(server), 1);
});
