import type { ServerResponse } from 'node:http';
import t from 'tap';
import { AgentError } from '../../../gateway/agents/agent-error.ts';
import { agentOf } from '../../support/agent-of.ts';
import { cardOf } from '../../support/scripted-card.ts';
import { until } from '../../support/until.ts';

/** An agent whose card is asked for at an address that answers when a test says so. */
async function heldAgent(t: { teardown(end: () => unknown): void }) {
  const asked: ServerResponse[] = [];
  const { agent, entry } = await agentOf(t, (_, response) => void asked.push(response));
  /** Answers the next request for the card. */
  const give = async (skill: string): Promise<void> => {
    const response = await until('the card to be asked for', async () => asked.shift());
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
    response.end(JSON.stringify(cardOf([skill])));
  };
  return { agent, entry, give, asked };
}

t.test('a call does not wait for a card that has run out', async (t) => {
  const { agent, give, asked } = await heldAgent(t);
  const first = agent.callable();
  await give('one');
  const names = (await first).map(({ definition }) => definition['name']);
  t.ok(names.includes('one'), names.join());
  t.strictSame(await agent.callable(), await first, 'while the next card is held back');
  await until('the next card to be asked for', async () => asked.length > 0);
});

t.test('a card that was asked for before the agent changed is not kept', async (t) => {
  const { agent, entry, give, asked } = await heldAgent(t);
  const before = agent.card();
  await until('the card to be asked for', async () => asked.length > 0);
  agent.update({ ...entry, path: '/other' });
  await give('old');
  await give('new');
  t.strictSame(
    (await before).card.skills.map(({ id }) => id),
    ['new'],
  );
  t.match(agent.known?.card.skills, [{ id: 'new' }]);
});

t.test('a question counts as answered while the agent is told, and from then on', async (t) => {
  const { agent } = await heldAgent(t);
  const told = Promise.withResolvers<string>();
  const answering = agent.answer('key', () => told.promise);
  t.equal(agent.wasAnswered('key'), true);
  t.equal(agent.wasAnswered('other'), false);
  told.resolve('heard');
  t.equal(await answering, 'heard');
  t.equal(agent.wasAnswered('key'), true);
});

t.test('a question whose answer was not heard may be answered again', async (t) => {
  const { agent } = await heldAgent(t);
  const outcome = { wasHeard: false };
  t.equal(
    await agent.answer(
      'unheard',
      async () => outcome,
      ({ wasHeard }) => wasHeard,
    ),
    outcome,
  );
  t.equal(agent.wasAnswered('unheard'), false);
  const fault = new AgentError('ERR_AGENT_UNREACHABLE', 'There is no connection.');
  await t.rejects(
    agent.answer('failed', () => Promise.reject(fault)),
    fault,
  );
  t.equal(agent.wasAnswered('failed'), false);
});
