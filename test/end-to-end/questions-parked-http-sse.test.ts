/** What servers of the transport of 2024-11-05 ask modern clients in the midst of a call. */
import t from 'tap';
import { answerTo, askedIn, questions, replies, sendCall } from '../support/asking.ts';
import { entryFor } from '../support/registry-folder.ts';
import { httpSseScripted, type Posted } from '../support/servers/http-sse-scripted.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

t.test('the call is parked, and goes on in its connection', async (t) => {
  const calls: Posted[] = [];
  const server = await httpSseScripted(t, {
    methods: {
      'tools/call': (posted) => {
        calls.push(posted);
        posted.say({ jsonrpc: '2.0', id: `q-${calls.length}`, ...questions.sampling });
      },
    },
  });
  await using gateway = await startGateway([entryFor(`http://${server.target}/sse`, { name: 'old' })], {
    env: { FETCHFY_DRAIN_TIMEOUT: '1s' },
  });
  const call = { url: `${gateway.url}/default/old`, params: { name: 'ask' }, capabilities: { sampling: {} } };
  // Two at once: each in a connection of its own, so that each is asked what is its own.
  const asked = await Promise.all([sendCall(call), sendCall(call)]);
  const answers = asked.map(async (answer, index) => {
    const { inputRequests, requestState } = askedIn(answer);
    t.strictSame(inputRequests, { q1: questions.sampling });
    return answerTo(call, { requestState, inputResponses: { q1: { ...replies.sampling, model: `model ${index}` } } });
  });
  for (const number of [1, 2]) {
    const { message } = await until(`response ${number}`, () =>
      server.posted.find(({ message: { id } }) => id === `q-${number}`),
    );
    calls[number - 1]?.result({ content: [{ type: 'text', text: JSON.stringify(message['result']) }] });
  }
  for (const [index, answer] of (await Promise.all(answers)).entries())
    t.match(JSON.stringify(answer), `model ${index}`);
});
