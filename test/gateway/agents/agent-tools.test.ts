import t from 'tap';
import { readAgentCard } from '../../../gateway/agents/agent-card.ts';
import { agentTools } from '../../../gateway/agents/agent-tools.ts';
import { cardOf } from '../../support/scripted-card.ts';

const toolsFor = (...skills: readonly Record<string, unknown>[]) => agentTools(readAgentCard(cardOf([], { skills })));
const names = (...ids: readonly string[]): string[] => agentTools(readAgentCard(cardOf(ids))).map(({ name }) => name);

t.test('an agent has a tool in free form, and one a skill', async (t) => {
  t.strictSame(names('sum', 'plan.trip-2'), ['delegate', 'sum', 'plan.trip-2']);
});

t.test('what may not stand in a tool’s name becomes _', async (t) => {
  t.strictSame(names('plan a trip', 'größe/x'), ['delegate', 'plan_a_trip', 'gr__e_x']);
});

t.test('names that would be the same are numbered', async (t) => {
  t.strictSame(names('delegate', 'a b', 'a/b', 'a_b', 'a b'), [
    'delegate',
    'delegate_2',
    'a_b',
    'a_b_2',
    'a_b_3',
    'a_b_4',
  ]);
});

t.test('long names are cut, and stay apart', async (t) => {
  const [, first, second] = names('x'.repeat(200), `${'x'.repeat(200)}y`);
  t.equal(first, 'x'.repeat(100));
  t.equal(second, `${'x'.repeat(100)}_2`);
});

t.test('a tool says what a skill is, with examples, and what nobody can promise', async (t) => {
  const examples = Array.from({ length: 8 }, (_, index) => `example ${index}`);
  const [, tool] = toolsFor({ id: 'sum', name: 'Sum', description: 'Adds.', tags: [], examples });
  t.match(tool?.definition, {
    name: 'sum',
    title: 'Scripted: Sum',
    description:
      /^Adds\.\n\nFor example:\n- example 0\n(- example \d\n){3}- example 4\n\nThe agent Scripted does this by itself/,
    inputSchema: { type: 'object', required: ['message'] },
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  });
});

t.test('a description is cut', async (t) => {
  const [, tool] = toolsFor({ id: 'sum', description: 'x'.repeat(10_000) });
  t.equal(String(tool?.definition['description']).length, 4096);
});

t.test('a long description leaves room for what nobody can promise', async (t) => {
  const [free, tool] = agentTools(
    readAgentCard(
      cardOf([], { description: 'x'.repeat(10_000), skills: [{ id: 's', description: 'y'.repeat(10_000) }] }),
    ),
  );
  for (const each of [free, tool]) t.match(each?.definition['description'], /it may take minutes or longer/);
});
