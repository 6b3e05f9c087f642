/** Tasks of agents that take long: cancelled, late, broken off, and taken up again. */
import t from 'tap';
import { clientKinds, said, taskIn, type ToldProgress } from '../support/agent-clients.ts';
import {
  agentEntry,
  agentKinds,
  agentNames,
  kindsOfClients,
  serveAgents,
  untilServed,
} from '../support/agent-kinds.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startAgent, type RunningAgent } from '../support/start-agent.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const { gateway, agents } = await serveAgents(t);
const TIMEOUT_MS = 1000;
const hurried = await startGateway(
  agentNames.map((name) => agentEntry(name, agents[name].url, { timeoutMs: TIMEOUT_MS })),
);
t.teardown(() => hurried.stop());
await untilServed(hurried, agentNames.length);

const cancelledAt = async (agent: RunningAgent): Promise<number> => (await agent.counts()).cancelled;
const calledAt = async (agent: RunningAgent, ...methods: readonly string[]): Promise<number> => {
  const { methods: counts } = await agent.counts();
  return methods.reduce((sum, method) => sum + (counts[method] ?? 0), 0);
};

for (const name of agentNames) {
  const agent = agents[name];
  for (const kind of kindsOfClients) {
    t.test(`a client (${kind}) of the agent “${name}”`, async (t) => {
      const client = await clientKinds[kind](gateway.url);
      t.teardown(() => client.close());

      t.test('gives a call up, which cancels the task', async (t) => {
        const before = await cancelledAt(agent);
        const abort = new AbortController();
        const waiting = Promise.withResolvers<void>();
        const call = client.call(
          `${name}_wait`,
          { message: 'wait' },
          { signal: abort.signal, onProgress: ({ message }) => void (message === 'waiting' && waiting.resolve()) },
        );
        call.catch(() => undefined);
        await waiting.promise;
        abort.abort();
        await until('the cancellation', async () => (await cancelledAt(agent)) === before + 1);
        await t.rejects(call);
      });

      t.test('gives up a call that refuses to be cancelled, and others go on', async (t) => {
        const before = await calledAt(agent, 'CancelTask', 'tasks/cancel');
        const abort = new AbortController();
        const waiting = Promise.withResolvers<void>();
        const call = client.call(
          `${name}_wait-stubborn`,
          { message: 'wait-stubborn' },
          { signal: abort.signal, onProgress: ({ message }) => void (message === 'waiting' && waiting.resolve()) },
        );
        call.catch(() => undefined);
        await waiting.promise;
        abort.abort();
        await t.rejects(call);
        await until('the attempt', async () => (await calledAt(agent, 'CancelTask', 'tasks/cancel')) === before + 1);
        t.match((await client.call(`${name}_echo`, { message: 'echo on' })).content[0], { text: 'on' });
      });

      t.test('has an answer with the handle before the deadline, and the outcome later', async (t) => {
        const short = await clientKinds[kind](hurried.url);
        t.teardown(() => short.close());
        const began = performance.now();
        const late = await short.call(`${name}_steps`, { message: 'steps 12 100' });
        const took = performance.now() - began;
        t.ok(took < TIMEOUT_MS, `${took} ms`);
        t.notOk(late.isError);
        t.match(said(late), /^The agent is still at work: step \d+ of 12\nThe outcome is given by the tool delegate/);
        const done = await until('the outcome', async () => {
          const each = await short.call(`${name}_delegate`, { task: taskIn(late) });
          return said(each).startsWith('done') ? each : undefined;
        });
        t.match(done.content[0], { text: 'done in 12 steps' });
      });
    });
  }
}

for (const name of ['modern', 'older'] as const) {
  t.test(`a stream of the agent “${name}” that breaks is taken up again, and nothing is told twice`, async (t) => {
    const agent = agents[name];
    const client = await clientKinds['modern by hand'](gateway.url);
    const before = await calledAt(agent, 'SubscribeToTask', 'tasks/resubscribe');
    const told: ToldProgress[] = [];
    let dropped: Promise<void> | undefined;
    const result = await client.call(
      `${name}_steps`,
      { message: 'steps 30 30' },
      {
        onProgress: (each) => {
          told.push(each);
          if (each.message?.startsWith('step 5 ')) dropped ??= agent.dropStreams();
        },
      },
    );
    await dropped;
    t.ok(dropped);
    t.match(result.content[0], { text: 'done in 30 steps' });
    t.equal((await calledAt(agent, 'SubscribeToTask', 'tasks/resubscribe')) - before, 1);
    const messages = told.map(({ message }) => message);
    t.equal(new Set(messages).size, messages.length);
    t.match(messages.at(-1), /^(step 30 of 30|completed)$/);
  });
}

t.test('an agent that does not stream is asked by GetTask, and never to stream', async (t) => {
  const { methods } = await agents.polled.counts();
  t.ok((methods['GetTask'] ?? 0) > 0);
  t.notOk(methods['SendStreamingMessage']);
  t.notOk(methods['SubscribeToTask']);
});

