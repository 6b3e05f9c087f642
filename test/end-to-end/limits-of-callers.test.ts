/** What a Gateway's limits refuse, and how clients of both eras and of A2A hear of it. */
import t from 'tap';
import type { LimitPolicy, RateLimit } from '../../gateway/contract/access-policy.ts';
import type { LimitName } from '../../gateway/limits/limit-error.ts';
import { agentClient, send as sendToAgent } from '../support/a2a-client.ts';
import { agentEntry } from '../support/agent-kinds.ts';
import { clientOf } from '../support/clients.ts';
import { ada, bob, keyedGateway, keyedPolicy, refusalsOf } from '../support/keyed-gateway.ts';
import { answerOf, LegacySession, messagesOf, modern, modernCall, open, send, textOf } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startAgent } from '../support/start-agent.ts';
import { until } from '../support/until.ts';

const eras = ['legacy', 'modern'] as const;
const says: Script = ({ response, message }) => json(response, textResult(message, 'said'));
const hanging: (() => void)[] = [];
const hangs: Script = ({ response, message }) =>
  void hanging.push(() => json(response, textResult(message, 'at last')));
const goOn = (): void => {
  for (const answer of hanging.splice(0)) answer();
};
const shop = await scriptedUpstream(t, { tools: { get: says, set: says, hangs } });
const vault = await scriptedUpstream(t, { tools: { open: says, hangs } });
const agent = await startAgent('a2a');
t.teardown(() => agent.stop());
const services = [
  entryFor(shop.url, { name: 'shop' }),
  entryFor(vault.url, { name: 'vault' }),
  agentEntry('agent', agent.url),
];
const gateway = await keyedGateway(t, services, { FETCHFY_MAX_REQUESTS: '16' });
const { url, origin } = gateway;

const limit = (limits: LimitPolicy): Promise<void> => gateway.publish(services, { policy: { ...keyedPolicy, limits } });
let period = 80_000;
/** So many, and no more as long as a test runs. No other limit is equal, so that none is used up before. */
const only = (burst: number): RateLimit => ({ requests: burst, periodSeconds: period++, burst });

const refusals = (name: LimitName): Promise<number> => refusalsOf(gateway, name);

t.test('a caller that asks too often is refused before its request is read; others are not', async (t) => {
  await limit({ perPrincipal: only(3) });
  const before = await refusals('perPrincipal');
  for (let i = 0; i < 3; i++) t.equal((await modern(url, 'tools/list', {}, ada)).status, 200);
  // Nothing of the body is sent: it is not waited for.
  const headers = { ...ada.headers, 'content-type': 'application/json', 'content-length': '100' };
  const unread = await open(url, { headers, body: ' ' });
  t.equal(unread.statusCode, 429);
  unread.destroy();
  const refused = await send(url, { ...ada, body: 'no message' });
  t.equal(refused.status, 429);
  const seconds = Number(refused.headers['retry-after']);
  t.ok(seconds > 1000 && seconds < 80_000, `${seconds}`);
  t.match(answerOf(refused), {
    id: null,
    error: { code: -32010, data: { limit: 'perPrincipal', retryAfterSeconds: seconds } },
  });
  for (const path of ['', 'api/services', 'nothing']) {
    t.equal((await send(new URL(path, origin).href, { method: 'GET', ...ada })).status, 429, path);
  }
  t.equal((await modern(url, 'tools/list', {}, bob)).status, 200);
  t.equal((await refusals('perPrincipal')) - before, 5);
});

t.test('a new registry with the same limits gives nobody more', async (t) => {
  const perPrincipal = only(1);
  await limit({ perPrincipal });
  t.equal((await modern(url, 'tools/list', {}, ada)).status, 200);
  await limit({ perPrincipal, perServer: only(1000) });
  t.equal((await modern(url, 'tools/list', {}, ada)).status, 429);
});

t.test('each message of a batch counts', async (t) => {
  await limit({ perPrincipal: only(5) });
  const session = await LegacySession.begin(url, '2025-03-26', ada);
  const ping = (id: number): object => ({ jsonrpc: '2.0', id, method: 'ping' });
  // Two were for the session's beginning.
  const answers = messagesOf(await session.post([ping(1), ping(2), ping(3), ping(4)], ada.headers));
  const codes = Object.fromEntries(answers.map(({ id, error }) => [String(id), error?.code]));
  t.strictSame(codes, { 1: undefined, 2: undefined, 3: undefined, 4: -32010 });
});

