/** What one principal was asked amid its call, no other can answer. */
import t from 'tap';
import { askedIn, questions, replies, sendCall } from '../support/asking.ts';
import { answerOf } from '../support/mcp-http.ts';
import { doorsFor } from '../support/principals.ts';
import { entryFor } from '../support/registry-folder.ts';
import { arrivalsOf, asking, legacyAsker, modernAsker, toldIn } from '../support/round-trips.ts';

const servers = { modern: await modernAsker(t), legacy: await legacyAsker(t) };
const entries = Object.entries(servers).map(([name, { url }]) => entryFor(url, { name }));
const { ada, bob } = await doorsFor(t, ['ada', 'bob'], entries);
const capabilities = { elicitation: {} };

for (const era of ['modern', 'legacy'] as const) {
  t.test(`the very retry of another principal’s call to a ${era} server is refused, and its own goes on`, async (t) => {
    const args = asking({ inputRequests: { a: questions.form }, requestState: 's' });
    const call = { url: ada, params: { name: `${era}_asks`, arguments: args }, capabilities };
    const { inputRequests, requestState } = askedIn(await sendCall(call));
    const [key = ''] = Object.keys(inputRequests);
    const retry = { requestState, inputResponses: { [key]: replies.form } };
    const refused = await sendCall({ ...call, url: bob }, retry);
    t.equal(refused.status, 400);
    t.match(answerOf(refused), { error: { code: -32602, message: /not one that was given out for this request/ } });
    t.equal(arrivalsOf(servers[era], args).length, 1, 'no server hears of it');
    t.strictSame(toldIn(answerOf(await sendCall(call, retry))), { a: replies.form });
  });
}

t.test('no principal’s call comes into a session that another’s came into', async (t) => {
  const [first, second] = [asking(), asking()];
  for (const [url, args] of [
    [ada, first],
    [bob, second],
  ] as const) {
    await sendCall({ url, params: { name: 'legacy_asks', arguments: args }, capabilities });
  }
  const [one, two] = [first, second].map((args) => {
    return arrivalsOf(servers.legacy, args)[0]?.request.headers['mcp-session-id'];
  });
  t.type(one, 'string');
  t.not(one, two);
});
