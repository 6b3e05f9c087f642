/** What clients and agents should not say: whatever it is, no id crosses as it stands where the SDK would read one. */
import {
  ListTasksRequest,
  SendMessageRequest,
  StreamResponse,
  GetTaskRequest,
  ListTasksResponse,
  Task,
} from '@a2a-js/sdk';
import fc from 'fast-check';
import t from 'tap';
import { BadAnswerError, sealedAnswer } from '../../../gateway/a2a/agent-answer.ts';
import { openedRequest } from '../../../gateway/a2a/client-request.ts';
import { SealedIds } from '../../../gateway/a2a/sealed-ids.ts';
import { JsonScanError } from '../../../gateway/jsonrpc/message-scan.ts';
import { InvalidMessageError, readMessage } from '../../../gateway/jsonrpc/message.ts';
import { McpError } from '../../../gateway/mcp/errors.ts';
import { randomKeyRing } from '../../../gateway/sealing/key-ring.ts';
import { Sealer } from '../../../gateway/sealing/sealer.ts';
import { mutated } from '../../support/fuzz/mutations.ts';

const RUNS = 20_000;
const ids = new SealedIds(new Sealer(randomKeyRing()), 'team/helper', 'ada');
const home = '10.0.0.1:8080';
const task = ids.seal('task', { id: 'own-task', home });
const context = ids.seal('context', { id: 'own-context', home });
const page = ids.seal('page', { id: 'own-page', home });
/** An id as an agent has it. */
const RAW = 'raw-4711';

/** All that the SDK reads as an id in a value, by any reader of it. */
function idsRead(value: unknown, readers: readonly { fromJSON(value: unknown): unknown }[]): string[] {
  const found: string[] = [];
  const look = (each: unknown, isPart: boolean): void => {
    if (typeof each !== 'object' || each === null || each instanceof Uint8Array) return;
    for (const [name, member] of Object.entries(each)) {
      const isId = ['id', 'taskId', 'contextId', 'pageToken', 'nextPageToken'].includes(name);
      if (isId && typeof member === 'string' && !isPart) found.push(member);
      if (name === 'referenceTaskIds') found.push(...(member as string[]));
      // What is in these is whatever their writer wants.
      if (!['parts', 'metadata', 'artifact', 'artifacts', 'extensions'].includes(name)) look(member, isPart);
    }
  };
  for (const reader of readers) {
    try {
      look(reader.fromJSON(value), false);
    } catch {
      // The SDK refuses it.
    }
  }
  return found;
}

const message = (taskId: string, contextId: string): object => ({
  messageId: '1',
  taskId,
  contextId,
  referenceTaskIds: [taskId],
  role: 'ROLE_USER',
  parts: [{ text: 'hello' }],
});
const request = (params: object): object => ({ jsonrpc: '2.0', id: 7, method: 'SendMessage', params });

t.test('of what a client posts no id reaches the agent but what was opened', async (t) => {
  const originals = fc.constantFrom(
    request({ message: message(RAW, context) }),
    request({ message: message(task, RAW), configuration: { returnImmediately: true } }),
    request({ message: message(task, context), metadata: { taskId: task } }),
    request({ id: RAW, historyLength: 3 }),
    request({ tenant: 'x', id: task }),
    request({ contextId: RAW, pageSize: 1 }),
    request({ contextId: context, pageToken: RAW }),
    request({ contextId: context, pageToken: page }),
  );
  let passed = 0;
  const property = fc.property(mutated(originals, { message: (original) => original }), ({ bytes }) => {
    let body: Buffer;
    try {
      const posted = readMessage(bytes);
      // The endpoint takes nothing else.
      if (posted.kind !== 'request') return true;
      body = openedRequest(posted, { operation: 'send', version: '1.0', tenant: 'blue', ids }).body;
    } catch (error) {
      const isRefusal = [McpError, JsonScanError, InvalidMessageError].some((kind) => error instanceof kind);
      if (!isRefusal) throw error;
      return true;
    }
    passed++;
    const { params } = JSON.parse(body.toString()) as { params: unknown };
    const read = idsRead(params, [SendMessageRequest, GetTaskRequest, ListTasksRequest]);
    // The SDK makes a text of a null in a list.
    return read.every((id) => ['', 'null', 'own-task', 'own-context', 'own-page'].includes(id));
  });
  fc.assert(property, { numRuns: RUNS });
  t.ok(passed > RUNS / 20, `${passed} of ${RUNS} were passed on`);
});

t.test('of what an agent answers no id reaches the client as the agent has it', async (t) => {
  const status = { state: 'TASK_STATE_WORKING', message: message(RAW, RAW) };
  const own = { id: RAW, contextId: RAW, status, history: [message(RAW, RAW)] };
  const answer = (result: object): object => ({ jsonrpc: '2.0', id: 7, result });
  const originals = fc.constantFrom(
    answer(own),
    answer({ task: own }),
    answer({ message: message(RAW, RAW) }),
    answer({ statusUpdate: { taskId: RAW, contextId: RAW, status } }),
    answer({ artifactUpdate: { taskId: RAW, contextId: RAW, artifact: { artifactId: 'a', parts: [] } } }),
    answer({ tasks: [own, own], nextPageToken: RAW }),
  );
  let passed = 0;
  const property = fc.property(mutated(originals, { message: (original) => original }), ({ bytes }) => {
    let body: Buffer;
    try {
      body = sealedAnswer(bytes, { id: '7', version: '1.0', ids, opened: [], home, listed: undefined }).bytes;
    } catch (error) {
      const isRefusal = [BadAnswerError, JsonScanError, InvalidMessageError].some((kind) => error instanceof kind);
      if (!isRefusal) throw error;
      return true;
    }
    passed++;
    const { result, id } = JSON.parse(body.toString()) as { result: unknown; id: unknown };
    return id === 7 && !idsRead(result, [StreamResponse, Task, ListTasksResponse]).includes(RAW);
  });
  fc.assert(property, { numRuns: RUNS });
  t.ok(passed > RUNS / 10, `${passed} of ${RUNS} passed`);
});
