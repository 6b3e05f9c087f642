/** What questions amid a call keep apart and let go: whose they are, what they take, and what is not the gateway's to do. */
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { answerTo, askedIn, put, questions, replies, replyOf, sendCall } from '../support/asking.ts';
import { messagesOf } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { asking, legacyAsker, modernAsker, roundTrips, toldIn, type Question } from '../support/round-trips.ts';
import { event, events, json, textResult, type Arrival } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';

/** Session → its own stream. */
const streams = new Map<string, ServerResponse>();
const sessionOf = ({ headers }: Pick<Arrival['request'], 'headers'>): string => String(headers['mcp-session-id']);
const LARGE = 9 * 1024 * 1024;
const completed = (elicitationId: string): string =>
  event({ jsonrpc: '2.0', method: 'notifications/elicitation/complete', params: { elicitationId } });
const refusedOnce = new Set<unknown>();

const legacy = await legacyAsker(t, {
  get: (request, response) => void streams.set(sessionOf(request), events(response)),
  tools: {
    large: async (arrival) => {
      const id = `large ${String(arrival.message.params?.arguments)}`;
      events(arrival.response);
      put(arrival, id, { ...questions.form, params: { ...questions.form.params, message: 'x'.repeat(LARGE) } });
      const { result, error } = await replyOf(legacy, id);
      if (!arrival.isAborted())
        arrival.response.end(event(textResult(arrival.message, JSON.stringify({ result, error }))));
    },
    completes: async (arrival) => {
      const { request, response, message } = arrival;
      events(response);
      put(arrival, 'completes', questions.url);
      await replyOf(legacy, 'completes');
      response.write(completed('e-1'));
      streams.get(sessionOf(request))?.write(completed('e-1'));
      response.end(event(textResult(message, 'paid')));
    },
    refuses: ({ response, message }) => {
      const [data] = [message.params?.arguments];
      const key = JSON.stringify(data);
      const error = { code: -32042, message: 'Pay first.', data };
      if (!refusedOnce.has(key)) {
        refusedOnce.add(key);
        return json(response, JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
      }
      events(response).write(completed('e-1'));
      response.end(event(textResult(message, 'paid')));
    },
  },
});
const servers = { modern: await modernAsker(t), legacy };
const entries = Object.entries(servers).map(([name, { url }]) => entryFor(url, { name }));
const gateway = await startGateway(entries);
t.teardown(() => gateway.stop());

const capabilities = { elicitation: { form: {}, url: {} } };
const call = (name: string, args: unknown) => ({ url: gateway.url, params: { name, arguments: args }, capabilities });
const filled = (name: unknown) => ({ action: 'accept', content: { name } });

for (const era of ['legacy', 'modern'] as const) {
  t.test(`200 modern clients are asked at once by one ${era} server, and each answers its own`, async (t) => {
    const asked = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const params = { ...questions.form.params, message: `question of ${index}` };
        const own = call(`${era}_asks`, asking({ inputRequests: { q1: { ...questions.form, params } } }));
        const { inputRequests, requestState } = askedIn(await sendCall(own));
        // A modern server may well do without a state.
        t.equal(requestState === undefined, era === 'modern');
        t.match(inputRequests, { q1: { params } });
        return { own, requestState };
      }),
    );
    const answers = asked.map(async ({ own, requestState }, index) => {
      const state = requestState === undefined ? {} : { requestState };
      return answerTo(own, { inputResponses: { q1: filled(`answer of ${index}`) }, ...state });
    });
    for (const [index, answer] of (await Promise.all(answers.toReversed())).entries()) {
      t.strictSame(toldIn(answer), { q1: filled(`answer of ${199 - index}`) });
    }
  });
}

t.test('200 legacy clients are asked by one legacy server at a time, and each answer gets through', async (t) => {
  const trips = Array.from({ length: 200 }, async (_, index) => {
    const params = { ...questions.form.params, message: `question of ${index}` };
    const own = call('legacy_asks', asking({ inputRequests: { q1: { ...questions.form, params } } }));
    const { answer } = await roundTrips.legacy(own, () => filled(`answer of ${index}`));
    t.strictSame(toldIn(answer), { q1: filled(`answer of ${index}`) });
  });
  await Promise.all(trips);
});

