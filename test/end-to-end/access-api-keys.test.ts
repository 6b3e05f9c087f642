import t from 'tap';
import type { AccessRule } from '../../gateway/contract/access-policy.ts';
import { apiKeyHash } from '../support/api-key-hash.ts';
import { clientOf } from '../support/clients.ts';
import { send } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { scriptedUpstream, json, textResult, type Script } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const keyed = (key: string): { 'x-api-key': string } => ({ 'x-api-key': key });
const eras = ['legacy', 'modern'] as const;

const says: Script = ({ response, message }) => json(response, textResult(message, 'said'));

const rules: readonly AccessRule[] = [
  { name: 'ada-reads', effect: 'Allow', from: [{ apiKeys: ['ada'] }], to: [{ tools: ['get_*'] }] },
  { name: 'root', effect: 'Allow', from: [{ apiKeys: ['root'] }] },
  { name: 'nobody-deletes', effect: 'Deny', to: [{ tools: ['delete_*'] }] },
];

t.test('with API keys', async (t) => {
  const secret = new SecretFolder();
  secret.write({
    ada: apiKeyHash('key of ada'),
    root: `${apiKeyHash('old key')}\n${apiKeyHash('new key')}\n`,
    broken: 'key',
  });
  t.teardown(() => secret.remove());
  const shop = await scriptedUpstream(t, { tools: { get_price: says, set_price: says, delete_all: says } });
  const vault = await scriptedUpstream(t, { tools: { open: says } });
  const services = [entryFor(shop.url, { name: 'shop' }), entryFor(vault.url, { name: 'vault' })];
  const policy = { hosts: [], auth: { methods: [{ apiKey: { header: 'x-api-key' } }] } };
  const gateway = await startGateway(services, {
    registry: { policy, rules },
    env: { FETCHFY_API_KEYS_DIR: secret.path },
  });
  t.teardown(() => gateway.stop());

  t.test('who brings none, or one that is not known, is told so', async (t) => {
    for (const headers of [
      {},
      keyed('guessed'),
      { authorization: 'Bearer guessed' },
      { authorization: 'Basic eDp5' },
    ]) {
      const { status, headers: answered } = await send(gateway.url, { method: 'POST', headers, body: '{}' });
      t.equal(status, 401, JSON.stringify(headers));
      t.match(answered['www-authenticate'], /^Bearer/);
    }
  });

  t.test('a key that cannot be used is told in the report, without what its entry holds', async (t) => {
    const { access } = await gateway.report();
    t.match(access?.error, /The API key broken cannot be used: expected lines of "sha256:"/);
  });

  for (const era of eras) {
    const connect = (key: string, path = '') => clientOf[era](`${gateway.url}${path}`, {}, () => undefined, keyed(key));

    t.test(`a client of the ${era} era sees what it may use, and uses what it sees`, async (t) => {
      const ada = await connect('key of ada');
      t.strictSame(
        (await ada.listTools()).tools.map(({ name }) => name),
        ['shop_get_price'],
      );
      t.match(await ada.callTool({ name: 'shop_get_price' }), { content: [{ text: 'said' }] });
      for (const name of ['shop_set_price', 'shop_delete_all', 'vault_open', 'shop_none']) {
        const called = async (): Promise<void> => void (await ada.callTool({ name }));
        await t.rejects(called(), { message: new RegExp(`Unknown tool: ${name}`) }, name);
      }
      await ada.close();
      const root = await connect('new key');
      const names = (await root.listTools()).tools.map(({ name }) => name);
      t.strictSame(names, ['shop_get_price', 'shop_set_price', 'vault_open']);
      await root.close();
    });

    t.test(`a key as a bearer token is as good, in the ${era} era`, async (t) => {
      const headers = { authorization: 'bearer old key' };
      const client = await clientOf[era](gateway.url, {}, () => undefined, headers);
      t.match(await client.callTool({ name: 'vault_open' }), { content: [{ text: 'said' }] });
      await client.close();
    });
  }

  t.test('the path of a server of which a caller may use nothing is no path to it', async (t) => {
    await gateway.publish(services, {
      policy,
      rules: [{ name: 'shop-only', effect: 'Allow', to: [{ services: ['default/shop'] }] }],
    });
    const headers = { ...keyed('key of ada'), 'content-type': 'application/json' };
    const ask = (path: string) => send(`${gateway.url}${path}`, { method: 'POST', headers, body: '{}' });
    t.equal((await ask('/default/vault')).status, 404);
    t.equal((await ask('/default/shop')).status, 400);
    await gateway.publish(services, { policy, rules });
  });

  t.test('a key that is taken out of the Secret is no key any more', async (t) => {
    const headers = { ...keyed('key of ada'), 'content-type': 'application/json' };
    const status = async () => (await send(gateway.url, { method: 'POST', headers, body: '{}' })).status;
    t.equal(await status(), 400);
    secret.write({ root: apiKeyHash('new key') });
    await until('the key to be refused', async () => (await status()) === 401, { state: () => gateway.log() });
  });
});
