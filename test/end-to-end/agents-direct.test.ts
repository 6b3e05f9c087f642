/** The test agents, without a gateway between: that they behave as the tests of the gateway rely on. */
import { createHash } from 'node:crypto';
import type { Client } from '@a2a-js/sdk/client';
import t, { type Test } from 'tap';
import {
  agentClient,
  all,
  cancelTask,
  codeOf,
  first,
  getTask,
  partsOf,
  send,
  sendTask,
  stateOf,
  stream,
  subscribe,
  textOf,
  untilState,
  type JsonEvent,
  type JsonTask,
} from '../support/a2a-client.ts';
import skills from '../support/agents/skills.json' with { type: 'json' };
import { startAgent, type RunningAgent } from '../support/start-agent.ts';
import { until } from '../support/until.ts';

interface Kind {
  readonly agent: RunningAgent;
  readonly version: '1.0' | '0.3';
  readonly streams: boolean;
}

const kinds: Readonly<Record<string, Kind>> = {
  'of 1.0': { agent: await startAgent('a2a'), version: '1.0', streams: true },
  'of 0.3': { agent: await startAgent('a2a', { args: ['--version', '0.3'] }), version: '0.3', streams: true },
  'that polls': { agent: await startAgent('a2a', { args: ['--streaming', 'false'] }), version: '1.0', streams: false },
  'in Python': { agent: await startAgent('python'), version: '1.0', streams: true },
};
t.teardown(() => Promise.all(Object.values(kinds).map(({ agent }) => agent.stop())));

/** Begins a task that is not waited for. */
const begin = (client: Client, text: string): Promise<JsonTask> => sendTask(client, text, { returnImmediately: true });

/** Waits until an agent has as many streams open. */
const untilStreams = (agent: RunningAgent, wanted: number): Promise<boolean> =>
  until(`${wanted} open streams`, async () => (await agent.counts()).streams === wanted);

