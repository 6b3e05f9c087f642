/** States of unfinished calls come from clients, who may be hostile: what was not given out goes nowhere. */
import fc from 'fast-check';
import t from 'tap';
import { answerTo, askedIn, questions, replies, sendCall } from '../support/asking.ts';
import { fuzz, printSeed } from '../support/fuzz/settings.ts';
import { answerOf } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { arrivalsOf, asking, legacyAsker, modernAsker, toldIn } from '../support/round-trips.ts';
import { startGateway } from '../support/start-gateway.ts';

printSeed(t);
const servers = { modern: await modernAsker(t), legacy: await legacyAsker(t) };
const entries = Object.entries(servers).map(([name, { url }]) => entryFor(url, { name }));
const [gateway, foreign] = await Promise.all([startGateway(entries), startGateway(entries)]);
t.teardown(() => Promise.all([gateway.stop(), foreign.stop()]));

const round = { inputRequests: { a: questions.form }, requestState: 'the server’s own' };

/** Begins a call that asks. */
async function begun(era: keyof typeof servers) {
  const args = asking(round);
  const call = {
    url: gateway.url,
    params: { name: `${era}_asks`, arguments: args },
    capabilities: { elicitation: {} },
  };
  const { inputRequests, requestState } = askedIn(await sendCall(call));
  const [key = ''] = Object.keys(inputRequests);
  const retry = (state: unknown, url = gateway.url) =>
    sendCall({ ...call, url }, { requestState: state, inputResponses: { [key]: replies.form } });
  return { args, call, retry, requestState };
}

/** What refuses a state; in which words depends on what is wrong with it. */
const refused = { error: { code: -32602, message: /^params\.requestState is not / } };

for (const era of ['modern', 'legacy'] as const) {
  t.test(`a state of a call to a ${era} server is refused if any letter of it is another`, async (t) => {
    const { args, retry, requestState } = await begun(era);
    for (let at = 0; at < requestState.length; at++) {
      const letter = requestState[at] === 'A' ? 'B' : 'A';
      const answer = await retry(requestState.slice(0, at) + letter + requestState.slice(at + 1));
      t.equal(answer.status, 400);
      t.match(answerOf(answer), refused, String(at));
    }
    t.equal(arrivalsOf(servers[era], args).length, 1, 'the server hears of none of it');
    t.strictSame(toldIn(answerOf(await retry(requestState))), { a: replies.form }, 'and its own goes on');
  });

  t.test(`a state of a call to a ${era} server is refused by a gateway with another key`, async (t) => {
    const { args, retry, requestState } = await begun(era);
    t.match(answerOf(await retry(requestState, foreign.url)), refused);
    t.equal(arrivalsOf(servers[era], args).length, 1);
  });

  t.test(`whatever else comes as a state of a call to a ${era} server is refused`, async (t) => {
    const { args, retry, requestState } = await begun(era);
    const states = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ maxLength: 400 }).map((bytes) => `f1${Buffer.from(bytes).toString('base64url')}`),
      fc.nat(requestState.length - 1).map((length) => requestState.slice(0, length)),
      fc.tuple(fc.constantFrom(' ', '=', 'A', '\n', 'é'), fc.boolean()).map(([more, isBehind]) => {
        return isBehind ? requestState + more : more + requestState;
      }),
      fc.constantFrom('again.1', 'again.-1', '__proto__', 'a'.repeat(1e6), 'f1'.repeat(1e5)),
      fc.jsonValue().filter((value) => typeof value !== 'string'),
    );
    await fuzz(t, {
      what: 'a state is refused',
      arbitrary: states,
      runs: 500,
      lanes: 4,
      property: async (state) => {
        const answer = await retry(state);
        const { error } = answerOf(answer);
        if (answer.status !== 400 || error?.code !== -32602 || !error.message.startsWith('params.requestState is not '))
          throw new Error(`${JSON.stringify(state)}: HTTP ${answer.status} ${answer.text}`);
      },
    });
    t.equal(arrivalsOf(servers[era], args).length, 1, 'the server hears of none of it');
    t.strictSame(toldIn(answerOf(await retry(requestState))), { a: replies.form }, 'and its own goes on');
  });

  t.test(`a state of a call to a ${era} server cannot be read`, async (t) => {
    const { requestState } = await begun(era);
    t.match(requestState, /^[\w-]+$/);
    t.notMatch(Buffer.from(requestState.slice(2), 'base64url').toString('latin1'), /server|again|[0-9a-f]{16}\./);
  });
}

t.test('a state is good for no other server, be its tool of the same name and its arguments the same', async (t) => {
  for (const [era, wrong] of [
    ['modern', 'legacy'],
    ['legacy', 'modern'],
  ] as const) {
    const { args, call, requestState } = await begun(era);
    const elsewhere = { ...call, params: { ...call.params, name: `${wrong}_asks` } };
    t.match(await answerTo(elsewhere, { requestState, inputResponses: {} }), refused);
    t.equal(arrivalsOf(servers[wrong], args).length, 0);
  }
});