for (const name of ['modern', 'polled'] as const) {
  t.test(`an agent (“${name}”) that forgets its tasks`, async (t) => {
    const agent = agents[name];
    const client = await clientKinds['legacy SDK'](gateway.url);
    t.teardown(() => client.close());
    const waiting = Promise.withResolvers<void>();
    const call = client.call(
      `${name}_wait`,
      { message: 'wait' },
      { onProgress: ({ message }) => void (message === 'waiting' && waiting.resolve()) },
    );
    await waiting.promise;
    await agent.forget();
    const result = await call;
    t.match(result, {
      isError: true,
      content: [{ text: new RegExp(`^The agent default/${name} cannot do this\\. It does not know the task`) }],
    });
    const asked = await client.call(`${name}_ask`, { message: 'ask' });
    await agent.forget();
    const later = await client.call(`${name}_delegate`, { task: taskIn(asked) });
    t.match(later, {
      isError: true,
      content: [{ text: new RegExp(`^The agent default/${name} cannot do this\\. It does not know the task`) }],
    });
  });
}

t.test('agents that end', async (t) => {
  const [doomed, other, tool] = await Promise.all([startAgent('a2a'), startAgent('a2a'), startServer('everything')]);
  const own = await startGateway([
    agentEntry('doomed', doomed.url),
    agentEntry('other', other.url),
    entryFor(tool.url, { name: 'tool' }),
  ]);
  t.teardown(() => Promise.all([own.stop(), doomed.stop(), other.stop(), tool.stop()]));
  await untilServed(own, 3);
  const client = await clientKinds['modern by hand'](own.url);

  t.test('restarted amid a task is one clear error, and serves on', async (t) => {
    const waiting = Promise.withResolvers<void>();
    const call = client.call(
      'doomed_wait',
      { message: 'wait' },
      { onProgress: ({ message }) => void (message === 'waiting' && waiting.resolve()) },
    );
    await waiting.promise;
    await doomed.stop();
    const again = await startAgent('a2a', { port: doomed.port });
    t.match(await call, {
      isError: true,
      content: [{ text: /^The agent default\/doomed cannot do this\. It does not know the task/ }],
    });
    t.match((await client.call('doomed_echo', { message: 'echo back' })).content[0], { text: 'back' });
    await again.stop();
  });

  t.test('down, its calls fail fast and name it, and others are unharmed', async (t) => {
    const began = performance.now();
    await t.rejects(client.call('doomed_echo', { message: 'echo' }), {
      message: /^The agent default\/doomed cannot do this\. There is no connection: /,
    });
    t.ok(performance.now() - began < 2000);
    t.match((await client.call('other_echo', { message: 'echo here' })).content[0], { text: 'here' });
    t.match(said(await client.call('tool_echo', { message: 'here' })), /here/);
  });
});

t.test(
  'an agent that does not come back amid a task is an error with the handle, and another task goes on',
  async (t) => {
    const agent = await startAgent('a2a');
    const own = await startGateway([agentEntry('lost', agent.url), agentEntry('modern', agents.modern.url)]);
    t.teardown(() => Promise.all([own.stop(), agent.stop()]));
    await untilServed(own, 2);
    const client = await clientKinds['modern by hand'](own.url);
    const waiting = Promise.withResolvers<void>();
    const onProgress = ({ message }: ToldProgress): void => void (message === 'waiting' && waiting.resolve());
    const call = client.call('lost_wait', { message: 'wait' }, { onProgress });
    const other = client.call('modern_steps', { message: 'steps 30 100' });
    await waiting.promise;
    await agent.stop();
    t.match((await other).content[0], { text: 'done in 30 steps' });
    const result = await call;
    t.match(result, {
      isError: true,
      content: [
        {
          text: /^The agent default\/lost is out of reach amid the task\. There is no connection: .* The task may go on\.$/,
        },
      ],
    });
    const began = performance.now();
    await t.rejects(client.call('lost_delegate', { task: taskIn(result) }), { message: /There is no connection/ });
    t.ok(performance.now() - began < 2000);
  },
);

for (const name of agentNames.filter((each) => agentKinds[each].streams)) {
  t.test(`an event of “${name}” that is too large for a stream is made good by asking for the task`, async (t) => {
    const agent = agents[name];
    const asked = (): Promise<number> => calledAt(agent, 'GetTask', 'tasks/get');
    const subscribed = (): Promise<number> => calledAt(agent, 'SubscribeToTask', 'tasks/resubscribe');
    const before = { asked: await asked(), subscribed: await subscribed() };
    const client = await clientKinds['modern by hand'](gateway.url);
    const result = await client.call(`${name}_large`, { message: 'large 5000000 1000' });
    t.equal(String(result.content[0]?.['text']).length, 5_000_000);
    t.ok((await asked()) > before.asked);
    t.equal(await subscribed(), before.subscribed, 'another stream would break at the same event');
    const again = await client.call(`${name}_delegate`, { task: taskIn(result) });
    t.equal(String(again.content[0]?.['text']).length, 5_000_000);
  });
}

t.test('an answer beyond the bound is an error, and harms no other call', async (t) => {
  for (const name of ['modern', 'polled'] as const) {
    const client = await clientKinds['modern by hand'](gateway.url);
    await t.rejects(client.call(`${name}_large`, { message: 'large 20000000' }), {
      message: new RegExp(`^The agent default/${name} cannot do this\\. It gave more than \\d+ bytes`),
    });
    t.match((await client.call(`${name}_echo`, { message: 'echo on' })).content[0], { text: 'on' });
  }
});