for (const [name, { agent, version, streams }] of Object.entries(kinds)) {
  t.test(`an agent ${name}`, async (t) => {
    const client = await agentClient(agent.url);

    t.test('says in its card what it speaks and can do', async (t) => {
      const card = await client.getAgentCard();
      t.equal(client.protocolVersion, version);
      t.equal(card.capabilities?.streaming, streams);
      t.match(card.supportedInterfaces, [{ url: agent.url, protocolBinding: 'JSONRPC' }]);
      t.equal(card.supportedInterfaces.length, 1);
      t.strictSame(
        card.skills.map(({ id }) => id),
        Object.keys(skills),
      );
      t.strictSame(
        card.skills.map(({ description }) => description),
        Object.values(skills).map((each) => each.description),
      );
    });

    t.test('completes a quick task with one artifact', async (t) => {
      const task = await sendTask(client, 'echo good morning');
      t.equal(stateOf({ task }), 'COMPLETED');
      t.match(task.artifacts, [{ name: 'result', parts: [{ text: 'good morning' }] }]);
    });

    t.test('echoes what names no skill', async (t) => {
      t.match(partsOf(await sendTask(client, 'Good morning, agent')), [{ text: 'Good morning, agent' }]);
    });

    t.test('answers with a message and no task', async (t) => {
      const answer = await send(client, 'bare good morning');
      t.match(answer, { message: { role: 'ROLE_AGENT', parts: [{ text: 'good morning' }] } });
      t.notOk(answer.message?.taskId);
    });

    t.test('fails, and refuses, with a reason', async (t) => {
      for (const [text, state, reason] of [
        ['fail the disk is full', 'FAILED', 'the disk is full'],
        ['reject that is not my work', 'REJECTED', 'that is not my work'],
      ] as const) {
        const task = await sendTask(client, text);
        t.equal(stateOf({ task }), state);
        t.equal(textOf(task.status.message?.parts), reason);
      }
    });

    t.test('takes files and gives files', async (t) => {
      const bytes = Buffer.alloc(300_000, 'Ada');
      const parts = [
        { raw: bytes.toString('base64'), filename: 'ada.bin', mediaType: 'application/octet-stream' },
        { url: 'https://example.com/ada.png', mediaType: 'image/png' },
      ];
      const [image, notes, report, data] = partsOf(await sendTask(client, 'files', { parts }));
      t.equal(image?.mediaType, 'image/png');
      t.match(Buffer.from(image?.raw ?? '', 'base64').toString('latin1'), /^.PNG/);
      t.match(notes, { filename: 'notes.txt', mediaType: 'text/plain' });
      t.equal(Buffer.from(notes?.raw ?? '', 'base64').toString(), 'What the agent noted.\n');
      t.match(report, { url: 'https://example.com/files/report.pdf', mediaType: 'application/pdf' });
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      t.match(data?.data, {
        received: [
          { filename: 'ada.bin', mediaType: 'application/octet-stream', size: bytes.length, sha256 },
          { mediaType: 'image/png', url: 'https://example.com/ada.png' },
        ],
      });
    });

    t.test('takes data and gives data', async (t) => {
      const parts = [{ data: { colour: 'blue', sizes: [1, 2] } }];
      const dataOf = async (text: string): Promise<unknown[]> =>
        partsOf(await sendTask(client, text, { parts })).map(({ data }) => data);
      t.strictSame(await dataOf('data'), [{ received: [{ colour: 'blue', sizes: [1, 2] }] }]);
      t.strictSame(await dataOf('data many'), [{ number: 1 }, { number: 2 }, { number: 3 }]);
      t.strictSame(await dataOf('data list'), [[{ colour: 'blue', sizes: [1, 2] }]]);
    });

    t.test('gives a text as large as is asked for', async (t) => {
      t.equal(textOf(partsOf(await sendTask(client, 'large 1500000'))).length, 1_500_000);
    });

    t.test('counts the messages of a conversation', async (t) => {
      const { contextId, id } = await sendTask(client, 'context');
      const second = await sendTask(client, 'context', { contextId });
      t.equal(second.contextId, contextId);
      t.not(second.id, id, 'each message is a task of its own');
      t.equal(textOf(partsOf(second)), '1');
      t.equal(textOf(partsOf(await sendTask(client, 'context'))), '0', 'another conversation');
    });

    t.test('asks twice, and goes on with the answers', async (t) => {
      const { id, contextId, status } = await sendTask(client, 'ask');
      t.equal(status.state, 'TASK_STATE_INPUT_REQUIRED');
      t.equal(textOf(status.message?.parts), 'What is your name?');
      const again = await sendTask(client, 'Ada', { taskId: id, contextId });
      t.match(again, { id, contextId, status: { state: 'TASK_STATE_INPUT_REQUIRED' } });
      t.equal(textOf(again.status.message?.parts), 'Which colour do you like?');
      const done = await sendTask(client, '', { taskId: id, contextId, parts: [{ data: { colour: 'blue' } }] });
      t.equal(stateOf({ task: done }), 'COMPLETED');
      t.equal(textOf(partsOf(done)), 'Ada likes blue', 'the last answer came as data');
    });

    t.test('refuses the task when an answer is declined', async (t) => {
      const { id, contextId } = await sendTask(client, 'ask');
      const task = await sendTask(client, 'The user declined to answer.', { taskId: id, contextId });
      t.equal(stateOf({ task }), 'REJECTED');
    });

    t.test('is cancelled while it waits for an answer', async (t) => {
      const { id } = await sendTask(client, 'ask');
      t.equal(stateOf({ task: await cancelTask(client, id) }), 'CANCELED');
    });

    t.test('waits for a person to sign in, and goes on by itself', async (t) => {
      const { id, status } = await sendTask(client, 'auth');
      t.equal(status.state, 'TASK_STATE_AUTH_REQUIRED');
      const [url] = /http:\S+/.exec(textOf(status.message?.parts)) ?? [''];
      t.equal(url, new URL(`/authorize?task=${id}`, agent.url).href);
      t.equal((await fetch(url, { method: 'POST' })).status, 200);
      t.equal(textOf(partsOf(await untilState(client, id, 'COMPLETED'))), 'authorized');
    });

    t.test('names the place to sign in as it is told', async (t) => {
      const silent = await sendTask(client, 'auth silent');
      t.notMatch(JSON.stringify(silent.status), 'http');
      await agent.authorize(silent.id);
      await untilState(client, silent.id, 'COMPLETED');
      const { id, status } = await sendTask(client, 'auth part');
      t.match(status.message?.parts, [{ text: 'Please sign in.' }, { url: /^http:/ }]);
      t.equal(stateOf({ task: await cancelTask(client, id) }), 'CANCELED');
    });

    t.test('works until it is cancelled', async (t) => {
      const before = await agent.counts();
      const { id } = await begin(client, 'wait');
      const working = await untilState(client, id, 'WORKING');
      t.equal(textOf(working.status.message?.parts), 'waiting');
      t.equal((await agent.counts()).running, before.running + 1);
      const cancelled = await cancelTask(client, id);
      t.equal(stateOf({ task: cancelled }), 'CANCELED');
      t.equal(stateOf({ task: await getTask(client, id) }), 'CANCELED');
      const after = await agent.counts();
      t.equal(after.running, before.running);
      t.equal(after.cancelled, before.cancelled + 1);
    });

    t.test('refuses to be cancelled where it is told to', async (t) => {
      const { id } = await begin(client, 'wait-stubborn');
      await untilState(client, id, 'WORKING');
      await t.rejects(cancelTask(client, id), { message: /refuses to be cancelled/ });
      t.equal(await codeOf(cancelTask(client, id)), -32002);
      t.equal(stateOf({ task: await getTask(client, id) }), 'WORKING');
    });

    t.test('knows no task that it has not made', async (t) => {
      t.equal(await codeOf(getTask(client, 'none')), -32001);
    });

    t.test('shows a long task to who polls', async (t) => {
      const { id } = await begin(client, 'steps 5 200');
      const seen = new Set<string>();
      await until('the task to complete', async () => {
        const task = await getTask(client, id);
        seen.add(textOf(task.status.message?.parts));
        return stateOf({ task }) === 'COMPLETED';
      });
      t.ok(
        [...seen].some((text) => /^step \d of 5$/.test(text)),
        [...seen].join(', '),
      );
      t.equal(textOf(partsOf(await getTask(client, id))), 'done in 5 steps');
    });

    if (streams) tellsInStreams(t, client);
    else {
      t.test('refuses to stream', async (t) => {
        t.equal(await codeOf(all(stream(client, 'echo'))), -32004);
        const { id } = await sendTask(client, 'ask');
        t.equal(await codeOf(all(subscribe(client, id))), -32004);
      });
    }
  });
}

