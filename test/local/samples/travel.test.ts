import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import t, { type Test } from 'tap';
import { a2aHandler, cardHandler } from '../../../local/samples/a2a.ts';
import { TravelAgent } from '../../../local/samples/travel/agent.ts';
import { travelCard } from '../../../local/samples/travel/card.ts';
import {
  agentClient,
  all,
  cancelTask,
  first,
  getTask,
  send,
  stateOf,
  stream,
  textOf,
} from '../../support/a2a-client.ts';
import { until } from '../../support/until.ts';

/** The sample agent in this process. @param stepMs how long a step takes @returns its URL */
async function travel(t: Test, stepMs = 1): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const card = travelCard(url);
  const agent = a2aHandler(new DefaultRequestHandler(card, new InMemoryTaskStore(), new TravelAgent(stepMs)), card);
  const routes: Record<string, RequestListener> = { '/.well-known/agent-card.json': cardHandler(card), '/': agent };
  server.on('request', (request, response) => routes[request.url ?? '']?.(request, response));
  return url;
}

t.test('a trip is planned in steps, and comes as text and data', async (t) => {
  const client = await agentClient(await travel(t));
  const events = await all(stream(client, 'Three days in Lisbon, for the food'));
  const told = events.flatMap(({ statusUpdate }) => textOf(statusUpdate?.status.message?.parts));
  t.ok(told.includes('Looking at the map of Lisbon'));
  t.ok(told.includes('Day 3: the counters of the Ribeira market'));
  const artifact = events.find(({ artifactUpdate }) => artifactUpdate !== undefined)?.artifactUpdate?.artifact;
  t.match(artifact?.parts, [{ text: /^🚋 3 days in Lisbon/ }, { data: { destination: 'Lisbon' } }]);
  t.equal(stateOf(events.at(-1) ?? {}), 'COMPLETED');
});

t.test('it asks one question where it is not told enough', async (t) => {
  const client = await agentClient(await travel(t));
  const asked = await send(client, 'A weekend in Vienna');
  const { task } = asked;
  t.equal(stateOf(asked), 'INPUT_REQUIRED');
  t.match(textOf(task?.status.message?.parts), /What do you like most/);
  const answered = await send(client, 'I do not care', { taskId: task?.id ?? '' });
  t.equal(stateOf(answered), 'COMPLETED');
  t.match(answered.task?.artifacts?.[0]?.parts, [{ text: /^🎻 2 days in Vienna/ }]);
});

t.test('it rejects a place that it does not know, once it has asked', async (t) => {
  const client = await agentClient(await travel(t));
  const { task } = await send(client, 'To Atlantis');
  t.match(textOf(task?.status.message?.parts), /Where to\?/);
  const answered = await send(client, 'To Atlantis, I said', { taskId: task?.id ?? '' });
  t.equal(stateOf(answered), 'REJECTED');
});

t.test('in a conversation it knows what was wanted', async (t) => {
  const client = await agentClient(await travel(t));
  const nowhere = await send(client, 'What do I pack?');
  t.match(textOf(nowhere.message?.parts), /Tell me where you go/);
  const { task } = await send(client, 'One day in Kyoto for the nature');
  const { message } = await send(client, 'And what do I pack?', { contextId: task?.contextId ?? '' });
  t.match(textOf(message?.parts), /^🎒 For a day in Kyoto/);
});

t.test('a trip is cancelled amid its work, and while it waits for an answer', async (t) => {
  const client = await agentClient(await travel(t, 60_000));
  const { task: working } = await first(stream(client, 'Three days in Lisbon, for the food'));
  t.equal(stateOf({ task: await cancelTask(client, working?.id ?? '') }), 'CANCELED');
  const { task: waiting } = await send(client, 'A weekend in Vienna');
  t.equal(stateOf({ task: await cancelTask(client, waiting?.id ?? '') }), 'CANCELED');
});

t.test('a trip goes on when nobody listens any more', async (t) => {
  const client = await agentClient(await travel(t));
  const events = stream(client, 'Three days in Lisbon, for the food');
  const { task } = await first(events);
  await events.return(undefined);
  const state = async (): Promise<string | undefined> => stateOf({ task: await getTask(client, task?.id ?? '') });
  await until('the end of the trip', async () => (await state()) !== 'WORKING');
  t.equal(await state(), 'COMPLETED');
});

t.test('what is no request of A2A 1.0 is refused', async (t) => {
  const url = await travel(t);
  const post = async (headers: Record<string, string>, body: string): Promise<unknown> =>
    (await fetch(url, { method: 'POST', headers, body })).json();
  const request = (method: string, params = {}): string => JSON.stringify({ jsonrpc: '2.0', id: 7, method, params });
  t.match(await post({}, request('GetTask', { id: 'x' })), { error: { code: -32009 } }, 'another version');
  const current = { 'A2A-Version': '1.0' };
  t.match(await post(current, '{'), { error: { code: Number } }, 'no JSON');
  t.match(await post(current, request('GetTask', { id: 'x' })), { id: 7, error: { code: -32001 } }, 'no such task');
  t.match(
    await post(current, request('SubscribeToTask', { id: 'x' })),
    { id: 7, error: { code: -32001 } },
    'nor a stream of it',
  );
  t.equal((await fetch(url)).status, 405);
});
