/** Tools of legacy servers that must be run as tasks, for modern clients, which see ordinary calls. */
import type { Client } from '@modelcontextprotocol/client';
import t from 'tap';
import { callWithProgress, modernClient } from '../support/clients.ts';
import { answerTo, askedIn, type ModernCall } from '../support/asking.ts';
import { answerOf, modern, modernCall, open, modernRequest, textOf } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  answering,
  event,
  events,
  failing,
  json,
  progressToken,
  result,
  scriptedUpstream,
  textResult,
  type Arrival,
  type Script,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const RELATED = 'io.modelcontextprotocol/related-task';
const real = await startServer('tasks-legacy');
const everything = await startServer('everything');
const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
const task = { taskId: 'own-task-1', status: 'working', createdAt: '', lastUpdatedAt: '', ttl: 9, pollInterval: 7 };
const create: Script = ({ response, message }) => {
  if (message.params?.['task'] === undefined) return json(response, textResult(message, 'no task'));
  json(response, result(message, { task }));
};
let answerResult: Script = () => undefined;
const methods: Record<string, Script> = {
  'tasks/result': (arrival) => answerResult(arrival),
  'tasks/cancel': answering({ ...task, status: 'cancelled' }),
};
const of = (taskSupport: string | undefined) => ({
  tools: { work: create },
  methods,
  capabilities: { tools: {}, tasks },
  ...(taskSupport !== undefined && { tool: { execution: { taskSupport } } }),
});
const required = await scriptedUpstream(t, of('required'));
const optional = await scriptedUpstream(t, of('optional'));
const forbidden = await scriptedUpstream(t, of('forbidden'));
const silent = await scriptedUpstream(t, of(undefined));
const undeclared = await scriptedUpstream(t, { ...of('required'), capabilities: { tools: {} } });
const gateway = await startGateway([
  entryFor(real.url, { name: 'real' }),
  entryFor(everything.url, { name: 'everything' }),
  entryFor(required.url, { name: 'required', timeoutMs: 1500 }),
  entryFor(optional.url, { name: 'optional' }),
  entryFor(forbidden.url, { name: 'forbidden' }),
  entryFor(silent.url, { name: 'silent' }),
  entryFor(undeclared.url, { name: 'undeclared' }),
]);
t.teardown(() => Promise.all([gateway.stop(), real.stop(), everything.stop()]));
const { url } = gateway;

for (const [path, at, prefix] of [
  ['/mcp', url, 'real_'],
  ['/mcp/default/real', `${url}/default/real`, ''],
] as const) {
  t.test(`a tool that must be a task is an ordinary call on ${path}, with its progress`, async (t) => {
    const client = await modernClient(at);
    t.teardown(() => client.close());
    const { tools } = await client.listTools();
    t.notMatch(JSON.stringify(tools), 'taskSupport');
    const seen: number[] = [];
    const call = { name: `${prefix}must`, arguments: { mode: 'progress' } };
    const answer = await callWithProgress(client, call, (done) => seen.push(done));
    t.match(JSON.stringify(answer), 'it is done');
    t.strictSame(seen, [1, 2]);
    const failed = await client.callTool({ name: `${prefix}must`, arguments: { mode: 'fails' } });
    t.match(failed, { isError: true, content: [{ text: 'it failed' }] });
    t.notMatch(JSON.stringify(failed), RELATED);
  });

  t.test(`such a tool asks its client something on ${path}`, async (t) => {
    const client = await modernClient(at, { elicitation: {} }, (each: Client) => {
      each.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ada' } }));
    });
    t.teardown(() => client.close());
    const answer = await client.callTool({ name: `${prefix}must`, arguments: { mode: 'asks' } });
    t.match(answer, { content: [{ text: 'hello Ada' }] });
  });
}

t.test('server-everything researches for a modern client', async (t) => {
  const client = await modernClient(url, { elicitation: {} }, (each: Client) => {
    each.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { interpretation: 'snake' } }));
  });
  t.teardown(() => client.close());
  const call = { name: 'everything_simulate-research-query', arguments: { topic: 'python', ambiguous: true } };
  t.match(JSON.stringify(await client.callTool(call)), 'python (snake)');
});

