import t from 'tap';
import { Relay } from '../../../gateway/call/relay.ts';
import { SessionTasks } from '../../../gateway/call/task-session.ts';
import { TaskIds } from '../../../gateway/call/task-ids.ts';
import { readMessage } from '../../../gateway/jsonrpc/message.ts';
import { Questions } from '../../../gateway/mcp/questions.ts';
import { knownServer } from '../../support/routed.ts';
import { testPools } from '../../support/outlets.ts';

const server = knownServer('cart', {});
const session = { target: '127.0.0.1:1', id: 's', protocolVersion: '2025-11-25' };
const request = readMessage(Buffer.from('{"jsonrpc":"2.0","id":"own","method":"roots/list"}'));

/** A relay, and the timers that were set and not cleared since. */
function watched(t: { teardown(end: () => unknown): void }) {
  const timers = new Set<unknown>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  globalThis.setTimeout = ((...args: Parameters<typeof set>) => {
    const timer = set(...args);
    if (args[1] === QUESTION_MS) timers.add(timer);
    return timer;
  }) as typeof set;
  globalThis.clearTimeout = ((timer: NodeJS.Timeout) => {
    timers.delete(timer);
    clear(timer);
  }) as typeof clear;
  t.teardown(() => Object.assign(globalThis, { setTimeout: set, clearTimeout: clear }));
  const questions = new Questions();
  questions.ready();
  const pools = testPools();
  t.teardown(() => pools.close());
  const tasks = new SessionTasks(new TaskIds(undefined as never), 'mine');
  const options = { questions, pools, capabilities: { roots: {} }, tasks, questionMs: QUESTION_MS };
  return { timers, questions, relay: new Relay({ ...options, notify: () => undefined }) };
}

const QUESTION_MS = 123_456;

t.test(
  'nothing is left of a question outside of any call when it is answered, withdrawn, or the session ends',
  async (t) => {
    const { timers, questions, relay } = watched(t);
    t.match(relay.ask(server, session, request), Buffer);
    t.equal(timers.size, 1);
    questions.take(readMessage(Buffer.from('{"jsonrpc":"2.0","id":1,"result":{"roots":[]}}')));
    t.equal(timers.size, 0, 'answered');
    relay.ask(server, session, request);
    const withdrawn = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"own"}}';
    t.match(relay.notification(session, readMessage(Buffer.from(withdrawn))), Buffer);
    t.equal(timers.size, 0, 'withdrawn');
    relay.ask(server, session, request);
    relay.close();
    t.equal(timers.size, 0, 'at the end');
  },
);

t.test('one server’s questions leave room for those of others', async (t) => {
  const { relay } = watched(t);
  const ask = (from: typeof server): unknown => relay.ask(from, session, request);
  for (let index = 0; index < 100; index++) ask(server);
  t.match(ask(knownServer('stock', {})), Buffer);
  t.equal(ask(server), undefined);
  relay.close();
});
