import t from 'tap';
import { Limits } from '../../../gateway/limits/limits.ts';
import { Sessions } from '../../../gateway/mcp/sessions.ts';
import { MemoryBudget } from '../../../gateway/memory-budget.ts';
import { principal } from '../../support/principal.ts';

const identity = { protocolVersion: '2025-11-25', clientInfo: { name: 'test', version: '1' }, capabilities: {} };

t.test('a caller that has its half has room again when one of its sessions is idle', async (t) => {
  const callerLimits = new Limits(16);
  callerLimits.take(undefined, true);
  // No server is called, and no stream opened.
  const unused = undefined as never;
  const sessions = new Sessions({
    limit: 4,
    callerLimits,
    idleMs: 20,
    questionMs: 1000,
    replays: new MemoryBudget(0),
    opener: unused,
    pools: unused,
    resources: unused,
    taskIds: unused,
    viewOf: unused,
  });
  t.teardown(() => sessions.close());
  const begin = () => sessions.begin('/mcp', identity, principal('ada'));
  const [first, second] = [begin(), begin()];
  t.throws(begin, { code: -32010 });
  const isIdle = performance.now() + 25;
  // What ends idle sessions from time to time does not come to it meanwhile.
  while (performance.now() < isIdle);
  second.touch();
  const third = begin();
  const found = [first, second, third].map(({ id }) => sessions.find(id, '/mcp', principal('ada')) !== undefined);
  t.strictSame(found, [false, true, true]);
  t.throws(begin, { code: -32010 }, 'those that are in use stay');
});