t.test('a task’s question is input_required, and the retry ends the task', async (t) => {
  const call: ModernCall = {
    url,
    params: { name: 'real_must', arguments: { mode: 'asks' } },
    capabilities: { elicitation: {} },
  };
  const asked = askedIn(await answerTo(call));
  const [[key, request] = ['', undefined]] = Object.entries(asked.inputRequests);
  t.match(request, { method: 'elicitation/create', params: { message: 'who?' } });
  const inputResponses = { [key]: { action: 'accept', content: { name: 'Grace' } } };
  t.equal(textOf(await answerTo(call, { requestState: asked.requestState, inputResponses })), 'hello Grace');
});

t.test('a task is made where the tool requires it and its server declares it, and nowhere else', async (t) => {
  answerResult = ({ response, message }) => json(response, textResult(message, 'as a task'));
  t.equal(textOf(await modernCall(url, 'required_work', { a: 1 })), 'as a task');
  const { params } = required.of('tools/call').at(-1)?.message ?? {};
  t.match(params, { name: 'work', arguments: { a: 1 }, task: { ttl: Number } });
  t.strictSame(required.of('tasks/result').at(-1)?.message.params, { taskId: task.taskId });
  t.equal(required.of('tasks/get').length, 0, 'the result is waited for: nothing is polled');
  for (const [name, server] of Object.entries({ optional, forbidden, silent, undeclared })) {
    t.equal(textOf(await modernCall(url, `${name}_work`)), 'no task', name);
    t.notOk('task' in (server.of('tools/call').at(-1)?.message.params ?? {}), name);
  }
});

t.test('the end of a task is told without any status notification, an error as it is', async (t) => {
  const error = { code: -31999, message: 'broken' };
  answerResult = failing(error);
  t.match((await modernCall(url, 'required_work')).error, error);
});

t.test('progress under the call’s token comes while the result is waited for', async (t) => {
  const token = (): unknown => progressToken(required.of('tools/call').at(-1)?.message ?? {});
  answerResult = ({ response, message }) => {
    const params = { progressToken: token(), progress: 1, _meta: { [RELATED]: { taskId: task.taskId } } };
    events(response).write(event({ jsonrpc: '2.0', method: 'notifications/progress', params }));
    response.end(event(textResult(message, 'done')));
  };
  const meta = { progressToken: 'mine' };
  const answer = await modern(url, 'tools/call', { name: 'required_work', arguments: {} }, { meta });
  t.match(answer.text, '"progressToken":"mine","progress":1');
  t.notMatch(answer.text, RELATED);
  t.equal(textOf(answerOf(answer)), 'done');
});

/** Waits for the next tasks/cancel after so many. */
function cancelled(before: number): Promise<UpstreamMessage> {
  const find = (): UpstreamMessage | undefined => required.of('tasks/cancel')[before]?.message;
  return until('tasks/cancel', find, { state: () => required.arrivals.map(({ message }) => message.method) });
}

t.test('a client that goes away has its task cancelled, by tasks/cancel', async (t) => {
  const [before, notices] = [required.of('tasks/cancel').length, required.of('notifications/cancelled').length];
  const waits = Promise.withResolvers<Arrival>();
  answerResult = (arrival) => waits.resolve(arrival);
  const gone = new AbortController();
  const request = modernRequest('tools/call', { name: 'required_work', arguments: {} }, { signal: gone.signal });
  const left = open(url, request);
  await waits.promise;
  gone.abort();
  await t.rejects(left);
  t.match(await cancelled(before), { params: { taskId: task.taskId } });
  t.equal(required.of('notifications/cancelled').length, notices);
});

t.test('a task that is not done by the deadline is cancelled', async (t) => {
  const before = required.of('tasks/cancel').length;
  answerResult = () => undefined;
  const { error } = await modernCall(url, 'required_work');
  t.match(error, { code: -32603, message: /default\/required gave no answer within 1500 ms/ });
  t.match(await cancelled(before), { params: { taskId: task.taskId } });
});
