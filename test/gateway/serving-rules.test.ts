/** Rules that change while clients are there: what each hears of it, what ends, and what goes on. */
import t from 'tap';
import type { AccessRule, AccessTarget } from '../../gateway/contract/access-policy.ts';
import { askedIn, questions, sendCall } from '../support/asking.ts';
import { askingServer } from '../support/asking-server.ts';
import { answerOf, LegacySession, modern, modernListen, modernRequest, open, textOf } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { createTask, refusalOf, sendAs, withTasks } from '../support/modern-tasks.ts';
import { principal } from '../support/principal.ts';
import { ruledDoors } from '../support/principals.ts';
import { entryFor } from '../support/registry-folder.ts';
import { arrivalsOf, asking, legacyAsker } from '../support/round-trips.ts';
import { event, json, result, scriptedUpstream, textResult } from '../support/scripted-upstream.ts';
import { modernTaskServer } from '../support/servers/tasks-modern.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const old = await startServer('legacy', { args: ['--name', 'old'] });
const recent = await startServer('modern', { args: ['--name', 'recent'] });
const tasks = await modernTaskServer(t, 'task-');
const asker = await legacyAsker(t);
const many = await scriptedUpstream(t, {
  tools: Object.fromEntries(
    Array.from({ length: 2400 }, (_, i) => [
      `${i % 2 === 0 ? 'even' : 'odd'}_${i}`,
      ({ response, message }) => json(response, textResult(message, 'called')),
    ]),
  ),
  methods: { 'prompts/list': ({ response, message }) => json(response, result(message, { prompts: [] })) },
});
t.teardown(() => Promise.all([old.stop(), recent.stop()]));

const user = (name: string) => principal(name, { method: 'apiKey' });
const quiz = await askingServer(t);
const services = Object.entries({ old, recent, tasks: tasks.upstream, asker, many, quiz }).map(([name, { url }]) =>
  entryFor(url, { name }),
);
/** Ada may use this, bob everything. */
const adaMay = (...to: AccessTarget[]): AccessRule[] => [
  { name: 'bob', effect: 'Allow', from: [{ apiKeys: ['bob'] }] },
  ...(to.length === 0 ? [] : [{ name: 'ada', effect: 'Allow' as const, from: [{ apiKeys: ['ada'] }], to }]),
];
const everything: AccessTarget = { services: ['*'] };
const only = (service: string, more: AccessTarget = {}): AccessTarget => ({
  services: [`default/${service}`],
  ...more,
});
const principals = { ada: user('ada'), bob: user('bob'), witness: user('witness') };
const { doors, rule: takeRules } = await ruledDoors(t, principals, services, adaMay(everything));
type Door = keyof typeof doors;

/** Something else changes for it with each change of the rules: when it hears of that, all have heard. */
const witness = await modernListen(doors.witness, { toolsListChanged: true });
await witness.message('notifications/subscriptions/acknowledged');
t.teardown(() => witness.close());
let changes = 0;

/** Has these rules hold, and waits until whoever is concerned has been told. */
async function rule(rules: readonly AccessRule[]): Promise<void> {
  const told = witness.messages.length;
  const tool = changes++ % 2 === 0 ? 'echo' : 'add';
  takeRules([
    ...rules,
    { name: 'witness', effect: 'Allow', from: [{ apiKeys: ['witness'] }], to: [{ tools: [tool] }] },
  ]);
  await until('the change to be told', () => witness.messages.length > told);
}

const toggle = (server: { url: string }, list: string, name: string) =>
  fetch(new URL(`/toggle?list=${list}&name=${name}`, server.url), { method: 'POST' });
const touch = (server: { url: string }, uri: string) =>
  fetch(new URL(`/touch?uri=${encodeURIComponent(uri)}`, server.url), { method: 'POST' });

/** All that a client listens on, and what it heard there. */
const listeners = {
  async legacy(door: Door, uris: readonly string[] = [], path = '') {
    const session = await LegacySession.begin(`${doors[door]}${path}`);
    t.teardown(() => session.end());
    const stream = await session.listen();
    for (const uri of uris) t.notOk((await session.rpc('resources/subscribe', { uri })).error, uri);
    return { stream, heard: () => heardOn(stream) };
  },
  async modern(door: Door, uris: readonly string[] = [], path = '') {
    const filter = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
    const stream = await modernListen(`${doors[door]}${path}`, { ...filter, resourceSubscriptions: uris });
    t.teardown(() => stream.close());
    await stream.message('notifications/subscriptions/acknowledged');
    return { stream, heard: () => heardOn(stream) };
  },
};

function heardOn({ messages }: MessageStream): string[] {
  return messages.flatMap(({ method, params }) => {
    const [, what] = /^notifications\/(.*(?:list_changed|updated))$/.exec(String(method)) ?? [];
    if (what === undefined) return [];
    return [what === 'resources/updated' ? `updated ${(params as { uri: string }).uri}` : (what.split('/')[0] ?? '')];
  });
}

async function namesOf(door: Door, path = ''): Promise<string[]> {
  const { result } = answerOf(await modern(`${doors[door]}${path}`, 'tools/list'));
  return ((result?.['tools'] ?? []) as { name: string }[]).map(({ name }) => name);
}

