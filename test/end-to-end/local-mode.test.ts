import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import t, { type Test } from 'tap';
import {
  externalService,
  freePort,
  gatewayManifest,
  isAlive,
  startLocalMode,
  type LocalMode,
} from '../support/local-mode.ts';
import { legacyClient, modernClient } from '../support/clients.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

/** The examples' servers and agent, on ports that are free here. */
async function examples(): Promise<Record<string, string>> {
  return {
    'gateway.yaml': gatewayManifest('demo'),
    'dice.yaml': externalService('dice', await freePort(), {
      namespace: 'games',
      annotations: { 'local.fetchfy.ai/sample': 'dice' },
    }),
    'almanac.yaml': externalService('almanac', await freePort(), {
      annotations: { 'local.fetchfy.ai/sample': 'almanac', 'mcp.fetchfy.ai/prefix': 'sky' },
    }),
    'travel.yaml': externalService('travel', await freePort(), {
      annotations: { 'local.fetchfy.ai/sample': 'travel', 'mcp.fetchfy.ai/type': 'agent' },
    }),
  };
}

/** Runs a command line as a person does who stands in the project's folder. */
function run(command: string): Promise<{ stdout: string }> {
  return promisify(execFile)('sh', ['-c', command], { cwd: new URL('../../', import.meta.url), timeout: 60_000 });
}

/** A client of the first generation at /mcp, until the test ends. */
async function clientAt(t: Test, url: string): Promise<Client> {
  const client = await legacyClient(`${url}/mcp`);
  t.teardown(() => client.close());
  return client;
}

async function toolNames(client: Client): Promise<string[]> {
  return (await client.listTools()).tools.map(({ name }) => name).sort((a, b) => (a < b ? -1 : 1));
}

const TOOLS = [
  'dice_choose',
  'dice_draw_cards',
  'dice_flip_coin',
  'dice_roll',
  'sky_days_until',
  'sky_moon_phase',
  'sky_sun_times',
  'travel_delegate',
  'travel_pack_bag',
  'travel_plan_trip',
];