for (const era of eras) {
  const connect = (): ReturnType<(typeof clientOf)[typeof era]> => clientOf[era](url, {}, () => undefined, ada.headers);

  t.test(`a client of the ${era} era sees the error of a tool’s limit, and when to try again`, async (t) => {
    await limit({ perTool: only(2) });
    const before = await refusals('perTool');
    const client = await connect();
    const call = async (name: string): Promise<unknown> => client.callTool({ name });
    await call('shop_get');
    await call('shop_get');
    await t.rejects(call('shop_get'), {
      code: -32010,
      message: /Tool get of server default\/shop may be asked for 2 requests in \d+ s; try again in \d+ s/,
      data: { limit: 'perTool', retryAfterSeconds: Number, server: 'default/shop' },
    });
    t.match(await call('shop_set'), { content: [{ text: 'said' }] });
    t.match(await call('vault_open'), { content: [{ text: 'said' }] });
    t.equal((await refusals('perTool')) - before, 1);
    await client.close();
  });

  t.test(`a client of the ${era} era sees the error of a server’s limit; its lists come all the same`, async (t) => {
    await limit({ perServer: only(2) });
    const client = await connect();
    const call = async (name: string): Promise<unknown> => client.callTool({ name });
    await call('shop_get');
    await call('shop_set');
    await t.rejects(call('shop_get'), { code: -32010, data: { limit: 'perServer' } });
    t.ok((await client.listTools()).tools.length > 3);
    t.match(await call('vault_open'), { content: [{ text: 'said' }] });
    await client.close();
  });

  t.test(`a client of the ${era} era that is refused as a caller has an error with the status`, async (t) => {
    await limit({ perPrincipal: only(20) });
    const client = await connect();
    const call = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await client.callTool({ name: 'shop_get' });
    };
    const error = await call().catch((thrown: unknown) => thrown);
    t.match(error, { [era === 'legacy' ? 'code' : 'status']: 429, message: /try again in \d+ s/ });
    await client.close();
  });
}

t.test('an A2A client sees the error of its agent’s limit, which its MCP clients have a part in', async (t) => {
  await limit({ perServer: only(2) });
  const client = await agentClient(`${origin}/agents/default/agent/`);
  await sendToAgent(client, 'echo hello');
  textOf(await modernCall(url, 'agent_echo', { message: 'hello' }, ada));
  await t.rejects(sendToAgent(client, 'echo hello'), /-32010|may be asked for 2 requests/);
  const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'SendMessage', params: {} });
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };
  const refused = await send(`${origin}/agents/default/agent/`, { headers, body });
  t.equal(refused.status, 200);
  t.match(answerOf(refused), {
    id: 7,
    error: {
      code: -32010,
      data: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', metadata: { limit: 'perServer' } },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: /^\d+s$/ },
      ],
    },
  });
});

t.test('a server has no more requests in work than its limit, and others are called meanwhile', async (t) => {
  await limit({ concurrentPerServer: 3 });
  const calls = Array.from({ length: 5 }, () => modernCall(url, 'shop_hangs', {}, ada));
  await until('three calls', () => hanging.length === 3);
  t.equal(textOf(await modernCall(url, 'vault_open', {}, ada)), 'said');
  goOn();
  const errors = (await Promise.all(calls)).flatMap(({ error }) => (error === undefined ? [] : [error]));
  t.equal(errors.length, 2);
  t.match(errors[0], {
    code: -32010,
    message: 'Server default/shop has 3 requests in work, as many as one server may; try again in 1 s.',
    data: { limit: 'concurrentPerServer', retryAfterSeconds: 1, server: 'default/shop' },
  });
  t.equal(textOf(await modernCall(url, 'shop_get', {}, ada)), 'said', 'what has ended counts no more');
});

t.test('an agent that hangs has no more requests in work by A2A than its limit', async (t) => {
  await limit({ concurrentPerServer: 2 });
  const client = await agentClient(`${origin}/agents/default/agent/`);
  const slow = Array.from({ length: 2 }, () => sendToAgent(client, 'steps 100 50'));
  await until('both', async () => (await agent.counts()).running === 2);
  await t.rejects(sendToAgent(client, 'echo hello'), /has 2 requests in work/);
  t.match(await modernCall(url, 'agent_echo', { message: 'hello' }, ada), {
    error: { data: { limit: 'concurrentPerServer' } },
  });
  t.equal(textOf(await modernCall(url, 'shop_get', {}, ada)), 'said');
  await Promise.all(slow);
  await sendToAgent(client, 'echo hello');
});

t.test('a caller has no more requests in work than its limit, at whatever servers', async (t) => {
  await limit({ concurrentPerPrincipal: 3 });
  const calls = ['shop_hangs', 'shop_hangs', 'vault_hangs'].map((name) => modernCall(url, name, {}, ada));
  await until('three calls', () => hanging.length === 3);
  const refused = await modern(url, 'tools/list', {}, ada);
  t.equal(refused.status, 429);
  t.equal(refused.headers['retry-after'], '1');
  t.match(answerOf(refused).error, { code: -32010, data: { limit: 'concurrentPerPrincipal' } });
  t.equal(textOf(await modernCall(url, 'shop_get', {}, bob)), 'said');
  goOn();
  for (const call of calls) t.equal(textOf(await call), 'at last');
  t.equal((await modern(url, 'tools/list', {}, ada)).status, 200);
});

t.test('without any limit one caller leaves room for the others', async (t) => {
  await limit({});
  const calls = Array.from({ length: 12 }, (_, i) =>
    modern(url, 'tools/call', { name: i % 2 === 0 ? 'shop_hangs' : 'vault_hangs' }, ada),
  );
  await until('half of sixteen', () => hanging.length === 8);
  t.equal(textOf(await modernCall(url, 'shop_get', {}, bob)), 'said');
  goOn();
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  t.equal(statuses.filter((status) => status === 200).length, 8);
  t.equal(statuses.filter((status) => status === 429).length, 4);
});
