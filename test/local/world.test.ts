import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { EXAMPLES } from '../../local/command-line.ts';
import { World } from '../../local/world.ts';
import { externalService, gatewayManifest } from '../support/local-mode.ts';

/** A world over the folder; a sync that fails fails the test. */
function world(t: Test, manifests: string): World {
  const made = new World({
    manifests,
    fetchReports: async () => [],
    onError: (error) => t.fail(`a sync failed: ${(error as Error).message}`),
  });
  t.teardown(() => made.stop());
  return made;
}

t.test('the examples come to a registry of all samples', async (t) => {
  const state = await world(t, EXAMPLES).refresh();
  t.same(state.notes, []);
  t.equal(state.gatewayFault, undefined);
  t.match(state.registry?.document, {
    gateway: { namespace: 'default', name: 'demo' },
    services: [
      { namespace: 'default', name: 'almanac', prefix: 'sky', targets: [/^localhost:\d+$/] },
      { namespace: 'default', name: 'travel', type: 'agent', protocol: 'auto', targets: [/^localhost:\d+$/] },
      { namespace: 'games', name: 'dice', prefix: 'dice', targets: [/^localhost:\d+$/] },
    ],
    rejected: [],
  });
});

t.test('the registry follows the folder, and keeps its revision when nothing of it changes', async (t) => {
  const folder = t.testdir({ 'gateway.yaml': gatewayManifest('demo'), 'a.yaml': externalService('a', 1) });
  const made = world(t, folder);
  const names = async (): Promise<string[]> =>
    ((await made.refresh()).registry?.document.services ?? []).map(({ name }) => name);
  t.same(await names(), ['a']);
  await writeFile(join(folder, 'b.yaml'), externalService('b', 2));
  t.same(await names(), ['a', 'b']);
  const { revision } = (await made.refresh()).registry?.document ?? {};
  await writeFile(join(folder, 'c.yaml'), externalService('c', 3, { label: '"no"' }));
  t.equal((await made.refresh()).registry?.document.revision, revision);
  await rm(join(folder, 'a.yaml'));
  t.same(await names(), ['b']);
});

t.test('what the hooks find wrong with the Gateway is told, and the registry stays', async (t) => {
  const folder = t.testdir({ 'gateway.yaml': gatewayManifest('demo'), 'a.yaml': externalService('a', 1) });
  const made = world(t, folder);
  await made.refresh();
  await writeFile(join(folder, 'gateway.yaml'), gatewayManifest('demo').replace('{}', '{enableTls: true}'));
  const { gatewayFault, registry } = await made.refresh();
  t.match(gatewayFault, /tlsSecretRef/);
  t.equal(registry?.document.services.length, 1);
});

t.test('of two Gateways the first by name is served, whatever the order of files', async (t) => {
  const files = { 'a.yaml': gatewayManifest('zebra'), 'b.yaml': gatewayManifest('ant') };
  const state = await world(t, t.testdir(files)).refresh();
  t.equal(state.gateway?.object.metadata.name, 'ant');
  t.same(
    state.unserved.map(({ file }) => file),
    ['a.yaml'],
  );
  t.equal(state.registry?.document.gateway.name, 'ant');
});

t.test('a folder without a Gateway has no registry', async (t) => {
  const state = await world(t, t.testdir({ 'a.yaml': externalService('a', 1) })).refresh();
  t.match(state, { gateway: undefined, registry: undefined, changes: [{ kind: 'added' }] });
});

t.test('who may come is told, but not of a Gateway that is not accepted', async (t) => {
  const open = world(t, t.testdir({ 'gateway.yaml': gatewayManifest('demo') }));
  t.match((await open.refresh()).protection, /^Everyone who reaches this gateway/);
  const auth = (services: string): string =>
    `${gatewayManifest('demo').replace(/spec:[^]*/, '')}spec:\n  auth:\n    methods: [{ apiKey: { secretRef: keys } }]\n    rules: [{ name: a, to: [{ services: ["${services}"] }] }]\n`;
  const closed = await world(t, t.testdir({ 'gateway.yaml': auth('games/dice') })).refresh();
  t.match(closed.protection, /^Callers say who they are by apiKey; 1 rule says/);
  t.match(closed.mounted, [{ missing: 'Secret default/keys' }]);
  const faulty = await world(t, t.testdir({ 'gateway.yaml': auth('dice') })).refresh();
  t.match(faulty, { protection: undefined, gatewayFault: /"dice" among its services/ });
});