t.test('the samples are served to clients of both generations, and the folder is followed', async (t) => {
  const local = await startLocalMode(t, { files: await examples() });
  const client = await clientAt(t, local.url);

  await t.test('the introduction shows services, tools and how to connect', async (t) => {
    const output = local.output();
    t.match(output, /SERVICE +STATE +TOOLS/);
    t.match(output, /games\/dice +available +dice_/);
    t.match(output, /default\/almanac +available +sky_/);
    t.match(output.replaceAll(/\s+/g, ' '), /default\/travel available travel_.*An agent: Plan a trip, Pack a bag/);
    const pasted = output.split('\n').find((line) => line.includes('mcpServers')) ?? '';
    t.same(JSON.parse(pasted), { mcpServers: { fetchfy: { type: 'http', url: `${local.url}/mcp` } } });
  });

  await t.test('a client of the first generation calls tools of both servers', async (t) => {
    t.same(await toolNames(client), TOOLS);
    const roll = await client.callTool({ name: 'dice_roll', arguments: { dice: '1d6+10' } });
    t.match(roll.content, [{ type: 'text', text: /= 1[1-6]$/ }]);
    const days = await client.callTool({
      name: 'sky_days_until',
      arguments: { date: '2026-12-24', from: '2026-12-01' },
    });
    t.match(days.structuredContent, { days: 23, weekday: 'Thursday' });
  });

  await t.test('a client of the second generation calls tools of both servers', async (t) => {
    const modern = await modernClient(`${local.url}/mcp`);
    t.teardown(() => modern.close());
    const { tools } = await modern.listTools();
    t.same(
      tools.map(({ name }) => name).sort((a, b) => (a < b ? -1 : 1)),
      TOOLS,
    );
    const coin = await modern.callTool({ name: 'dice_flip_coin', arguments: {} });
    t.match(coin.content, [{ type: 'text', text: /heads|tails/ }]);
    const moon = await modern.callTool({ name: 'sky_moon_phase', arguments: { date: '2026-01-03' } });
    t.match(moon.content, [{ type: 'text', text: /full moon, 100 % lit/ }]);
  });

  await t.test('a task is delegated to the sample agent', async (t) => {
    const told: string[] = [];
    const trip = await client.callTool(
      { name: 'travel_plan_trip', arguments: { message: 'Two days in Lisbon, for the food' } },
      undefined,
      { onprogress: ({ message }) => void told.push(message ?? '') },
    );
    t.notOk(trip.isError);
    t.match(trip.content, [{ type: 'text', text: /^🚋 2 days in Lisbon\nDay 1: custard tarts in Belém; / }]);
    t.match(trip.structuredContent, { destination: 'Lisbon', cost: { perPerson: 160 } });
    t.ok(told.includes('Day 1: custard tarts in Belém'), 'its progress is told');
    const { 'mcp.fetchfy.ai/context': context } = trip._meta ?? {};
    const bag = await client.callTool({ name: 'travel_pack_bag', arguments: { message: 'What do I pack?', context } });
    t.match(bag.content, [{ type: 'text', text: /^🎒 For 2 days in Lisbon/ }], 'in the same conversation');
  });

  await t.test('what the README says to paste delegates a task', async (t) => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [command = ''] = /^ {4}npx mcp-inspector .*\\\n.*$/m.exec(readme) ?? [];
    const { stdout } = await run(command.replace('http://localhost:8080', local.url));
    t.match(JSON.parse(stdout), { structuredContent: { destination: 'Lisbon' } });
  });

  await t.test('an edit takes effect and is told in one line', async (t) => {
    const mark = local.mark();
    const port = await freePort();
    await local.write(
      'dice.yaml',
      externalService('dice', port, {
        namespace: 'games',
        annotations: { 'local.fetchfy.ai/sample': 'dice', 'mcp.fetchfy.ai/prefix': 'lucky' },
      }),
    );
    t.match(await local.line(/games\/dice/, mark), /^~ games\/dice \(dice\.yaml\) available, 4 tools$/);
    t.ok((await toolNames(client)).includes('lucky_roll'));
  });

  await t.test("a server of one's own is added by a file", async (t) => {
    const server = await startServer('legacy', { args: ['--name', 'mine'] });
    t.teardown(() => server.stop());
    const mark = local.mark();
    await local.write('mine.yaml', externalService('mine', server.port));
    t.match(await local.line(/default\/mine/, mark), /^\+ default\/mine \(mine\.yaml\) available, \d+ tools?$/);
    t.ok((await toolNames(client)).some((name) => name.startsWith('mine_')));

    const before = local.mark();
    await server.stop();
    t.match(await local.line(/default\/mine/, before), /^~ default\/mine unavailable/, 'that it went away is told');
  });

  await t.test('a deleted file takes its server out', async (t) => {
    const mark = local.mark();
    await local.remove('mine.yaml');
    await local.line(/^− default\/mine \(mine\.yaml\) is gone/, mark);
    t.notOk((await toolNames(client)).some((name) => name.startsWith('mine_')));
  });

  await t.test('a bad file is named with its line, and the rest goes on', async (t) => {
    const mark = local.mark();
    await local.write('bad.yaml', 'apiVersion: v1\nkind: [Service\nmetadata: {}\n');
    t.match(await local.line(/bad\.yaml/, mark), /^! bad\.yaml:\d+ +This is not YAML/);
    await local.write('label.yaml', externalService('other', 1, { label: 'true' }));
    t.match(
      await local.line(/label\.yaml/, mark),
      /^! label\.yaml:7 +metadata\.labels\.mcp-enabled is true, but must be text/,
    );
    t.match((await client.callTool({ name: 'sky_moon_phase', arguments: {} })).content, [{ type: 'text' }]);
    await local.remove('bad.yaml');
    await local.remove('label.yaml');
  });

  await t.test('what the hooks reject is told with the reason', async (t) => {
    const mark = local.mark();
    const text = externalService('far', 80).replace('externalName: localhost', 'externalName: example.com');
    await local.write('far.yaml', text);
    t.match(await local.line(/default\/far/, mark), /rejected: .*externalNames/);
    await local.remove('far.yaml');
    await local.line(/^− default\/far/, mark);
  });

  await t.test('a Service without the label is told as not selected', async (t) => {
    const mark = local.mark();
    await local.write('quiet.yaml', externalService('quiet', 80, { label: '"false"' }));
    t.match(await local.line(/default\/quiet/, mark), /is not selected by the Gateway/);
    await local.remove('quiet.yaml');
    await local.line(/^− default\/quiet/, mark);
  });

  await t.test('a second Gateway is named as not served', async (t) => {
    const mark = local.mark();
    await local.write('second.yaml', gatewayManifest('zebra'));
    t.match(await local.line(/not served/, mark), /^! second\.yaml:1 +Gateway default\/zebra is not served/);
    await local.remove('second.yaml');
    await local.line(/^− Gateway default\/zebra/, mark);
    t.ok((await toolNames(client)).length > 0);
  });

  await t.test('a server that crashes is told with its reason and comes back', async (t) => {
    const mark = local.mark();
    const sample = await until('the sample', () => local.processes().find((pid) => isSample(pid)));
    process.kill(sample, 'SIGKILL');
    t.match(await local.line(/The sample server/, mark), /^! The sample server \w+ was ended by SIGKILL/);
    await until(
      'an answer from all servers',
      async () => {
        const [roll, moon] = await Promise.all([
          client.callTool({ name: 'lucky_flip_coin', arguments: {} }),
          client.callTool({ name: 'sky_moon_phase', arguments: {} }),
        ]);
        return roll.isError !== true && moon.isError !== true;
      },
      { deadlineMs: 20_000 },
    );
    t.pass('both servers answer again');
  });

  await t.test('Ctrl-C ends all of it and leaves nothing', async (t) => {
    const processes = local.processes();
    t.ok(processes.length >= 5, "there are npm's child, three samples and the gateway");
    local.signal('SIGINT');
    await local.ended;
    t.same(processes.filter(isAlive), []);
    t.same(await leftFolders(local), []);
  });
});

