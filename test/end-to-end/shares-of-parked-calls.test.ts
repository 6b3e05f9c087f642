/** How many calls of one modern client may wait for its answers, and how much it may be asked in them. */
import t from 'tap';
import { answerTo, askedIn, questions, replies, sendCall, type ModernCall } from '../support/asking.ts';
import { ada, bob, keyedGateway, refusalsOf } from '../support/keyed-gateway.ts';
import { textOf } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { asking, legacyAsker, toldIn } from '../support/round-trips.ts';

const LARGE = 9 * 1024 * 1024;

const asker = await legacyAsker(t);
// Of one server's there may be 250.
const names = ['one', 'two', 'three'];
const services = names.map((name) => entryFor(asker.url, { name }));
const gateway = await keyedGateway(t, services, { FETCHFY_MAX_BODY: '16Mi' });

/** A call in which the client is asked for its name. */
function call(server: string, caller: typeof ada, message = 'who?'): ModernCall {
  const params = { ...questions.form.params, message };
  const asks = asking({ inputRequests: { q1: { ...questions.form, params } } });
  return {
    url: gateway.url,
    params: { name: `${server}_asks`, arguments: asks },
    capabilities: { elicitation: { form: {} } },
    ...caller,
  };
}

interface Parked {
  readonly call: ModernCall;
  readonly requestState: string;
}

async function park(own: ModernCall): Promise<Parked> {
  return { call: own, requestState: askedIn(await sendCall(own)).requestState };
}

const answer = async ({ call: own, requestState }: Parked): Promise<unknown> =>
  toldIn(await answerTo(own, { requestState, inputResponses: { q1: replies.form } }));

t.test('what a caller is asked takes half of the memory for questions; another is asked still', async (t) => {
  const large = (caller: typeof ada): ModernCall => call('one', caller, 'x'.repeat(LARGE));
  const parked = [await park(large(ada)), await park(large(ada)), await park(large(ada))];
  t.match(
    textOf(await answerTo(large(ada))),
    /What the client is asked takes 28\d{6} bytes, and may take 33554432 of one caller; try again in 1 s/,
  );
  t.equal(await refusalsOf(gateway, 'parkedPerPrincipal'), 1);
  parked.push(await park(large(bob)));
  for (const each of parked) t.match(await answer(each), { q1: replies.form });
  for (let i = 0; i < 3; i++) parked[i] = await park(large(ada));
  t.match(textOf(await answerTo(large(ada))), /may take 33554432 of one caller/, 'and no more than before');
  for (const each of parked.slice(0, 3)) t.match(await answer(each), { q1: replies.form });
});

t.test('half of the calls that wait for their clients may be one caller’s; those that end make room', async (t) => {
  const parked: Parked[] = [];
  for (const server of ['one', 'two']) {
    for (let i = 0; i < 250; i += 50) {
      parked.push(...(await Promise.all(Array.from({ length: 50 }, () => park(call(server, ada))))));
    }
  }
  t.match(
    textOf(await answerTo(call('three', ada))),
    /The client has 500 calls that wait for its answers, as many as one caller may; try again in 1 s/,
  );
  t.match(await answer(await park(call('three', bob))), { q1: replies.form });
  for (const each of parked.splice(0, 2)) t.match(await answer(each), { q1: replies.form });
  t.ok(await Promise.all([park(call('three', ada)), park(call('three', ada))]));
  t.match(textOf(await answerTo(call('three', ada))), /has 500 calls/);
});
