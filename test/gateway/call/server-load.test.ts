import t from 'tap';
import { endWaiting, ServerLoad, takeLoad, type WaitingRequest } from '../../../gateway/call/server-load.ts';

/** A request that counts, and what it heard of its end. */
function waiting(load: ServerLoad) {
  load.enter();
  const ends: unknown[] = [];
  const request: WaitingRequest = { load, onEnd: (error) => void ends.push(error) };
  return { request, ends };
}

t.test('a request counts until its end, of which it is told', async (t) => {
  const load = new ServerLoad();
  const { request, ends } = waiting(load);
  waiting(load);
  t.equal(load.waiting, 2);
  endWaiting(request, 'upstream_timeout');
  t.equal(load.waiting, 1);
  t.strictSame(ends, ['upstream_timeout']);
});

t.test('a request leaves once, whoever ends it, and however often', async (t) => {
  const load = new ServerLoad();
  const { request } = waiting(load);
  const { onEnd } = request;
  const next: WaitingRequest = { onEnd, load: takeLoad(request) };
  endWaiting(request, undefined);
  t.equal(load.waiting, 1, 'another answers for it');
  endWaiting(next, undefined);
  endWaiting(next, undefined);
  t.equal(load.waiting, 0);
});
