/** What a person reads at `/`, and a script at `/api/services`, on a gateway that asks who they are. */
import t from 'tap';
import type { AccessRule } from '../../gateway/contract/access-policy.ts';
import type { PageView } from '../../gateway/http/page-view.ts';
import { apiKeyHash } from '../support/api-key-hash.ts';
import { send } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const says: Script = ({ response, message }) => json(response, textResult(message, 'said'));
const shop = await scriptedUpstream(t, { tools: { get_price: says, set_price: says } });
const vault = await scriptedUpstream(t, { tools: { open: says } });
const services = [
  entryFor(shop.url, { name: 'shop', note: 'It came before default/vault.' }),
  entryFor(vault.url, { name: 'vault' }),
];
const rejected = [{ namespace: 'other', name: 'orphan', type: 'tool' as const, reason: 'NoPort', message: 'No port.' }];
const rules: AccessRule[] = [
  { name: 'reader', effect: 'Allow', from: [{ apiKeys: ['reader'] }], to: [{ tools: ['get_*'] }] },
  { name: 'root', effect: 'Allow', from: [{ apiKeys: ['root'] }] },
];
const secret = new SecretFolder();
secret.write(Object.fromEntries(['reader', 'root', 'nobody'].map((name) => [name, apiKeyHash(name)])));
const gateway = await startGateway(services, {
  registry: { policy: { hosts: [], auth: { methods: [{ apiKey: { header: 'x-api-key' } }] } }, rules, rejected },
  env: { FETCHFY_API_KEYS_DIR: secret.path },
});
t.teardown(async () => {
  await gateway.stop();
  secret.remove();
});
await until('the servers', async () => (await gateway.report()).services.every(({ toolCount }) => toolCount > 0));

const read = (path: string, key?: string, method = 'GET') =>
  send(`${gateway.origin}${path}`, { method, ...(key !== undefined && { headers: { 'x-api-key': key } }) });
const viewOf = async (key: string): Promise<PageView> =>
  JSON.parse((await read('/api/services', key)).text) as PageView;
const shown = ({ services }: PageView) => services.map(({ name, tools }) => [name, tools.map((tool) => tool.name)]);

t.test('without a credential the page says what to do, and nothing of the servers', async (t) => {
  for (const [key, why] of [
    [undefined, 'send a credential that it takes'],
    ['guessed', 'The API key is not one of this gateway'],
  ] as const) {
    const { status, headers, text } = await read('/', key);
    t.equal(status, 401);
    t.match(headers['www-authenticate'], /^Bearer/);
    t.match(headers['content-type'], 'text/html');
    t.match(headers['content-security-policy'], /default-src 'none'/);
    t.match(text, 'Who are you?');
    t.match(text, why);
    for (const secretText of ['shop', 'vault', 'get_price', 'orphan', 'revision']) t.notMatch(text, secretText);
  }
  const head = await read('/', undefined, 'HEAD');
  t.equal(head.status, 401);
  t.equal(head.text, '');
});

t.test('a script without a credential gets an error', async (t) => {
  const { status, headers, text } = await read('/api/services');
  t.equal(status, 401);
  t.match(headers['content-type'], 'application/json');
  t.match(JSON.parse(text), { error: { code: -32600 } });
  t.equal((await read('/', undefined, 'POST')).status, 401);
});

t.test('each reader sees what it may use', async (t) => {
  const root = await viewOf('root');
  t.strictSame(shown(root), [
    ['shop', ['get_price', 'set_price']],
    ['vault', ['open']],
  ]);
  t.match(root.rejected, [{ name: 'orphan' }]);
  t.match(root.services[0]?.note, /default\/vault/);
  const reader = await viewOf('reader');
  t.strictSame(shown(reader), [['shop', ['get_price']]]);
  t.strictSame(reader.rejected, [], 'the reasons may name other Services');
  t.equal(reader.services[0]?.note, undefined);
  t.strictSame(shown(await viewOf('nobody')), []);
  const { status, text } = await read('/', 'reader');
  t.equal(status, 200);
  t.match(text, '1 tool from 1 server');
  t.notMatch(text, 'vault');
});