for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
  t.test(`${signal} leaves nothing either`, async (t) => {
    const local = await startLocalMode(t, { files: await examples() });
    const processes = local.processes();
    local.signal(signal);
    await local.ended;
    await until('the end of all processes', () => !processes.some(isAlive), { state: () => processes.filter(isAlive) });
    await until('an empty folder', async () => (await leftFolders(local)).length === 0);
    t.ok(processes.length >= 4);
  });
}

t.test('even when it is killed, no process stays', async (t) => {
  const local = await startLocalMode(t, { files: await examples() });
  const processes = local.processes();
  local.signal('SIGKILL');
  await until('the end of all processes', () => !processes.some(isAlive), {
    deadlineMs: 10_000,
    state: () => processes.filter(isAlive),
  });
  t.ok(processes.length >= 4);
});

t.test('a folder without a Gateway says so, and serves the one that is added', async (t) => {
  const { 'gateway.yaml': gateway = '', ...files } = await examples();
  const local = await startLocalMode(t, { files });
  t.match(local.output(), /There is no Gateway in .*manifests\/examples\/local\/gateway\.yaml shows how/);
  const mark = local.mark();
  await local.write('gateway.yaml', gateway);
  t.match(await local.line(/Gateway default\/demo/, mark), /is served with 3 Services/);
  t.same(await toolNames(await clientAt(t, local.url)), TOOLS);

  const before = local.mark();
  await local.remove('gateway.yaml');
  await local.line(/There is no Gateway in/, before);
  await local.line(/^− Gateway default\/demo/, before);
  await t.rejects(fetch(local.url), 'nothing listens any more');
});

t.test('a taken port says what to do', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const { port } = other.address() as { port: number };
  const local = await startLocalMode(t, { files: await examples(), port });
  t.equal(await local.ended, 1);
  t.match(local.output(), new RegExp(`Port ${port} is taken by another program.*npm start -- --port \\d+`));
  t.same(await leftFolders(local), []);
});

t.test("a sample's taken port is told, and the rest is served", async (t) => {
  const files = await examples();
  const other = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const { port } = other.address() as { port: number };
  const annotations = { 'local.fetchfy.ai/sample': 'dice' };
  const local = await startLocalMode(t, {
    files: { ...files, 'dice.yaml': externalService('dice', port, { annotations }) },
  });
  t.match(local.output(), `Port ${port} is taken, so the sample server dice cannot run.`);
  t.match(local.output(), /default\/almanac +available/);
  t.match(local.output(), /default\/dice +unavailable/);
});

function isSample(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('local/samples/');
}

/** Our own: npm leaves a cache there. */
async function leftFolders(local: LocalMode): Promise<string[]> {
  return (await readdir(local.temporary)).filter((name) => name.startsWith('fetchfy-'));
}
