import t from 'tap';
import { ANONYMOUS, type Principal } from '../../../gateway/access/principal.ts';
import {
  ParkedCalls,
  type Parkable,
  type ParkedCallsOptions,
  type ParkingPlace,
} from '../../../gateway/call/parked-calls.ts';
import { Limits } from '../../../gateway/limits/limits.ts';
import type { RoutedServer } from '../../../gateway/routing/route.ts';
import { principal } from '../../support/principal.ts';
import { knownServer, tableOf } from '../../support/routed.ts';

/** A call that notes why its park ended. */
class Call implements Parkable {
  readonly server: RoutedServer;
  readonly principal: Principal;
  readonly ends: string[] = [];
  constructor(server: RoutedServer = knownServer('cart', {}), caller = ANONYMOUS) {
    this.server = server;
    this.principal = caller;
  }
  isPermitted: Parkable['isPermitted'] = (viewOf) => viewOf(ANONYMOUS).servers.has(this.server.upstream);
  endPark(why: string): void {
    this.ends.push(why);
  }
}

/** Calls of callers that are told apart, or not. */
function callsWith(options: ParkedCallsOptions = {}, tellsApart = false): ParkedCalls<Call> {
  const limits = new Limits(16);
  limits.take(undefined, tellsApart);
  return new ParkedCalls<Call>(limits, options);
}

function placeOf(calls: ParkedCalls<Call>, call = new Call()): ParkingPlace<Call> {
  const place = calls.admit(call);
  if (typeof place === 'string') throw new Error(place);
  return place;
}

const TOO_MANY = /^Too many calls wait for their clients; try again/;

/** @returns a registry with one parked call, and the handle of the park */
function parked(options = {}) {
  const calls = callsWith(options);
  const call = new Call();
  const place = placeOf(calls, call);
  const park = (): string => calls.park(place) ?? 'not parked';
  return { calls, call, place, park, handle: park() };
}

const take = (calls: ParkedCalls<Call>, handle: string): Call => calls.takeUp(handle, () => undefined).call;

t.test('a handle takes its call up once', async (t) => {
  const { calls, call, handle, park } = parked();
  t.equal(take(calls, handle), call);
  t.throws(() => take(calls, handle), { code: -32602, status: 400, message: /was used before/ });
  const next = park();
  t.throws(() => take(calls, handle), { message: /was used before/ }, 'nor when the call is parked anew');
  t.equal(take(calls, next), call);
});

t.test('what the client says is looked at first: if it will not do, the call stays parked', async (t) => {
  const { calls, call, handle } = parked();
  const fault = new Error('will not do');
  t.throws(() => {
    calls.takeUp(handle, () => {
      throw fault;
    });
  }, fault);
  t.strictSame(
    calls.takeUp(handle, () => 'does'),
    { call, checked: 'does' },
  );
});

t.test('a handle of another process, of a call that has ended, or of none is refused', async (t) => {
  const { calls, place, handle } = parked();
  const { handle: foreign } = parked();
  const refused = { code: -32602, message: /no longer held.*Begin the request anew/ };
  t.throws(() => take(calls, foreign), refused);
  for (const made of ['', '.', '..', handle.slice(0, -1), `${handle}0`, 'again.1', `${handle}.1`.replace('.', '')]) {
    t.throws(() => take(calls, made), { code: -32602 }, made);
  }
  calls.leave(place);
  t.throws(() => take(calls, handle), refused);
});

t.test('handles cannot be guessed', async (t) => {
  const ids = Array.from({ length: 100 }, () => parked().handle.split('.')[1]);
  t.equal(new Set(ids).size, 100);
  t.ok(ids.every((id) => /^[0-9a-f]{32}$/.test(id ?? '')));
});

t.test('there are so many places and no more, and one that is left is free', async (t) => {
  const calls = callsWith({ maxCalls: 2 });
  const first = placeOf(calls);
  placeOf(calls);
  t.match(calls.admit(new Call()), TOO_MANY);
  calls.leave(first);
  calls.leave(first);
  t.equal(calls.size, 1);
  placeOf(calls);
  t.match(calls.admit(new Call()), TOO_MANY, 'and it was left once');
});

t.test('where callers are told apart one has half of the places, and another gets one still', async (t) => {
  const calls = callsWith({ maxCalls: 4 }, true);
  const server = knownServer('cart', {});
  const ofAda = (): Call => new Call(server, principal('ada'));
  const first = placeOf(calls, ofAda());
  placeOf(calls, ofAda());
  t.match(calls.admit(ofAda()), /^The client has 2 calls that wait for its answers, as many as one caller may/);
  placeOf(calls, new Call(server, principal('bob')));
  calls.leave(first);
  placeOf(calls, ofAda());
});

t.test('a call is parked so often and no more', async (t) => {
  const { calls, park, handle } = parked({ maxRounds: 2 });
  take(calls, handle);
  take(calls, park());
  t.equal(park(), 'not parked');
});

t.test('at the end all that are parked end, none else, and none is parked any more', async (t) => {
  const { calls, call } = parked();
  const running = new Call();
  const place = placeOf(calls, running);
  calls.close();
  t.strictSame(call.ends, ['The gateway ends.']);
  t.strictSame(running.ends, []);
  t.equal(calls.park(place), undefined);
  t.equal(calls.admit(new Call()), 'The gateway ends.');
});

t.test('calls to servers that are no longer there end', async (t) => {
  const { calls, call } = parked();
  calls.retain(() => tableOf(call.server));
  t.strictSame(call.ends, []);
  calls.retain(() => tableOf());
  t.strictSame(call.ends, ['The server is not there any more.']);
});

t.test('one server’s calls leave room for those of others', async (t) => {
  const calls = callsWith({ maxCallsOfServer: 2 });
  const [cart, stock] = [knownServer('cart', {}), knownServer('stock', {})];
  const first = placeOf(calls, new Call(cart));
  placeOf(calls, new Call(cart));
  t.match(calls.admit(new Call(cart)), TOO_MANY);
  placeOf(calls, new Call(stock));
  calls.leave(first);
  placeOf(calls, new Call(cart));
});
