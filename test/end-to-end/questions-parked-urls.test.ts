/** Legacy servers that refuse to work before their user has been to a URL (2025-11-25, Elicitation), for modern clients. */
import t from 'tap';
import { answerTo, askedIn, sendCall, type ModernCall } from '../support/asking.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { messagesOf } from '../support/mcp-http.ts';
import {
  event,
  events,
  json,
  progressToken,
  scriptedUpstream,
  textResult,
  type Script,
} from '../support/scripted-upstream.ts';

const elicitation = { mode: 'url', message: 'pay', url: 'https://example.com/pay', elicitationId: 'e-1' };

const required = (id: unknown, data: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32042, message: 'Pay first.', data } });

function refusing(data: unknown): Script {
  return ({ response, message }) => json(response, required(message.id, data));
}

let paid = 0;
const upstream = await scriptedUpstream(t, {
  tools: {
    pay: ({ response, message }) => {
      const two = [elicitation, { ...elicitation, url: 'https://example.com/more', elicitationId: 'e-2' }];
      json(response, paid++ === 0 ? required(message.id, { elicitations: two }) : textResult(message, 'thanks'));
    },
    streams: ({ response, message }) => {
      const params = { progressToken: progressToken(message), progress: 1 };
      events(response).write(event({ jsonrpc: '2.0', method: 'notifications/progress', params }));
      response.end(event(required(message.id, { elicitations: [elicitation] })));
    },
    always: refusing({ elicitations: [elicitation] }),
    empty: refusing({ elicitations: [] }),
    bad: refusing({ elicitations: [{ mode: 'url', message: 'pay', url: 'not a URL' }] }),
    form: refusing({ elicitations: [{ mode: 'form', message: 'pay', requestedSchema: {} }] }),
  },
});
const gateway = await gatewayOf(t, { server: upstream });

const call = (tool: string, capabilities: Record<string, unknown> = { elicitation: { url: {} } }): ModernCall => ({
  url: gateway.url,
  params: { name: `server_${tool}` },
  capabilities,
});

t.test('the client is asked to go there, and the retry calls the server again', async (t) => {
  const { inputRequests, requestState } = askedIn(await sendCall(call('pay')));
  const { elicitationId, ...params } = elicitation;
  t.equal(elicitationId, 'e-1');
  t.strictSame(inputRequests, {
    url1: { method: 'elicitation/create', params },
    url2: { method: 'elicitation/create', params: { ...params, url: 'https://example.com/more' } },
  });
  const inputResponses = { url1: { action: 'accept' }, url2: { action: 'accept' } };
  t.match(JSON.stringify(await answerTo(call('pay'), { inputResponses, requestState })), 'thanks');
  const [first, second] = upstream.of('tools/call').map(({ message }) => message.params);
  t.strictSame(Object.keys(first ?? {}), Object.keys(second ?? {}), 'nothing of the retry comes to the server');
});

t.test('on a stream it is the last event', async (t) => {
  const answer = await sendCall({ ...call('streams'), meta: { progressToken: 1 } });
  t.match(messagesOf(answer), [{ params: { progress: 1 } }, { result: { resultType: 'input_required' } }]);
});

t.test('a server that is never content is given up after ten rounds', async (t) => {
  let answer = await answerTo(call('always'));
  let rounds = 0;
  while (answer.result !== undefined) {
    rounds++;
    const { requestState } = askedIn(answer);
    answer = await answerTo(call('always'), { inputResponses: { url1: { action: 'accept' } }, requestState });
  }
  t.equal(rounds, 10);
  t.match(answer, { error: { code: -32603, message: /default\/server.*more than 10 times/ } });
});

t.test('a client that did not declare it learns what to declare', async (t) => {
  for (const capabilities of [{}, { elicitation: {} }, { sampling: {} }]) {
    const answer = await sendCall(call('always', capabilities));
    t.equal(answer.status, 400);
    const data = { requiredCapabilities: { elicitation: { url: {} } } };
    t.match(messagesOf(answer), [{ error: { code: -32021, message: /Pay first/, data } }]);
  }
});

t.test('what cannot be shown to a user is the server’s fault', async (t) => {
  for (const tool of ['empty', 'bad', 'form']) {
    const answer = await answerTo(call(tool));
    t.match(answer, { error: { code: -32603, message: /default\/server.*without a URL/ } }, tool);
  }
});
