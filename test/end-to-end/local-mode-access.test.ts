import { createHash } from 'node:crypto';
import t from 'tap';
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
  const hash = createHash('sha256').update(key).digest('hex');
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: keys\nstringData:\n  ${name}: sha256:${hash}\n`;
}

t.test('a Gateway that asks who one is does so in local mode, too, by the Secret in the folder', async (t) => {
  const dice = externalService('dice', await freePort(), { annotations: { 'local.fetchfy.ai/sample': 'dice' } });
  const files = { 'gateway.yaml': GATEWAY, 'dice.yaml': dice, 'keys.yaml': keys('ada', 'first') };
  const local = await startLocalMode(t, { files });
  t.match(local.output(), /"headers":\{"X-API-Key":"YOUR-KEY"\}/);
  const status = async (key?: string): Promise<number> => {
    const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'x-api-key': key }) };
    return (await fetch(`${local.url}/mcp`, { method: 'POST', headers, body: '{}' })).status;
  };
  t.equal(await status(), 401);
  t.equal(await status('second'), 401);
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
