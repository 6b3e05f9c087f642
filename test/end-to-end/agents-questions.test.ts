/** What an agent asks amid a task reaches the client as its era and its capabilities have it. */
import t, { type Test } from 'tap';
import { answerTo, askedIn } from '../support/asking.ts';
import {
  clientKinds,
  isLegacy,
  said,
  taskIn,
  type AgentClient,
  type ClientKind,
  type Elicited,
  type Json,
} from '../support/agent-clients.ts';
import {
  agentEntry,
  agentNames,
  kindsOfClients,
  pathsTo,
  serveAgents,
  untilServed,
  type ToolPath,
} from '../support/agent-kinds.ts';
import { severableWay } from '../support/severable-way.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const { gateway, agents } = await serveAgents(t);

/** Connects a client that answers so, and hears what it was asked. */
async function connected(t: Test, kind: ClientKind, { url }: ToolPath, elicited?: Elicited) {
  const asked: Json[] = [];
  const options = elicited && {
    elicited: (params: Json): unknown => {
      asked.push(params);
      return elicited(params);
    },
  };
  const client: AgentClient = await clientKinds[kind](url, options);
  t.teardown(() => client.close());
  return { client, asked };
}

const answers: Readonly<Record<string, string>> = {
  'What is your name?': 'Ada',
  'Which colour do you like?': 'blue',
};
const answering: Elicited = ({ message }) => ({ action: 'accept', content: { answer: answers[String(message)] } });

/** Signs in where the question says, and says so. */
const signingIn: Elicited = ({ url }) => {
  void fetch(String(url), { method: 'POST' }).then((response) => response.text());
  return { action: 'accept' };
};

for (const name of agentNames) {
  const agent = agents[name];
  for (const kind of kindsOfClients) {
    for (const path of pathsTo(gateway, name)) {
      const tool = (skill: string): string => path.prefix + skill;

      t.test(`a client (${kind}) of the agent “${name}” at ${path.title}`, async (t) => {
        t.test('answers two questions by forms', async (t) => {
          const { client, asked } = await connected(t, kind, path, answering);
          const result = await client.call(tool('ask'), { message: 'ask' });
          t.match(result.content[0], { text: 'Ada likes blue' });
          t.strictSame(
            asked.map(({ message }) => message),
            Object.keys(answers),
          );
          for (const question of asked) {
            t.match(question, {
              mode: 'form',
              requestedSchema: { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] },
            });
          }
        });

        t.test('declines, of which the agent is told', async (t) => {
          const { client, asked } = await connected(t, kind, path, () => ({ action: 'decline' }));
          const result = await client.call(tool('ask'), { message: 'ask' });
          t.match(result, { isError: true, content: [{ text: /^The agent rejected the task: .*declined to answer/ }] });
          t.equal(asked.length, 1);
        });

        t.test('puts a question off, and answers later by the handle', async (t) => {
          const { client, asked } = await connected(t, kind, path, () => ({ action: 'cancel' }));
          const result = await client.call(tool('ask'), { message: 'ask' });
          t.match(result.content[0], { text: 'The agent needs more to go on: What is your name?' });
          t.match(said(result), taskIn(result), 'the handle is told');
          t.equal(asked.length, 1);
          const task = taskIn(result);
          const again = await client.call(tool('delegate'), { task, message: 'Ada' });
          t.match(again.content[0], { text: 'The agent needs more to go on: Which colour do you like?' });
          t.equal(asked.length, 2, 'it is asked what is new');
          const done = await client.call(tool('delegate'), { task, message: 'blue' });
          t.match(done.content[0], { text: 'Ada likes blue' });
        });

        t.test('cannot be asked, is told what is needed, and goes on by the handle', async (t) => {
          const { client } = await connected(t, kind, path);
          const result = await client.call(tool('ask'), { message: 'ask' });
          t.notOk(result.isError);
          t.match(said(result), /needs more to go on: What is your name\?\nAnswer by the tool delegate of this agent/);
          const task = taskIn(result);
          const again = await client.call(tool('delegate'), { task, message: 'Ada' });
          t.match(again.content[0], { text: 'The agent needs more to go on: Which colour do you like?' });
          const done = await client.call(tool('delegate'), { task, message: 'blue' });
          t.match(done.content[0], { text: 'Ada likes blue' });
        });

        t.test('is sent to a URL to authorize, and the task goes on by itself', async (t) => {
          for (const message of ['auth', 'auth part']) {
            const { client, asked } = await connected(t, kind, path, signingIn);
            const result = await client.call(tool('auth'), { message });
            t.match(result.content[0], { text: 'authorized' });
            t.equal(asked.length, 1);
            t.match(asked[0], {
              mode: 'url',
              url: new RegExp(`^http://${agent.target}/authorize`),
              message: /sign in/,
            });
            if (isLegacy(kind)) t.type(asked[0]?.['elicitationId'], 'string');
          }
        });

        t.test('is told that an authorization is needed, where there is no URL or it cannot be asked', async (t) => {
          const able = await connected(t, kind, path, () => ({ action: 'accept' }));
          const silent = await able.client.call(tool('auth'), { message: 'auth silent' });
          t.match(silent.content[0], { text: 'The agent needs an authorization to go on: Somebody has to sign in.' });
          t.strictSame(able.asked, []);
          const unable = await connected(t, kind, path);
          const result = await unable.client.call(tool('auth'), { message: 'auth part' });
          const [url] = /http:\S+/.exec(said(result)) ?? [''];
          t.match(said(result), /^The agent needs an authorization to go on: Please sign in. See http/);
          t.equal((await fetch(url, { method: 'POST' })).status, 200);
          const done = await until('the end of the task', async () => {
            const each = await unable.client.call(tool('delegate'), { task: taskIn(result) });
            return said(each).startsWith('authorized') ? each : undefined;
          });
          t.match(done.content[0], { text: 'authorized' });
        });
      });
    }
  }
}

