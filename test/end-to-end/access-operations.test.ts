/** What each caller may use, see, and not even guess: every operation, in both eras, at servers of both. */
import t from 'tap';
import type { AccessRule } from '../../gateway/contract/access-policy.ts';
import { apiKeyHash } from '../support/api-key-hash.ts';
import { clientOf } from '../support/clients.ts';
import { answerOf, LegacySession, modern, modernListen, type RpcAnswer } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const eras = ['legacy', 'modern'] as const;
type Era = (typeof eras)[number];

const servers = {
  old: await startServer('legacy', { args: ['--name', 'old'] }),
  recent: await startServer('modern', { args: ['--name', 'recent'] }),
};
const secret = new SecretFolder();
/** Who may use what: see the rules. */
const callers = ['reader', 'old-only', 'nothing', 'root', 'late'] as const;
type Caller = (typeof callers)[number];
secret.write(Object.fromEntries(callers.map((name) => [name, apiKeyHash(name)])));
const rules: readonly AccessRule[] = [
  {
    name: 'readers',
    effect: 'Allow',
    from: [{ apiKeys: ['reader'] }],
    to: [
      { tools: ['echo', 'co*'], prompts: ['greet'], services: ['default/recent'] },
      { resources: ['test://notes/{id}'], services: ['default/recent'] },
      { resources: ['test://about'], services: ['default/old'] },
    ],
  },
  { name: 'old-only', effect: 'Allow', from: [{ apiKeys: ['old-only'] }], to: [{ services: ['default/old'] }] },
  // Nothing that is there yet.
  { name: 'late', effect: 'Allow', from: [{ apiKeys: ['late'] }], to: [{ tools: ['will_come'] }] },
  { name: 'root', effect: 'Allow', from: [{ apiKeys: ['root'] }] },
  { name: 'no-failing', effect: 'Deny', to: [{ tools: ['fail'] }] },
  { name: 'no-note-10', effect: 'Deny', to: [{ resources: ['test://notes/10'] }] },
];
const services = Object.entries(servers).map(([name, { url }]) => entryFor(url, { name }));
const gateway = await startGateway(services, {
  registry: { policy: { hosts: [], auth: { methods: [{ apiKey: { header: 'x-api-key' } }] } }, rules },
  env: { FETCHFY_API_KEYS_DIR: secret.path },
});
t.teardown(async () => {
  await gateway.stop();
  await Promise.all(Object.values(servers).map((server) => server.stop()));
  secret.remove();
});
await until('the servers', async () => (await gateway.report()).services.every(({ toolCount }) => toolCount > 5));

const keyed = (caller: Caller): Record<string, string> => ({ 'x-api-key': caller });

/** Asks as a client of an era, and gives the one answer. */
async function ask(era: Era, caller: Caller, method: string, params: Readonly<Record<string, unknown>>, path = '') {
  const url = `${gateway.url}${path}`;
  if (era === 'modern') return answerOf(await modern(url, method, params, { headers: keyed(caller) }));
  const session = await LegacySession.begin(url, '2025-11-25', { headers: keyed(caller) });
  // The helper's own headers are kept, since the key is given with each request.
  const answer = await session.rpc(method, params, { headers: { ...session.headers, ...keyed(caller) } });
  await session.end();
  return answer;
}

/** What an answer has, in a word: the names of a list, a text, or an error's code. */
function gist({ result, error }: RpcAnswer): unknown {
  if (error !== undefined) return error.code;
  const lists = ['tools', 'prompts', 'resources', 'resourceTemplates'].flatMap((name) => result?.[name] ?? []) as {
    readonly name?: string;
    readonly uri?: string;
    readonly uriTemplate?: string;
  }[];
  const { content, contents, messages, completion } = (result ?? {}) as Record<string, { text?: string }[]>;
  if (content ?? contents) return (content ?? contents)?.[0]?.text;
  if (messages !== undefined) return 'messages';
  if (completion !== undefined) return (completion as unknown as { values: string[] }).values;
  return lists.map(({ name, uri, uriTemplate }) => uri ?? uriTemplate ?? name ?? '').toSorted();
}

const all = (prefix: string, more: readonly string[] = []): string[] =>
  ['add', 'bytes', 'count', 'echo', 'slow', 'toggle', 'who_answers', ...more].map((name) => `${prefix}_${name}`);
const ofRecent = all('recent', ['in_region', 'range']);
const echo = (prefix: string) => ({ name: `${prefix}_echo`, arguments: { text: 'hi' } });
const complete = (ref: object, name: string) => ({ ref, argument: { name, value: 'f' } });
const prompt = (name: string) => ({ type: 'ref/prompt', name });
const template = (uri: string) => ({ type: 'ref/resource', uri });
const greeted = (prefix: string) => ({ name: `${prefix}_greet`, arguments: { name: 'Ada', style: 'formal' } });
const UNKNOWN = -32602;
/** By the era of the client. */
const NOT_FOUND = { legacy: -32002, modern: -32602 } as const;

