import t from 'tap';
import { openedRequest, type OpenedRequest } from '../../../gateway/a2a/client-request.ts';
import type { Operation } from '../../../gateway/a2a/methods.ts';
import { SealedIds } from '../../../gateway/a2a/sealed-ids.ts';
import type { AgentVersion } from '../../../gateway/agents/agent-card.ts';
import { readMessage } from '../../../gateway/jsonrpc/message.ts';
import type { McpError } from '../../../gateway/mcp/errors.ts';
import { randomKeyRing } from '../../../gateway/sealing/key-ring.ts';
import { Sealer } from '../../../gateway/sealing/sealer.ts';

const sealer = new Sealer(randomKeyRing());
const ids = new SealedIds(sealer, 'team/helper', 'ada');
const home = '10.0.0.1:8080';
const task = ids.seal('task', { id: 'task-1', home });
const context = ids.seal('context', { id: 'context-1', home: '10.0.0.2:8080' });

interface Options {
  readonly operation?: Operation;
  readonly version?: AgentVersion;
  readonly tenant?: string;
}

/** Opens a request with these params, as JSON text or a value. */
function open(params: unknown, { operation = 'send', version = '1.0', tenant = '' }: Options = {}): OpenedRequest {
  const text = typeof params === 'string' ? params : JSON.stringify(params);
  const message = readMessage(Buffer.from(`{"jsonrpc":"2.0","id":"7","method":"SendMessage","params":${text}}`));
  return openedRequest(message, { operation, version, tenant, ids });
}

const paramsOf = ({ body }: OpenedRequest): unknown => (JSON.parse(body.toString()) as { params: unknown }).params;

t.test('ids are opened wherever they stand', async (t) => {
  const message = {
    messageId: '1',
    taskId: task,
    contextId: context,
    referenceTaskIds: [task],
    parts: [{ text: task }],
  };
  const opened = open({ message, metadata: { taskId: task } });
  t.strictSame(paramsOf(opened), {
    message: {
      messageId: '1',
      taskId: 'task-1',
      contextId: 'context-1',
      referenceTaskIds: ['task-1'],
      parts: [{ text: task }],
    },
    metadata: { taskId: task },
  });
  t.equal(opened.home, home, 'the task’s home counts before the context’s');
  t.strictSame(paramsOf(open({ id: task, historyLength: 3 }, { operation: 'get' })), {
    id: 'task-1',
    historyLength: 3,
  });
});

t.test('all else is passed on as it came', async (t) => {
  const text = '{ "id" : "" ,"n":12345678901234567890.10,"vendor":{"a":[1,2.0]}}';
  const { body } = open(text);
  t.equal(body.toString(), `{"jsonrpc":"2.0","id":"7","method":"SendMessage","params":${text}}`);
});

t.test('an id that is none of the owner’s is unknown, and goes nowhere', async (t) => {
  const others = new SealedIds(sealer, 'team/helper', 'bob').seal('task', { id: 'task-1', home });
  const anotherAgents = new SealedIds(sealer, 'team/other', 'ada').seal('task', { id: 'task-1', home });
  for (const id of ['task-1', others, anotherAgents, context]) {
    for (const params of [
      { id },
      { message: { taskId: id } },
      { message: { task_id: id } },
      { Message: { TaskID: id } },
      { message: { referenceTaskIds: [task, id] } },
    ]) {
      t.throws(() => open(params), { code: -32001, status: 200 }, JSON.stringify(params));
    }
  }
  t.throws(() => open({ message: { contextId: 'mine' } }), { code: -32001, message: /begins a context of its own/ });
  t.throws(() => open({ message: { contextId: task } }), { code: -32001 });
});

t.test('the error has the reason in its data in 1.0, and no data in 0.3', async (t) => {
  const dataOf = (version: AgentVersion): unknown => {
    try {
      return open({ id: 'x' }, { version });
    } catch (error) {
      return (error as McpError).data;
    }
  };
  t.match(dataOf('1.0'), [{ reason: 'TASK_NOT_FOUND', domain: 'a2a-protocol.org' }]);
  t.equal(dataOf('0.3'), undefined);
});

t.test('an id that is no string is refused', async (t) => {
  for (const id of [5, true, [task], { a: 1 }])
    t.throws(() => open({ id }), { code: -32602, message: /expected a string/ });
});

t.test('no id, an empty one and null are none', async (t) => {
  const params = { message: { taskId: '', contextId: null } };
  t.strictSame(paramsOf(open(params)), params);
  t.equal(open(params).home, undefined);
  t.strictSame(open(params).ids, []);
});

t.test('the tenant is the card’s, whatever the client says', async (t) => {
  t.strictSame(paramsOf(open({}, { tenant: 'blue' })), { tenant: 'blue' });
  t.strictSame(paramsOf(open({ id: task }, { tenant: 'blue' })), { tenant: 'blue', id: 'task-1' });
  t.strictSame(paramsOf(open({ id: task, tenant: 'red' }, { tenant: 'blue' })), { id: 'task-1', tenant: 'blue' });
  t.strictSame(paramsOf(open({ tenant: 'red' })), { tenant: '' });
});

t.test('a message that asks for push notifications is refused', async (t) => {
  for (const name of ['taskPushNotificationConfig', 'pushNotificationConfig', 'push_notification']) {
    t.throws(() => open({ message: {}, configuration: { [name]: { url: 'https://x' } } }), { code: -32003 }, name);
    t.doesNotThrow(() => open({ message: {}, configuration: { [name]: null } }));
  }
});

t.test('tasks are listed of a context alone, by pages of the gateway’s', async (t) => {
  t.throws(() => open({}, { operation: 'list' }), { code: -32602, message: /Name a contextId/ });
  t.throws(() => open({ contextId: '' }, { operation: 'list' }), { code: -32602 });
  const pageToken = ids.seal('page', { id: 'next', home });
  const opened = open({ contextId: context, pageToken }, { operation: 'list' });
  t.strictSame(paramsOf(opened), { contextId: 'context-1', pageToken: 'next' });
  t.throws(() => open({ contextId: context, pageToken: 'next' }, { operation: 'list' }), {
    code: -32602,
    message: /page token/,
  });
});

t.test('a second member of the envelope does not reach the agent', async (t) => {
  const text = `{"jsonrpc":"2.0","id":1,"method":"GetTask","Method":"X","params":{"id":"${task}"},"Params":{"id":"task-2"}}`;
  const { body } = openedRequest(readMessage(Buffer.from(text)), { operation: 'get', version: '1.0', tenant: '', ids });
  t.equal(body.toString(), '{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"task-1"}}');
});
