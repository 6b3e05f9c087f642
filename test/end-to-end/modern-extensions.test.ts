/** Extensions in 2026-07-28: who declares which to whom, and what becomes of those that only one side has. */
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, LegacySession, modern, textOf, type RpcAnswer } from '../support/mcp-http.ts';
import { refusalOf, sendAs, withTasks } from '../support/modern-tasks.ts';
import {
  json,
  result,
  scriptedUpstream,
  textResult,
  type Script,
  type ScriptedUpstream,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';
import { modernTaskServer, TASKS } from '../support/servers/tasks-modern.ts';

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

function declaredIn({ params }: UpstreamMessage): Readonly<Record<string, unknown>> | undefined {
  const meta = params?.['_meta'] as Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  return meta?.[CAPABILITIES];
}

const now = '2026-08-01T10:00:00Z';
const task = { taskId: 't-1', status: 'working', createdAt: now, lastUpdatedAt: now, ttlMs: null };

/** Makes a task for who has the extension, and answers anyone else. */
const may: Script = ({ response, message }) => {
  const has = JSON.stringify(declaredIn(message) ?? {}).includes(TASKS);
  json(response, has ? result(message, { resultType: 'task', ...task }) : textResult(message, 'without a task'));
};

const extensions = {
  'example.com/x': { a: 1 },
  'com.example/': {},
  'a-1.b/c_d.e-f': {},
  // None of these is a name with a prefix (Base Protocol, _meta).
  tasks: {},
  '/x': {},
  'example..com/x': {},
  '1.com/x': {},
  'example-/x': {},
  'example.com/_x': {},
  'a b/x': {},
};
const named = ['example.com/x', 'com.example/', 'a-1.b/c_d.e-f'];

const tasks = await modernTaskServer(t, 'task-');
const recent = await scriptedUpstream(t, { era: 'modern', tools: { may }, capabilities: { tools: {}, extensions } });
const plain = await scriptedUpstream(t, { era: 'modern', tools: { may } });
const old = await scriptedUpstream(t, {
  era: 'legacy',
  tools: { may },
  capabilities: { tools: {}, tasks: { list: {} }, extensions: { [TASKS]: {} } },
});
const gateway = await gatewayOf(t, { tasks: tasks.upstream, recent, plain, old });
const { url } = gateway;

async function extensionsAt(path: string): Promise<readonly string[]> {
  const { result: discovered } = answerOf(await modern(path, 'server/discover'));
  const capabilities = (discovered?.['capabilities'] ?? {}) as { extensions?: Record<string, unknown> };
  return Object.keys(capabilities.extensions ?? {}).sort();
}

t.test('an extension is declared on the paths of the servers that have it in this era, and on no other', async (t) => {
  t.ok((await extensionsAt(url)).includes(TASKS));
  t.strictSame(await extensionsAt(`${url}/default/tasks`), [TASKS]);
  t.strictSame(await extensionsAt(`${url}/default/plain`), []);
  // A legacy server's tasks are others, whatever it calls them.
  t.strictSame(await extensionsAt(`${url}/default/old`), []);
});

t.test('what a server declares under a name without a prefix is not declared on', async (t) => {
  t.strictSame(await extensionsAt(`${url}/default/recent`), named.toSorted());
  t.strictSame(await extensionsAt(url), [...named, TASKS].sort());
});

t.test('to a client without the extension a server speaks the core protocol, or fails with an error', async (t) => {
  const call = (tool: string, capabilities = {}) =>
    sendAs(url, capabilities, 'tools/call', { name: tool, arguments: {} });
  t.match(answerOf(await call('recent_may', withTasks)).result, { resultType: 'task' });
  t.equal(textOf(answerOf(await call('recent_may'))), 'without a task');
  t.equal(textOf(answerOf(await call('tasks_plain'))), 'plain');
  t.match(await refusalOf(call('tasks_work')), {
    status: 400,
    code: -32021,
    data: { requiredCapabilities: { extensions: { [TASKS]: {} } } },
  });
  t.match(await refusalOf(call('tasks_forced')), { code: -32603, message: /default\/tasks answered .* type "task"/ });
  // And a client that has it is told so where a server has not.
  t.equal(textOf(answerOf(await call('old_may', withTasks))), 'without a task');
});

t.test('a server is told of its client’s own extensions where it can answer by them, and of no others', async (t) => {
  const own = { 'com.example/own': { deep: [1] }, [TASKS]: {} };
  const asModern = async (tool: string): Promise<RpcAnswer> => {
    const meta = { [CAPABILITIES]: { elicitation: {}, extensions: own } };
    return answerOf(await modern(url, 'tools/call', { name: tool, arguments: {} }, { meta }));
  };
  const lastCall = (server: ScriptedUpstream): UpstreamMessage => server.of('tools/call').at(-1)?.message ?? {};
  const lastSession = (server: ScriptedUpstream): unknown =>
    server.of('initialize').at(-1)?.message.params?.['capabilities'];
  await asModern('plain_may');
  t.strictSame(declaredIn(lastCall(plain)), { elicitation: {}, extensions: own }, 'modern to modern: as they came');
  await asModern('old_may');
  t.strictSame(lastSession(old), { elicitation: {} }, 'modern to legacy: none');
  t.equal(declaredIn(lastCall(old)), undefined);
  const capabilities = { elicitation: {}, extensions: own };
  const session = await LegacySession.begin(url, '2025-11-25', { capabilities });
  await session.call('plain_may');
  t.strictSame(declaredIn(lastCall(plain)), { elicitation: {} }, 'legacy to modern: none');
  await session.call('old_may');
  t.strictSame(lastSession(old), capabilities, 'legacy to legacy: as they came');
});
