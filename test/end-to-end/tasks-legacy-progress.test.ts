/** Progress of a task of 2025-11-25 is heard under the token of its call, until the task is over. */
import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { answering, event, events, result, scriptedUpstream, type Arrival } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const times = { createdAt: '2025-11-25T10:30:00Z', lastUpdatedAt: '2025-11-25T10:40:00Z', ttl: null };
const task = { taskId: 'the-task-1', status: 'working', ...times };

/** The stream of the last session with the server. */
let getStream: ServerResponse | undefined;
const results: Arrival[] = [];
/** How the task stands. */
let status = 'working';
const upstream = await scriptedUpstream(t, {
  capabilities: { tools: {}, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
  tools: { work: answering({ task }) },
  methods: {
    'tasks/get': (arrival) => answering({ ...task, status })(arrival),
    'tasks/list': (arrival) => answering({ tasks: [{ ...task, status }] })(arrival),
    'tasks/cancel': answering({ ...task, status: 'cancelled' }),
    'tasks/result': (arrival) => {
      events(arrival.response);
      results.push(arrival);
    },
  },
  get: (_request, response) => void (getStream = events(response)),
});
const gateway = await gatewayOf(t, { server: upstream });

const notice = (method: string, params: object): string =>
  event({ jsonrpc: '2.0', method: `notifications/${method}`, params });
const progress = (progressToken: unknown, done: number): string =>
  notice('progress', { progressToken, progress: done });
const doneOf = ({ messages }: MessageStream): unknown[] =>
  messages.flatMap(({ method, params }) =>
    method === 'notifications/progress' ? [(params as { readonly progress: number }).progress] : [],
  );

/** A task that was made by a call with the token `mine`. */
async function begun(t: Test) {
  status = 'working';
  results.length = 0;
  const session = await LegacySession.begin(gateway.url);
  const heard = await session.listen();
  t.teardown(() => heard.close());
  const call = { name: 'server_work', arguments: {}, task: { ttl: 5 }, _meta: { progressToken: 'mine' } };
  const { result: made } = await session.rpc('tools/call', call);
  const { taskId } = (made as { task: { taskId: string } }).task;
  const stream = await until('the stream', () => getStream);
  return { session, heard, taskId, say: (text: string) => void stream.write(text) };
}

type Begun = Awaited<ReturnType<typeof begun>>;

/** How the gateway learns that a task is over. */
const endings: Readonly<Record<string, (task: Begun) => Promise<unknown>>> = {
  'the server says so': async ({ say }) => say(notice('tasks/status', { ...task, status: 'failed' })),
  'its client asks for it': ({ session, taskId }) => {
    status = 'completed';
    return session.rpc('tasks/get', { taskId });
  },
  'it is listed': ({ session }) => {
    status = 'completed';
    return session.rpc('tasks/list');
  },
  'it is cancelled': ({ session, taskId }) => session.rpc('tasks/cancel', { taskId }),
  'it has its result': async ({ session, taskId }) => {
    const answer = session.rpc('tasks/result', { taskId });
    const { response, message } = await until('the request', () => results[0]);
    response.end(event(result(message, { content: [] })));
    await answer;
  },
};

for (const [how, end] of Object.entries(endings)) {
  t.test(`progress is heard until the task is over: ${how}`, async (t) => {
    const running = await begun(t);
    const { session, heard, taskId, say } = running;
    say(progress('another', 1) + progress('mine', 2));
    await heard.message('notifications/progress');
    t.match(await session.rpc('tasks/get', { taskId }), { result: { status: 'working' } });
    say(progress('mine', 3));
    await until('more', () => doneOf(heard).length === 2);
    await end(running);
    say(progress('mine', 4) + notice('message', { level: 'info', data: 'behind it' }));
    await heard.message('notifications/message');
    t.strictSame(doneOf(heard), [2, 3]);
  });
}

t.test('on the stream of its result as well, and of no other token there', async (t) => {
  const { session, taskId, say, heard } = await begun(t);
  const opening = session.open('tasks/result', { taskId, _meta: { progressToken: 'of the request' } });
  const { response, message } = await until('the request', () => results[0]);
  response.write(progress('mine', 1) + progress('another', 2) + progress('of the request', 3));
  const stream = new MessageStream(await opening);
  t.teardown(() => stream.close());
  await until('both', () => doneOf(stream).length === 2);
  say(notice('tasks/status', { ...task, status: 'completed' }));
  await heard.message('notifications/tasks/status');
  response.end(progress('mine', 4) + event(result(message, { content: [] })));
  t.equal(await stream.ended(), 'ended');
  t.strictSame(doneOf(stream), [1, 3]);
});