function tellsInStreams(t: Test, client: Client): void {
  const texts = (events: readonly JsonEvent[]): string[] =>
    events.flatMap(({ statusUpdate }) =>
      statusUpdate?.status.message ? [textOf(statusUpdate.status.message.parts)] : [],
    );

  t.test('streams an artifact in five pieces', async (t) => {
    const events = await all(stream(client, 'stream'));
    t.ok(events[0]?.task, 'the task comes first');
    const pieces = events.flatMap(({ artifactUpdate }) => artifactUpdate ?? []);
    t.strictSame(
      pieces.map(({ artifact }) => textOf(artifact.parts)),
      [1, 2, 3, 4, 5].map((n) => `piece ${n} of 5\n`),
    );
    t.strictSame(
      pieces.map(({ append = false }) => append),
      [false, true, true, true, true],
    );
    t.strictSame(
      pieces.map(({ lastChunk = false }) => lastChunk),
      [false, false, false, false, true],
    );
    t.equal(new Set(pieces.map(({ artifact }) => artifact.artifactId)).size, 1);
    const task = await getTask(client, events[0]?.task?.id ?? '');
    t.equal(textOf(partsOf(task)), pieces.map(({ artifact }) => textOf(artifact.parts)).join(''));
  });

  t.test('tells 30 steps, then the result', async (t) => {
    const events = await all(stream(client, 'steps'));
    t.strictSame(
      texts(events),
      Array.from({ length: 30 }, (_, index) => `step ${index + 1} of 30`),
    );
    t.equal(textOf(events.at(-2)?.artifactUpdate?.artifact.parts), 'done in 30 steps');
    t.equal(stateOf(events.at(-1) ?? {}), 'COMPLETED');
  });

  t.test('streams a message that is no task', async (t) => {
    t.match(await all(stream(client, 'bare hello')), [{ message: { parts: [{ text: 'hello' }] } }]);
  });

  t.test('ends the stream at a question, and takes the answer in another', async (t) => {
    const asked = await all(stream(client, 'ask'));
    t.equal(stateOf(asked.at(-1) ?? {}), 'INPUT_REQUIRED');
    const { id: taskId = '', contextId = '' } = asked[0]?.task ?? {};
    const again = await all(stream(client, 'Ada', { taskId, contextId }));
    t.equal(stateOf(again.at(-1) ?? {}), 'INPUT_REQUIRED');
    t.equal(texts(again).at(-1), 'Which colour do you like?');
    const done = await all(stream(client, 'blue', { taskId, contextId }));
    t.equal(stateOf(done.at(-1) ?? {}), 'COMPLETED');
    t.equal(textOf(partsOf(await getTask(client, taskId))), 'Ada likes blue');
  });

  t.test('keeps the stream while somebody has to sign in', async (t) => {
    const states: (string | undefined)[] = [];
    for await (const event of stream(client, 'auth')) {
      const [url] = /http:\S+/.exec(textOf(event.statusUpdate?.status.message?.parts)) ?? [];
      if (url !== undefined) await fetch(url, { method: 'POST' });
      states.push(stateOf(event) ?? 'artifact');
    }
    t.strictSame(states, ['SUBMITTED', 'AUTH_REQUIRED', 'WORKING', 'artifact', 'COMPLETED']);
  });

  t.test('tells a task to who subscribes later, up to its end', async (t) => {
    const { id } = await begin(client, 'wait');
    await untilState(client, id, 'WORKING');
    const events = subscribe(client, id);
    t.match(await first(events), { task: { id, status: { state: 'TASK_STATE_WORKING' } } });
    await cancelTask(client, id);
    t.equal(stateOf((await all(events)).at(-1) ?? {}), 'CANCELED');
    await t.rejects(all(subscribe(client, id)), { message: /terminal state/ });
  });
}

