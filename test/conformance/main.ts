/** Runs the MCP conformance suite through a gateway; `--help` tells more. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import t from 'tap';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';
import { reportScenarios } from './report.ts';
import { requirementSets, type RequirementSet } from './requirements.ts';
import { isRequired, problemsOf } from './verdict.ts';
import { clientScenario, serverSuite } from './suite.ts';

const HELP = `Usage: node test/conformance/main.ts [--url URL --requirements SET]

Runs the requirement sets ${requirementSets.join(' and ')} against a server without the gateway and with it, and the
scenarios for clients with the gateway between. Prints TAP, a test for each scenario.

  --url URL           test only what is at this URL, e.g. http://localhost:8080/mcp/NAMESPACE/SERVICE
  --requirements SET  the requirement set for --url
`;

/** The scenarios for clients that have nothing to do with authorization, and the revision that each speaks. */
const clientScenarios: readonly (readonly [name: string, set: RequirementSet])[] = [
  ['initialize', '2025-11-25'],
  ['tools_call', '2025-11-25'],
  ['sse-retry', '2025-11-25'],
  ['tools_call', '2026-07-28'],
  ['request-metadata', '2026-07-28'],
  ['http-standard-headers', '2026-07-28'],
  ['http-custom-headers', '2026-07-28'],
  ['http-invalid-tool-headers', '2026-07-28'],
  ['json-schema-ref-no-deref', '2026-07-28'],
  ['sep-2322-client-request-state', '2026-07-28'],
];
const clientProgram = fileURLToPath(new URL('client.ts', import.meta.url));
const timeout = 120_000;

// The runner of the tiers ends what hangs; tap's own 30 s would end the whole program.
t.setTimeout(10 * timeout);

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    url: { type: 'string' },
    requirements: { type: 'string' },
  },
});
if (values.help) process.stdout.write(HELP);
else if (values.url !== undefined) testOne(values.url, chosenSet(values.requirements));
else testAll();

function chosenSet(name: string | undefined): RequirementSet {
  const set = requirementSets.find((each) => each === name);
  if (set === undefined) throw new Error(`--requirements is ${name}; give one of ${requirementSets.join(', ')}.`);
  return set;
}

function testOne(url: string, set: RequirementSet): void {
  t.test(`${set} at ${url}`, { timeout }, async (t) => reportScenarios(t, await serverSuite(url, set)));
}

function testAll(): void {
  t.test('servers', { timeout: 2 * timeout }, async (t) => {
    const servers = {
      '2025-11-25': await startServer('conformance-legacy'),
      '2026-07-28': await startServer('conformance-modern'),
    };
    const services = Object.fromEntries(requirementSets.map((set) => [set, `server-${set}`]));
    const gateway = await startGateway(
      requirementSets.map((set) => entryFor(servers[set].url, { name: String(services[set]) })),
    );
    t.teardown(() => Promise.all([gateway.stop(), ...Object.values(servers).map((server) => server.stop())]));
    await until(
      'the gateway to have met the servers',
      async () => (await gateway.report()).services.every(({ state }) => state === 'Available'),
      { deadlineMs: 20_000, state: () => gateway.log() },
    );

    const direct = await Promise.all(requirementSets.map((set) => serverSuite(servers[set].url, set)));
    const through = await Promise.all(
      requirementSets.map((set) => serverSuite(`${gateway.url}/default/${services[set]}`, set)),
    );
    requirementSets.forEach((set, index) => {
      const before = direct[index] ?? [];
      t.test(`${set} without the gateway`, async (t) => reportScenarios(t, before));
      t.test(`${set} through the gateway`, async (t) => {
        reportScenarios(t, through[index] ?? [], before);
      });
    });
  });

  t.test('clients through the gateway', { timeout: 2 * timeout }, async (t) => {
    const command = [process.execPath, clientProgram];
    const results = await inPairs(clientScenarios, async ([name, set]) => {
      const result = await clientScenario(name, set, command);
      return { ...result, scenario: `${name} at ${set}` };
    });
    reportScenarios(t, results);
  });

  t.test('no scenario passes where there is no server', { timeout }, async (t) => {
    // What passes there would pass anywhere. Nobody listens on a port that needs a privilege and has no service.
    const results = requirementSets.map((set) => serverSuite('http://127.0.0.1:4/mcp', set));
    const passed = (await Promise.all(results)).flat().filter((result) => problemsOf(result).length === 0);
    t.strictSame(
      passed.filter(isRequired).map(({ scenario }) => scenario),
      [],
    );
  });
}

/** Does something with each, two at a time, and keeps the order. */
async function inPairs<T, R>(all: readonly T[], work: (each: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = all.map((each, index) => ({ each, index }));
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results[next.index] = await work(next.each);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}
