import t from 'tap';
import { apiKeyHash } from '../support/api-key-hash.ts';
import { clientOf } from '../support/clients.ts';
import { externalService, freePort, startLocalMode } from '../support/local-mode.ts';
import { until } from '../support/until.ts';

const GATEWAY = `apiVersion: gateways.fetchfy.ai/v1alpha1
kind: Gateway
metadata:
  name: demo
spec:
  auth:
    methods:
      - apiKey:
          secretRef: keys
    rules:
      - name: rollers
        from: [{ apiKeys: [ada] }]
        to: [{ tools: [roll] }]
`;

function keys(name: string, key: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: keys\nstringData:\n  ${name}: ${apiKeyHash(key)}\n`;
}

t.test('a Gateway that asks who one is does so in local mode, too, by the Secret in the folder', async (t) => {
  const dice = externalService('dice', await freePort(), { annotations: { 'local.fetchfy.ai/sample': 'dice' } });
  const files = { 'gateway.yaml': GATEWAY, 'dice.yaml': dice, 'keys.yaml': keys('ada', 'first') };
  const local = await startLocalMode(t, { files });
  t.match(local.output(), /"headers":\{"X-API-Key":"YOUR-KEY"\}/);
  t.match(local.output(), /Who may come +Callers say who they are by apiKey; 1 rule says what each may use\./);
  t.notMatch(local.output(), /deny|^!/m, 'nobody is refused before anybody has come, and nothing is wrong');
  const status = async (key?: string): Promise<number> => {
    const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'x-api-key': key }) };
    return (await fetch(`${local.url}/mcp`, { method: 'POST', headers, body: '{}' })).status;
  };
  t.equal(await status(), 401);
  const refused = local.mark();
  t.equal(await status('second'), 401);
  t.match(await local.line(/deny/, refused), /AUDIT POST: deny why=unauthorized .*status=401 path=\/mcp/);
  for (const era of ['legacy', 'modern'] as const) {
    const client = await clientOf[era](`${local.url}/mcp`, {}, () => undefined, { 'x-api-key': 'first' });
    const { tools } = await client.listTools();
    t.strictSame(
      tools.map(({ name }) => name),
      ['dice_roll'],
      era,
    );
    await client.close();
  }
  await local.write('keys.yaml', keys('ada', 'second'));
  await until('the new key', async () => (await status('second')) === 400, {
    deadlineMs: 20_000,
    state: () => local.output(),
  });
  t.equal(await status('first'), 401);
  await local.write('gateway.yaml', GATEWAY.replace(/ {2}auth:[^]*/, '  hosts: []\n'));
  await until('the open door', async () => (await status()) === 400, {
    deadlineMs: 20_000,
    state: () => local.output(),
  });
});

t.test('what keeps callers out, or in vain, is told', async (t) => {
  const dice = externalService('dice', await freePort(), { annotations: { 'local.fetchfy.ai/sample': 'dice' } });
  const gateway = GATEWAY.replace('  auth:', '  credentialsSecretRef: shown\n  auth:');
  const local = await startLocalMode(t, { files: { 'gateway.yaml': gateway, 'dice.yaml': dice } });
  const output = local.output();
  t.match(output, /^! gateway\.yaml:1 +Gateway default\/demo names the Secret default\/keys, which is not in /m);
  t.match(output, /^! gateway\.yaml:1 +Gateway default\/demo names the Secret default\/shown, which is not in /m);
  t.match(output, /^! There are no API keys/m);

  await t.test('a key that is no hash', async (t) => {
    const mark = local.mark();
    await local.write('keys.yaml', keys('ada', 'a').replace(/sha256:.*/, 'a'));
    t.match(await local.line(/API key ada/, mark), /^! The API key ada cannot be used: expected lines of "sha256:"/);
    await local.write('keys.yaml', keys('ada', 'a'));
  });

  await t.test('a credential that cannot be read', async (t) => {
    const secret = (text: string): string =>
      `apiVersion: v1\nkind: Secret\nmetadata: {name: shown}\nstringData: {default.dice: "${text}"}\n`;
    const mark = local.mark();
    await local.write('shown.yaml', secret('bearer: [a'));
    t.match(await local.line(/default\/dice/, mark), /^~ default\/dice unavailable: .*default\.dice .* cannot be used/);
    const after = local.mark();
    await local.write('shown.yaml', secret('bearer: a'));
    await local.line(/default\/dice available, 4 tools$/, after);
  });

  await t.test('a rule that matches nothing', async (t) => {
    const mark = local.mark();
    await local.write('gateway.yaml', gateway.replace('[roll]', '[dice_roll]'));
    t.match(await local.line(/match nothing/, mark), /^! These rules match nothing that is served: rollers\. .*prefix/);
    const after = local.mark();
    await local.write('gateway.yaml', gateway);
    await local.line(/is served with 1 Service\./, after);
  });

  await t.test('a Gateway that cannot be taken, which stays as it was', async (t) => {
    const mark = local.mark();
    await local.write('gateway.yaml', gateway.replace('from:', 'form:'));
    t.match(
      await local.line(/form is not/, mark),
      /^! gateway\.yaml:\d+ +spec\.auth\.rules\[0\]\.form is not a known field\. .*What it said before stays in force\.$/,
    );
    const client = await clientOf.modern(`${local.url}/mcp`, {}, () => undefined, { 'x-api-key': 'a' });
    t.match((await client.listTools()).tools, [{ name: 'dice_roll' }]);
    await client.close();
  });
});