/** A modern client calls a skill that asks it. */
const call = {
  url: gateway.url,
  params: { name: 'modern_ask', arguments: { message: 'ask' } },
  capabilities: { elicitation: {} },
};

t.test('a modern client gets the question as input_required, and its retry the rest', async (t) => {
  const first = askedIn(await answerTo(call));
  const [key = ''] = Object.keys(first.inputRequests);
  t.match(first.inputRequests[key], { method: 'elicitation/create', params: { message: 'What is your name?' } });
  t.notMatch(first.requestState, /TASK|ask-/, 'the state says nothing to the client');
  const accepted = { action: 'accept', content: { answer: 'Ada' } };
  const second = askedIn(
    await answerTo(call, { requestState: first.requestState, inputResponses: { [key]: accepted } }),
  );
  const [other = ''] = Object.keys(second.inputRequests);
  t.not(other, key, 'the keys of a task’s questions are its questions’ own');
});

t.test('an answer that a modern client sends twice is told to the agent once', async (t) => {
  const first = askedIn(await answerTo(call));
  const [key = ''] = Object.keys(first.inputRequests);
  const retry = {
    requestState: first.requestState,
    inputResponses: { [key]: { action: 'accept', content: { answer: 'Ada' } } },
  };
  const second = askedIn(await answerTo(call, retry));
  const again = askedIn(await answerTo(call, retry));
  t.strictSame(again.inputRequests, second.inputRequests, 'the task waits for the answer to its second question');
});

t.test('a question whose answer finds the agent out of reach is asked again', async (t) => {
  const way = await severableWay(t, agents.modern.target);
  const own = await startGateway([agentEntry('far', `http://${way.target}/`)]);
  t.teardown(() => own.stop());
  await untilServed(own, 1);
  const asked: unknown[] = [];
  const client = await clientKinds['legacy SDK'](own.url, {
    elicited: async (params) => {
      asked.push(params['message']);
      if (asked.length === 1) await way.sever();
      return answering(params);
    },
  });
  t.teardown(() => client.close());
  const lost = await client.call('far_ask', { message: 'ask' });
  t.match(lost, { isError: true, content: [{ text: /out of reach amid the task/ }] });
  await way.mend();
  const result = await client.call('far_delegate', { task: taskIn(lost) });
  t.match(result.content[0], { text: 'Ada likes blue' });
  const [name, colour] = Object.keys(answers);
  t.strictSame(asked, [name, name, colour]);
});