for (const name of ['of 1.0', 'of 0.3']) {
  const { agent } = kinds[name] ?? {};
  if (agent === undefined) throw new Error(`No agent ${name}`);

  t.test(`an agent ${name} loses its streams, not its tasks`, async (t) => {
    const client = await agentClient(agent.url);
    const events = stream(client, 'steps 40 25');
    const { task } = await first(events);
    await untilStreams(agent, 1);
    await agent.dropStreams();
    await t.rejects(all(events), 'the stream breaks off');
    await untilStreams(agent, 0);
    const rest = await all(subscribe(client, task?.id ?? ''));
    t.match(rest[0], { task: { id: task?.id, status: { state: 'TASK_STATE_WORKING' } } });
    t.equal(stateOf(rest.at(-1) ?? {}), 'COMPLETED');
  });

  t.test(`an agent ${name} forgets its tasks, and their streams end`, async (t) => {
    const client = await agentClient(agent.url);
    const events = stream(client, 'wait');
    const { task } = await first(events);
    await agent.forget();
    t.not(stateOf((await all(events)).at(-1) ?? {}), 'CANCELED', 'nothing is said of the end');
    t.equal(await codeOf(getTask(client, task?.id ?? '')), -32001);
    t.equal((await agent.counts()).running, 0);
  });
}

t.test('an agent of 0.3 knows nothing of 1.0', async (t) => {
  const { agent } = kinds['of 0.3'] ?? {};
  if (agent === undefined) throw new Error('No agent of 0.3');
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };
  const card = await fetch(new URL('.well-known/agent-card.json', agent.url), { headers });
  t.notOk(card.headers.has('vary'));
  const content = (await card.json()) as object;
  t.match(content, { protocolVersion: '0.3.0', url: agent.url, preferredTransport: 'JSONRPC' });
  t.notMatch(Object.keys(content), ['supportedInterfaces']);
  const call = async (method: string, role: string, part: object): Promise<unknown> => {
    const message = { kind: 'message', messageId: '1', role, parts: [part] };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method, params: { message } });
    return (await fetch(agent.url, { method: 'POST', headers, body })).json();
  };
  t.match(await call('message/send', 'user', { kind: 'text', text: 'echo hello' }), {
    id: 7,
    result: { kind: 'task', status: { state: 'completed' }, artifacts: [{ parts: [{ kind: 'text', text: 'hello' }] }] },
  });
  t.match(await call('SendMessage', 'ROLE_USER', { text: 'echo hello' }), { error: { code: -32601 } });
});

t.test('an agent of 1.0 refuses what does not say its version', async (t) => {
  for (const name of ['of 1.0', 'in Python']) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'GetTask', params: { id: 'none' } });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(kinds[name]?.agent.url ?? '', { method: 'POST', headers, body });
    t.match(await answer.json(), { error: { code: -32009 } }, name);
  }
});

t.test('an agent can live below a path, claim another origin and ask for a tenant', async (t) => {
  const args = [
    '--base',
    '/team/one',
    '--origin',
    'http://elsewhere.example:8000',
    '--tenant',
    'blue',
    '--card-age',
    '0',
  ];
  const agent = await startAgent('a2a', { args });
  t.teardown(() => agent.stop());
  t.match(agent.url, /^http:\/\/127\.0\.0\.1:\d+\/team\/one\/$/);
  for (const path of ['/', '/team/one/']) {
    const card = await fetch(new URL(`${path}.well-known/agent-card.json`, agent.url));
    t.equal(card.headers.get('cache-control'), 'no-cache');
    t.ok(card.headers.has('etag'));
    t.match(await card.json(), {
      supportedInterfaces: [{ url: 'http://elsewhere.example:8000/team/one', tenant: 'blue' }],
    });
  }
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0', 'x-mine': 'yes' };
  const params = { tenant: 'blue', message: { messageId: '1', role: 'ROLE_USER', parts: [{ text: 'echo hello' }] } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params });
  const answer = await fetch(new URL('/team/one', agent.url), { method: 'POST', headers, body });
  t.match(await answer.json(), { result: { task: { status: { state: 'TASK_STATE_COMPLETED' } } } });
  t.match(await agent.lastRequest('SendMessage'), { headers: { 'a2a-version': '1.0', 'x-mine': 'yes' }, params });
  t.match((await agent.counts()).methods, { card: 2, SendMessage: 1 });
});
