/**
 * Many clients at one time that all use the same ids and progress tokens, of the same servers: each hears its own secrets
 * and no other's, in answers, progress, log messages and questions.
 */
import t from 'tap';
import {
  legacyTalker,
  modernTalker,
  secretOf,
  secretsIn,
  type CrossTalkClient,
  type PlannedCall,
} from '../support/fuzz/cross-talk-client.ts';
import { crossTalkServers, WORK_STEPS, type ServerKind } from '../support/fuzz/cross-talk-servers.ts';
import { faultsIn } from '../support/fuzz/control-clients.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

/** Half of each era. */
const CLIENTS = 200;
const CALLS = 24;
/** How many calls of one client are under way at one time. */
const AT_ONCE = 2;

const servers = await crossTalkServers(t);
const programs = await Promise.all([
  startServer('legacy'),
  startServer('modern'),
  startServer('conformance-legacy'),
  startServer('conformance-modern'),
]);
const [old, recent, asking, needing] = programs;
const gateway = await startGateway([
  ...Object.entries(servers.upstreams).map(([name, { url }]) => entryFor(url, { name })),
  entryFor(old.url, { name: 'v1' }),
  entryFor(recent.url, { name: 'v2' }),
  entryFor(asking.url, { name: 'asking' }),
  entryFor(needing.url, { name: 'needing' }),
]);
t.teardown(() => Promise.all([gateway.stop(), ...programs.map((program) => program.stop())]));

type Era = 'legacy' | 'modern';
const eraOf = (client: number): Era => (client % 2 === 0 ? 'legacy' : 'modern');
/** Some are asked, some cancel, and some go away amid a call. */
const roles = ['plain', 'asked', 'cancelling', 'leaving'] as const;
const roleOf = (client: number) => roles[Math.floor(client / 2) % roles.length] as (typeof roles)[number];

/** The call of a scripted server that tells the secret in every way. */
function work(server: ServerKind, client: number, call: number, isLogging: boolean): PlannedCall {
  const logs = isLogging ? 1 : 0;
  return { tool: `${server}_work`, args: { secret: secretOf(client, call) }, progress: WORK_STEPS, logs };
}

/** What a client does in its calls, one after the other, from the number that it begins at. */
function planned(client: number, call: number): PlannedCall {
  const era = eraOf(client);
  const role = roleOf(client);
  const secret = secretOf(client, call);
  const isLogging = era === 'legacy' || role === 'plain';
  const steps = 1 + (client % 5);
  switch ((client + call) % 8) {
    case 0:
      return { tool: 'v1_echo', args: { text: secret } };
    case 1:
      return { tool: 'v2_echo', args: { text: secret } };
    case 2:
      return work('legacy', client, call, isLogging);
    case 3:
      return work('modern', client, call, isLogging);
    case 4:
      return work('stateless', client, call, isLogging);
    case 5:
      return { tool: 'v1_count', args: { to: steps, stepMs: 2 }, progress: steps };
    default:
      return special(role, client, call, (client + call) % 8 === 6 ? 'legacy' : 'modern');
  }
}

/** What only clients of a role do. */
function special(role: (typeof roles)[number], client: number, call: number, server: Era): PlannedCall {
  const secret = secretOf(client, call);
  switch (role) {
    case 'plain':
      return { tool: server === 'legacy' ? 'v1_count' : 'v2_count', args: { to: 3, stepMs: 1 }, progress: 3 };
    case 'asked':
      return server === 'legacy'
        ? { tool: 'asking_test_sampling', args: { prompt: secret }, asked: 'with its secret' }
        : { tool: 'needing_test_input_required_result_sampling', args: {}, asked: 'without' };
    case 'cancelling':
      return { tool: `${server}_hold`, args: { secret }, ends: 'cancelled' };
    case 'leaving':
      return { tool: `${server}_work`, args: { secret }, ends: 'left' };
  }
}

/** Makes all calls of a client, some at one time. @returns what was wrong, in sentences */
async function run(client: CrossTalkClient): Promise<readonly string[]> {
  const wrong: string[] = [];
  let next = 1;
  const lane = async (): Promise<void> => {
    while (next <= CALLS) {
      const number = next++;
      await client.call(number, planned(client.index, number)).catch((error: unknown) => wrong.push(String(error)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return wrong;
}

/** The calls of all clients that are of a kind. */
const allPlanned = Array.from({ length: CLIENTS }, (_, client) =>
  Array.from({ length: CALLS }, (_unused, index) => ({ client, number: index + 1, call: planned(client, index + 1) })),
).flat();

t.test(`${CLIENTS} clients with the same ids hear nothing of each other`, async (t) => {
  const began = performance.now();
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) => {
      const capabilities = roleOf(index) === 'asked' ? { sampling: {} } : {};
      return (eraOf(index) === 'modern' ? modernTalker : legacyTalker)(gateway.url, index, capabilities);
    }),
  );
  const connected = performance.now();
  const wrong = (await Promise.all(clients.map(run))).flat();
  t.comment(
    `${Math.round(connected - began)} ms to begin, ${Math.round(performance.now() - connected)} ms for all calls`,
  );

  t.strictSame(wrong.slice(0, 3), [], `of ${allPlanned.length} calls ${wrong.length} were wrong`);
  const asides = clients.map(({ index, asides: heard }) => ({
    index,
    secrets: heard.flatMap(secretsIn),
  }));
  const foreign = asides.flatMap(({ index, secrets }) =>
    secrets
      .filter((secret) => !secret.startsWith(`secret-${index}-`))
      .map((secret) => `client ${index} heard ${secret}`),
  );
  t.strictSame(foreign, [], 'what is said outside of calls is heard by its own client alone');
  const heardAside = asides.reduce((sum, { secrets }) => sum + secrets.length, 0);
  t.ok(heardAside > CLIENTS / 2, `${heardAside} messages outside of calls`);
  await Promise.all(clients.map((client) => client.close()));
});

t.test('each call was worked on once, and what was cancelled is what was meant', async (t) => {
  const isWork = ({ call }: (typeof allPlanned)[number]): boolean => call.tool.endsWith('_work');
  const expected = allPlanned.filter(isWork).map(({ client, number }) => secretOf(client, number));
  t.strictSame([...servers.worked.keys()].sort(), expected.sort(), `${expected.length} calls were worked on`);
  const often = [...servers.worked].filter(([, times]) => times !== 1);
  t.strictSame(often, [], 'each once');
  const secretsOf = (ends: PlannedCall['ends']): string[] =>
    allPlanned.filter(({ call }) => call.ends === ends).map(({ client, number }) => secretOf(client, number));
  const meant = secretsOf('cancelled');
  // A modern client that goes away amid a call has cancelled it; whether the server still hears of it is up to chance.
  const left = new Set(secretsOf('left'));
  const missing = (): string[] => meant.filter((secret) => !servers.cancelled.includes(secret));
  // Servers hear of it behind the client's answer.
  await until('all cancellations at the servers', () => missing().length === 0, { state: missing });
  const heard = servers.cancelled.filter((secret) => !left.has(secret));
  t.strictSame(heard.sort(), meant.sort(), `${meant.length} calls were cancelled`);
  t.strictSame(servers.strays, [], 'no cancellation was of another call');
  t.strictSame(faultsIn(gateway.log()), [], 'nothing was a fault of the gateway');
});
