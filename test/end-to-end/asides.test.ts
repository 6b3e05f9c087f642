/** Servers that ask faster than they take answers, or more than anyone can answer: they cost nobody else anything. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import t from 'tap';
import { askedIn, put, questions, sendCall } from '../support/asking.ts';
import { LegacySession, modernCall, textOf } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { event, events, scriptedUpstream, textResult, type Arrival } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const PINGS = 1000;
const pings = (): string =>
  Array.from({ length: PINGS }, (_, index) => event({ jsonrpc: '2.0', id: `ping-${index}`, method: 'ping' })).join('');

/** The responses to a server's requests that it has not taken. */
function untaken(arrivals: readonly Arrival[]): number {
  return arrivals.filter(({ message, response }) => message.method === undefined && !response.destroyed).length;
}

t.test('a server that pings on a call’s stream and takes no answer has few connections for that', async (t) => {
  const upstream = await scriptedUpstream(t, {
    // Responses have no method.
    methods: { '': () => undefined },
    tools: {
      pings: async ({ response, message }) => {
        events(response).write(pings());
        await delay(1000);
        response.end(event(textResult(message, 'done')));
      },
    },
  });
  await using gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  const session = await LegacySession.begin(gateway.url);
  const calling = session.call('server_pings');
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, untaken(upstream.arrivals))), 20);
  t.equal(textOf(await calling), 'done');
  clearInterval(timer);
  t.ok(most > 0 && most <= 32, `${most} connections`);
});

t.test('a server that pings on its own stream and takes no answer has few connections for that', async (t) => {
  const streams: ServerResponse[] = [];
  const upstream = await scriptedUpstream(t, {
    capabilities: { tools: { listChanged: true } },
    get: (_request, response) => void streams.push(events(response)),
    methods: { '': () => undefined },
    tools: { quick: ({ response, message }) => void events(response).end(event(textResult(message, 'quick'))) },
  });
  await using gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  const stream = await until('the gateway’s stream', () => streams[0]);
  stream.write(pings());
  await until('some answers', () => untaken(upstream.arrivals) > 0);
  await delay(1000);
  t.ok(untaken(upstream.arrivals) <= 32, `${untaken(upstream.arrivals)} connections`);
  t.equal(textOf(await modernCall(gateway.url, 'server_quick')), 'quick');
});

t.test('a server that asks a modern client far too much in one call is refused what is too much', async (t) => {
  const ASKED = 2000;
  const upstream = await scriptedUpstream(t, {
    tools: {
      asks: (arrival) => {
        events(arrival.response);
        for (let index = 0; index < ASKED; index++) put(arrival, `asks-${index}`, questions.form);
      },
    },
  });
  await using gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  const call = { url: gateway.url, params: { name: 'server_asks' }, capabilities: { elicitation: {} } };
  const { inputRequests } = askedIn(await sendCall(call));
  t.ok(Object.keys(inputRequests).length <= 64, `${Object.keys(inputRequests).length} questions`);
  const refused = (): number =>
    upstream.arrivals.filter(({ message }) => message.method === undefined && 'error' in message).length;
  await until('the refusals', () => refused() === ASKED - 64, { state: refused });
});