/** Waits until nothing is on its way any more: what is told later comes behind what was told before. */
async function settled(who: Awaited<ReturnType<(typeof listeners)['legacy']>>, count: number, topic: string) {
  await until(`${topic} to be told`, () => who.heard().filter((one) => one === topic).length >= count, {
    state: () => who.heard(),
  });
}

for (const era of ['legacy', 'modern'] as const) {
  const listen = listeners[era];

  t.test(`a ${era} client whose rules change hears of what changed for it, and others hear nothing`, async (t) => {
    await rule(adaMay(only('recent'), only('old')));
    const [ada, bob] = [await listen('ada'), await listen('bob')];
    await rule(
      adaMay(only('recent', { tools: ['echo'] }), only('recent', { prompts: ['*'], resources: ['*'] }), only('old')),
    );
    await settled(ada, 1, 'tools');
    t.strictSame(ada.heard(), ['tools']);
    await rule(adaMay(only('recent', { tools: ['echo'], resources: ['*'] }), only('old')));
    await settled(ada, 1, 'prompts');
    // Nothing of it is other than before.
    await rule(adaMay(only('recent', { tools: ['ech*'], resources: ['*'] }), only('old')));
    await rule(adaMay());
    await settled(ada, 1, 'resources');
    t.strictSame(ada.heard().toSorted(), ['prompts', 'prompts', 'resources', 'tools', 'tools']);
    t.strictSame(await namesOf('ada'), []);
    await rule(adaMay(everything));
    await settled(ada, 2, 'resources');
    t.strictSame(bob.heard(), []);
  });

  t.test(`a ${era} client hears nothing of what a server does of which it sees nothing`, async (t) => {
    await rule(adaMay(only('recent'), only('old', { tools: ['echo', 'seen_*'] })));
    const [ada, bob] = [await listen('ada'), await listen('bob')];
    await toggle(old, 'tools', `hidden_${era}`);
    await toggle(old, 'prompts', `hidden_${era}`);
    await settled(bob, 1, 'tools');
    await settled(bob, 1, 'prompts');
    await toggle(recent, 'resources', `seen_${era}`);
    await settled(ada, 1, 'resources');
    t.strictSame(ada.heard(), ['resources']);
    await toggle(old, 'tools', `seen_${era}`);
    await settled(ada, 1, 'tools');
    t.ok((await namesOf('ada')).includes(`old_seen_${era}`));
    t.notOk((await namesOf('ada')).includes(`old_hidden_${era}`));
  });

  t.test(`a ${era} client’s subscription to what it may not read any more falls silent`, async (t) => {
    await rule(adaMay(only('recent')));
    const uris = ['test://about', 'test://notes/1'];
    const [ada, bob] = [await listen('ada', uris, '/default/recent'), await listen('bob', uris, '/default/recent')];
    const told = (who: typeof ada, ...what: string[]) =>
      until(what.join(), () => what.every((each) => who.heard().includes(each)), { state: () => who.heard() });
    // The gateway's own listening may not have begun yet.
    await until(
      'updates',
      async () => {
        await touch(recent, 'test://about');
        return [ada, bob].every((who) => who.heard().includes('updated test://about'));
      },
      { everyMs: 50 },
    );
    await rule(adaMay(only('recent', { resources: ['test://notes/{id}'], tools: ['*'], prompts: ['*'] })));
    const before = ada.heard().filter((one) => one === 'updated test://about').length;
    const bobs = bob.heard().filter((one) => one === 'updated test://about').length;
    await touch(recent, 'test://about');
    await until('bob to hear', () => bob.heard().filter((one) => one === 'updated test://about').length > bobs);
    await until(
      'ada to hear of the other',
      async () => {
        await touch(recent, 'test://notes/1');
        return ada.heard().includes('updated test://notes/1');
      },
      { everyMs: 50 },
    );
    await told(bob, 'updated test://notes/1');
    t.equal(ada.heard().filter((one) => one === 'updated test://about').length, before);
  });

  t.test(`the streams of a ${era} client end at a path that is none to it any more`, async (t) => {
    await rule(adaMay(everything));
    const [ada, bob] = [await listen('ada', [], '/default/old'), await listen('bob', [], '/default/old')];
    await rule(adaMay(only('recent')));
    t.equal(await ada.stream.ended(), 'ended');
    t.equal(bob.stream.end, undefined);
    t.equal((await modern(`${doors.ada}/default/old`, 'tools/list')).status, 404);
  });
}

t.test('a session outlives what it may use, and what runs in it comes to its end', async (t) => {
  await rule(adaMay(everything));
  const session = await LegacySession.begin(doors.ada);
  const slow = session.call('old_slow', { ms: 1000 });
  const slowModern = modern(doors.ada, 'tools/call', { name: 'recent_slow', arguments: { ms: 1000 } });
  await until('the calls to run', async () => textOf(await session.call('old_echo', { text: 'x' })) === 'x');
  await rule(adaMay());
  t.strictSame((await session.rpc('tools/list')).result, { tools: [] });
  t.match(await session.call('old_echo', { text: 'x' }), {
    error: { code: -32602, message: 'Unknown tool: old_echo' },
  });
  t.equal(textOf(await slow), 'waited 1000 ms');
  t.equal(textOf(answerOf(await slowModern)), 'waited 1000 ms');
  await rule(adaMay(everything));
  t.equal(textOf(await session.call('old_echo', { text: 'again' })), 'again');
  await session.end();
});