t.test(
  'one client that is asked by two servers at once can tell which, by the call that each question is for',
  async (t) => {
    const trips = Array.from({ length: 20 }, async (_, index) => {
      const era = index % 2 === 0 ? 'legacy' : 'modern';
      const params = { ...questions.form.params, message: `${era} asks in call ${index}` };
      const own = call(`${era}_asks`, asking({ inputRequests: { q1: { ...questions.form, params } } }));
      const { asked } = await roundTrips.modern(own, () => replies.form);
      t.strictSame(asked, [{ ...questions.form, params }]);
    });
    await Promise.all(trips);
  },
);

t.test('what questions that nobody answers take comes back when their time is over', async (t) => {
  const env = { FETCHFY_QUESTION_TIMEOUT: '8s' };
  await using hurried = await startGateway(entries, { env });
  const large = (index: number) => ({ ...call('legacy_large', `call ${index}`), url: hurried.url });
  for (let index = 0; index < 7; index++) askedIn(await sendCall(large(index)));
  const refused = await answerTo(large(7));
  t.match(refused, { result: { content: [{ text: /Too much waits to be asked of clients; try again/ }] } });
  const ended = await Promise.all(Array.from({ length: 7 }, (_, index) => replyOf(legacy, `large call ${index}`)));
  for (const { error } of ended) t.match(error, { code: -32603, message: /did not answer within 8 s/ });
  const { requestState } = askedIn(await sendCall(large(8)));
  t.match(await answerTo(large(8), { requestState, inputResponses: { q1: replies.form } }), { result: {} });
});

t.test('that a URL was visited is not told to modern clients, which know no id of it', async (t) => {
  const data = { elicitations: [questions.url.params] };
  for (const [tool, args] of [
    ['completes', {}],
    ['refuses', data],
  ] as const) {
    const own = call(`legacy_${tool}`, args);
    const { inputRequests, requestState } = askedIn(await sendCall(own));
    const { elicitationId, ...params } = questions.url.params;
    t.equal(elicitationId, 'e-1');
    const [[key, request] = []] = Object.entries(inputRequests);
    t.strictSame(request, { ...questions.url, params });
    const answer = await sendCall(own, { requestState, inputResponses: { [String(key)]: replies.url } });
    t.match(messagesOf(answer), [{ result: { content: [{ text: 'paid' }] } }]);
    t.equal(messagesOf(answer).length, 1, tool);
  }
});

t.test('a URL comes to the client as the server wrote it, and the gateway does not go there', async (t) => {
  let visits = 0;
  const page = createServer((_, response) => void response.end()).on('connection', () => visits++);
  page.listen(0, '127.0.0.1');
  await once(page, 'listening');
  t.teardown(() => page.close());
  const { port } = page.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/pay?of=%7Eada&q=a%20b#now`;
  const params = { mode: 'url', message: 'pay', url };
  const question: Question = { method: 'elicitation/create', params };
  for (const [era, serverEra] of [
    ['modern', 'modern'],
    ['modern', 'legacy'],
    ['legacy', 'modern'],
  ] as const) {
    const own = call(`${serverEra}_asks`, asking({ inputRequests: { a: question } }));
    const { asked } = await roundTrips[era](own, () => replies.url);
    t.equal(asked[0]?.params?.['url'], url, `a ${era} client of a ${serverEra} server`);
  }
  const first = await roundTrips.modern(
    call('legacy_refuses', { elicitations: [{ ...params, elicitationId: 'e' }] }),
    () => {
      return replies.url;
    },
  );
  t.equal(first.asked[0]?.params?.['url'], url, 'a URL that is required first');
  t.equal(visits, 0);
  await fetch(url);
  t.equal(visits, 1, 'it could have been visited');
});