type Row = readonly [
  Caller,
  method: string,
  params: Readonly<Record<string, unknown>>,
  expected: unknown,
  path?: string,
];
const rows = (era: Era): readonly Row[] => [
  ['root', 'tools/list', {}, [...all('old'), ...ofRecent].toSorted()],
  ['old-only', 'tools/list', {}, all('old').toSorted()],
  ['reader', 'tools/list', {}, ['recent_count', 'recent_echo']],
  ['nothing', 'tools/list', {}, []],
  ['late', 'tools/list', {}, []],
  ['reader', 'tools/list', {}, ['count', 'echo'], '/default/recent'],
  ['reader', 'tools/list', {}, [], '/default/old'],
  ['root', 'prompts/list', {}, ['old_greet', 'recent_greet']],
  ['reader', 'prompts/list', {}, ['recent_greet']],
  ['nothing', 'prompts/list', {}, []],
  ['root', 'resources/list', {}, ['test://about']],
  ['reader', 'resources/list', {}, ['test://about']],
  ['reader', 'resources/list', {}, [], '/default/recent'],
  ['nothing', 'resources/list', {}, []],
  ['root', 'resources/templates/list', {}, ['test://notes/{id}']],
  ['reader', 'resources/templates/list', {}, ['test://notes/{id}']],
  ['old-only', 'resources/templates/list', {}, ['test://notes/{id}']],
  ['nothing', 'resources/templates/list', {}, []],
  ['reader', 'tools/call', echo('recent'), 'hi'],
  ['reader', 'tools/call', echo('old'), UNKNOWN],
  ['old-only', 'tools/call', echo('old'), 'hi'],
  ['old-only', 'tools/call', echo('recent'), UNKNOWN],
  ['nothing', 'tools/call', echo('recent'), UNKNOWN],
  ['late', 'tools/call', echo('recent'), UNKNOWN],
  ['root', 'tools/call', { name: 'old_fail', arguments: {} }, UNKNOWN],
  ['root', 'tools/call', { name: 'fail', arguments: {} }, UNKNOWN, '/default/recent'],
  ['reader', 'tools/call', { name: 'add', arguments: { a: 1, b: 2 } }, UNKNOWN, '/default/recent'],
  ['reader', 'prompts/get', greeted('recent'), 'messages'],
  ['reader', 'prompts/get', greeted('old'), UNKNOWN],
  ['nothing', 'prompts/get', greeted('recent'), UNKNOWN],
  ['reader', 'resources/read', { uri: 'test://about' }, 'A server for tests.'],
  ['reader', 'resources/read', { uri: 'test://about' }, NOT_FOUND[era], '/default/recent'],
  ['reader', 'resources/read', { uri: 'test://notes/1' }, 'The content of test://notes/1.'],
  ['reader', 'resources/read', { uri: 'test://notes/1' }, NOT_FOUND[era], '/default/old'],
  ['reader', 'resources/read', { uri: 'test://notes/10' }, NOT_FOUND[era]],
  ['reader', 'resources/read', { uri: 'test://notes/%31%30' }, NOT_FOUND[era]],
  ['reader', 'resources/read', { uri: 'test://notes/x/../10' }, NOT_FOUND[era]],
  ['reader', 'resources/read', { uri: 'test://notes/../about' }, NOT_FOUND[era]],
  ['root', 'resources/read', { uri: 'TEST://notes/10' }, NOT_FOUND[era]],
  ['nothing', 'resources/read', { uri: 'test://about' }, NOT_FOUND[era]],
  ['reader', 'completion/complete', complete(prompt('recent_greet'), 'style'), ['formal', 'friendly', 'funny']],
  ['reader', 'completion/complete', complete(prompt('old_greet'), 'style'), UNKNOWN],
  ['nothing', 'completion/complete', complete(prompt('recent_greet'), 'style'), UNKNOWN],
  ['reader', 'completion/complete', complete(template('test://notes/{id}'), 'id'), []],
  ['reader', 'completion/complete', complete(template('test://notes/{id}'), 'id'), NOT_FOUND[era], '/default/old'],
  ['nothing', 'completion/complete', complete(template('test://notes/{id}'), 'id'), NOT_FOUND[era]],
];

