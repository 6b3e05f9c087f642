import t from 'tap';
import type { ServiceReport } from '../../gateway/contract/report.ts';
import { detailOf, serviceViews, shortLine, stateOf, type ServiceView } from '../../local/service-lines.ts';

const report = (state: ServiceReport['state'], toolCount = 0, message?: string): ServiceReport => ({
  namespace: 'games',
  name: 'dice',
  state,
  since: '2026-01-01T00:00:00Z',
  toolCount,
  promptCount: 0,
  resourceCount: 0,
  ...(message === undefined ? {} : { message }),
});

const cases: readonly (readonly [string, Omit<ServiceView, 'key'>, string, string])[] = [
  ['served', { report: report('Available', 2) }, 'available', 'available, 2 tools'],
  ['served with one tool', { report: report('Available', 1) }, 'available', 'available, 1 tool'],
  [
    'down',
    { report: report('Unavailable', 3, 'It does not answer.') },
    'unavailable',
    'unavailable: It does not answer.',
  ],
  ['not asked yet', { report: undefined }, 'pending', 'pending'],
  ['rejected', { report: undefined, rejected: 'It has no port.' }, 'rejected', 'rejected: It has no port.'],
];
for (const [what, view, state, line] of cases) {
  t.test(`a Service that is ${what}`, async (t) => {
    t.equal(stateOf({ key: 'games/dice', ...view }), state);
    t.equal(shortLine({ key: 'games/dice', ...view }), line);
  });
}

t.test('of an agent the skills are counted and named', async (t) => {
  const agent = { key: 'games/dice', report: { ...report('Available', 3), skillCount: 2 } };
  t.equal(shortLine(agent), 'available, 3 tools, 2 skills');
  t.equal(
    detailOf(agent, { tools: ['travel_delegate', 'travel_plan'], skills: ['Plan a trip', 'Pack'] }),
    'travel_delegate  travel_plan. An agent: Plan a trip, Pack',
  );
});

t.test('the detail names the tools, or how many there are, or what is wrong', async (t) => {
  const available = { key: 'games/dice', report: report('Available', 2) };
  t.equal(detailOf(available, { tools: ['dice_roll', 'dice_choose'] }), 'dice_roll  dice_choose');
  t.equal(detailOf(available), '2 tools');
  t.equal(detailOf({ key: 'games/dice', report: report('Unavailable', 2, 'It is down.') }), 'It is down.');
});

t.test('views are those of the registry, served and rejected, in the order of names', async (t) => {
  const document = {
    services: [{ namespace: 'games', name: 'dice' }],
    rejected: [{ namespace: 'default', name: 'broken', message: 'It has no port.' }],
  };
  const views = serviceViews({ document, files: new Map() } as never, [report('Available', 4)]);
  t.match(views, [
    { key: 'default/broken', report: undefined, rejected: 'It has no port.' },
    { key: 'games/dice', report: { toolCount: 4 } },
  ]);
});