t.test('a task of a server that may not be used any more is none', async (t) => {
  await rule(adaMay(everything));
  const { taskId } = await createTask(doors.ada, 'tasks_work');
  const listening = new MessageStream(
    await open(
      doors.ada,
      modernRequest(
        'subscriptions/listen',
        { notifications: { taskIds: [taskId] } },
        { meta: { 'io.modelcontextprotocol/clientCapabilities': withTasks } },
      ),
    ),
  );
  t.teardown(() => listening.close());
  await listening.message('notifications/subscriptions/acknowledged');
  await rule(adaMay(only('recent')));
  const asked = tasks.upstream.arrivals.length;
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    const refused = await refusalOf(sendAs(doors.ada, withTasks, method, { taskId, inputResponses: {} }));
    t.match(refused, { code: -32602, message: /Task not found/ }, method);
  }
  t.equal(tasks.upstream.arrivals.length, asked, 'its server is not asked');
  tasks.change(tasks.ids.at(-1) ?? '', { statusMessage: 'secret' });
  await rule(adaMay(everything));
  t.match(await refusalOf(sendAs(doors.ada, withTasks, 'tasks/get', { taskId: `${String(taskId)}x` })), {
    code: -32602,
  });
  t.notOk(listening.text.includes('secret'));
});

t.test('a call that waits for an answer ends with the permission for its tool', async (t) => {
  await rule(adaMay(everything));
  const args = asking({ inputRequests: { a: questions.form } });
  const call = { url: doors.ada, params: { name: 'asker_asks', arguments: args }, capabilities: { elicitation: {} } };
  const { requestState } = askedIn(await sendCall(call));
  const [arrival] = arrivalsOf(asker, args);
  await rule(adaMay(only('asker', { tools: ['other'] })));
  await until('the server to be told', () =>
    asker.arrivals.some(
      ({ message }) => message.method === 'notifications/cancelled' || message['error'] !== undefined,
    ),
  );
  t.ok(arrival);
  t.match(answerOf(await sendCall(call, { requestState, inputResponses: {} })), {
    error: { code: -32602, message: 'Unknown tool: asker_asks' },
  });
});

t.test(
  'a page that goes on where another state, or another caller, stopped has only what its caller may use',
  async (t) => {
    await rule(adaMay(only('many')));
    const page = async (door: Door, cursor: string) =>
      answerOf(await modern(`${doors[door]}/default/many`, 'tools/list', cursor === '' ? {} : { cursor })).result as {
        tools: { name: string }[];
        nextCursor?: string;
      };
    const { nextCursor: before = '' } = await page('ada', '');
    const { nextCursor: bobs = '' } = await page('bob', '');
    t.ok(before);
    await rule(adaMay(only('many', { tools: ['even_*'] })));
    for (const cursor of [before, bobs]) {
      const { tools } = await page('ada', cursor);
      t.equal(tools.length, 200, 'of 1,200 that it may use');
      t.ok(tools.every(({ name }) => name.startsWith('even_')));
    }
    const { tools, nextCursor = '' } = await page('ada', '');
    t.equal(tools.length, 1000);
    t.match(Buffer.from(nextCursor, 'base64url').toString(), /^1000 /, 'it counts what its caller sees');
    await rule(adaMay(only('recent')));
    t.equal((await modern(`${doors.ada}/default/many`, 'tools/list', { cursor: before })).status, 404);
    const { tools: others } = answerOf(await modern(doors.ada, 'tools/list', { cursor: bobs }))
      .result as typeof page extends (...args: never[]) => Promise<infer P> ? P : never;
    t.ok(others.every(({ name }) => name.startsWith('recent_')));
  },
);

t.test('what a server asks outside of calls is taken back with the permission for the server', async (t) => {
  await rule(adaMay(everything));
  const session = await LegacySession.begin(doors.ada, '2025-11-25', { capabilities: { sampling: {} } });
  t.teardown(() => session.end());
  const stream = await session.listen();
  t.notOk((await session.call('quiz_ask')).error);
  const own = String(
    quiz.arrivals.findLast(({ message }) => message.method === 'tools/call')?.request.headers['mcp-session-id'],
  );
  const asking = await until('the stream of the server', () => quiz.streams.get(own));
  asking.write(event({ jsonrpc: '2.0', id: 'q', ...questions.sampling }));
  const { id } = await stream.message('sampling/createMessage');
  await rule(adaMay(only('recent')));
  t.match(await stream.message('notifications/cancelled'), { params: { requestId: id } });
  t.match(await quiz.response(own, 'q'), {
    error: { code: -32603, message: 'The server that asked is not there any more.' },
  });
});