for (const era of eras) {
  t.test(`a client of the ${era} era has what its rules say, and nothing else`, async (t) => {
    for (const [caller, method, params, expected, path] of rows(era)) {
      const told = gist(await ask(era, caller, method, params, path));
      t.strictSame(told, expected, `${caller} ${method} ${JSON.stringify(params)} ${path ?? ''}`);
    }
  });

  t.test(`what is hidden is told in the ${era} era as what is not there`, async (t) => {
    const pairs = [
      ['tools/call', { name: 'old_echo', arguments: {} }, { name: 'old_guess', arguments: {} }],
      ['tools/call', { name: 'old_echo', arguments: {} }, { name: 'no_server', arguments: {} }],
      ['prompts/get', { name: 'old_greet' }, { name: 'old_guess' }],
      ['prompts/get', { name: 'old_greet' }, { name: 'no_server' }],
      ['resources/read', { uri: 'test://extra/a' }, { uri: 'guess://a' }],
      ['completion/complete', complete(prompt('old_greet'), 'style'), complete(prompt('old_guess'), 'style')],
      ['completion/complete', complete(template('test://{x}'), 'x'), complete(template('guess://{x}'), 'x')],
    ] as const;
    const named = /old_\w+|no_server|(test|guess):\/\/[\w/{}]+/g;
    for (const [method, hidden, guessed] of pairs) {
      const [one, other] = [await ask(era, 'reader', method, hidden), await ask(era, 'reader', method, guessed)];
      const said = ({ error }: RpcAnswer) => JSON.stringify(error).replaceAll(named, '…');
      t.equal(said(one), said(other), JSON.stringify(hidden));
    }
  });

  t.test(`a client of the ${era} era hears of servers only if it sees something of them`, async (t) => {
    for (const [caller, expected] of [
      ['root', ['old', 'recent']],
      ['reader', ['old', 'recent']],
      ['old-only', ['old']],
      ['late', []],
      ['nothing', []],
    ] as const) {
      const client = await clientOf[era](gateway.url, {}, () => undefined, keyed(caller));
      const text = client.getInstructions() ?? '';
      t.strictSame(
        [...text.matchAll(/The test server (\w+)\./g)].map(([, name]) => name),
        expected,
        caller,
      );
      await client.close();
    }
    const own = await clientOf[era](`${gateway.url}/default/old`, {}, () => undefined, keyed('late'));
    t.equal(own.getInstructions(), undefined, 'on its own path, too');
    await own.close();
  });

  t.test(`a path of which a caller may use nothing is none, in the ${era} era`, async (t) => {
    for (const [caller, path, expected] of [
      ['old-only', '/default/recent', 404],
      ['nothing', '/default/old', 404],
      ['nothing', '/default/none', 404],
      ['old-only', '/default/old', 200],
      ['late', '/default/recent', 200],
    ] as const) {
      const url = `${gateway.url}${path}`;
      const status =
        era === 'modern'
          ? (await modern(url, 'tools/list', {}, { headers: keyed(caller) })).status
          : await LegacySession.begin(url, '2025-11-25', { headers: keyed(caller) }).then(
              () => 200,
              (error: Error) => Number(/HTTP (\d+)/.exec(error.message)?.[1]),
            );
      t.equal(status, expected, `${caller} ${path}`);
    }
  });
}

t.test('a legacy client subscribes to nothing that it may not read', async (t) => {
  for (const [caller, uri, expected] of [
    ['reader', 'test://about', undefined],
    ['reader', 'test://notes/10', -32002],
    ['nothing', 'test://about', -32002],
    ['old-only', 'test://about', undefined],
  ] as const) {
    t.equal((await ask('legacy', caller, 'resources/subscribe', { uri })).error?.code, expected, `${caller} ${uri}`);
  }
});

t.test('a modern client is told which of its subscriptions are honoured: none of what it may not read', async (t) => {
  const uris = ['test://about', 'test://notes/1', 'test://notes/10', 'guess://a'];
  for (const [caller, expected] of [
    ['root', ['test://about', 'test://notes/1']],
    ['reader', ['test://about', 'test://notes/1']],
    ['nothing', []],
  ] as const) {
    const stream = await modernListen(gateway.url, { resourceSubscriptions: uris }, { headers: keyed(caller) });
    const told = await stream.message('notifications/subscriptions/acknowledged');
    t.match(told, { params: { notifications: { resourceSubscriptions: expected } } });
    const { notifications } = told['params'] as { notifications: { resourceSubscriptions: string[] } };
    t.equal(notifications.resourceSubscriptions.length, expected.length, caller);
    stream.close();
  }
});

t.test('another caller’s session is no session', async (t) => {
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { headers: keyed('root') });
  const stolen = { ...session.headers, ...keyed('reader') };
  t.equal((await session.request('tools/list', {}, { headers: stolen })).status, 404);
  t.equal((await session.request('tools/list', {}, { headers: { ...session.headers, ...keyed('root') } })).status, 200);
});

t.test('no list of a modern client is for others', async (t) => {
  for (const caller of ['root', 'reader', 'nothing'] as const) {
    for (const method of ['tools/list', 'prompts/list', 'resources/list', 'server/discover']) {
      const { result } = await ask('modern', caller, method, {});
      t.equal(result?.['cacheScope'], 'private', `${caller} ${method}`);
    }
  }
  const read = await ask('modern', 'root', 'resources/read', { uri: 'test://about' });
  t.equal(read.result?.['cacheScope'], 'private', 'nor what is read');
});

t.test('the report names the rules that match nothing that is there', async (t) => {
  const { rules: told } = await until('the look at the rules', async () => {
    const report = await gateway.report();
    return report.rules?.unmatched.length === 1 ? report : undefined;
  });
  t.strictSame(told, { unmatched: ['late'] });
});
