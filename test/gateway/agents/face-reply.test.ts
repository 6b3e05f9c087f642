import { mock } from 'node:test';
import t from 'tap';
import type { Dispatcher } from 'undici';
import { FaceReply } from '../../../gateway/agents/face-reply.ts';
import { LocalResponse } from '../../../gateway/upstream/local-response.ts';

function replying(id: unknown = 7) {
  const heard: unknown[] = [];
  const handler: Dispatcher.DispatchHandler = {
    onResponseStart: (_controller, status, headers) => void heard.push(status, headers),
    onResponseData: (_controller, chunk) => void heard.push(chunk.toString()),
    onResponseEnd: () => void heard.push('end'),
    onResponseError: () => void heard.push('error'),
  };
  const response = new LocalResponse(handler);
  const reply = new FaceReply(response, id, new Promise(() => undefined));
  return { heard, response, reply };
}
const event = (message: object): RegExp =>
  new RegExp(`data: ${JSON.stringify(message).replaceAll(/[{}[\]]/g, '\\$&')}\n\n$`);

t.test('an answer with nothing before it is JSON', async (t) => {
  const { heard, reply } = replying('mine');
  reply.result({ a: 1 }, { 'mcp-session-id': 's' });
  const text = '{"jsonrpc":"2.0","id":"mine","result":{"a":1}}';
  const headers = { 'mcp-session-id': 's', 'content-type': 'application/json', 'content-length': String(text.length) };
  t.strictSame(heard, [200, headers, text, 'end']);
});

t.test('an error has its status, and its data', async (t) => {
  const { heard, reply } = replying();
  reply.error(-32601, 'No.', { status: 404, data: { b: 2 } });
  t.equal(heard[0], 404);
  t.equal(heard[2], '{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"No.","data":{"b":2}}}');
});

t.test('what is told before the answer makes it a stream, which ends with it', async (t) => {
  const { heard, reply } = replying();
  reply.tell({ method: 'x' });
  reply.tell({ method: 'y' });
  reply.result({});
  t.match(heard, [200, { 'content-type': 'text/event-stream' }]);
  t.match(heard[2], event({ method: 'x' }));
  t.match(heard[3], event({ method: 'y' }));
  t.match(heard[4], event({ jsonrpc: '2.0', id: 7, result: {} }));
  t.equal(heard[5], 'end');
});

t.test('what may take long is JSON all the same if it comes soon', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const { heard, reply } = replying();
  reply.beginUnlessQuick();
  mock.timers.tick(900);
  reply.result({});
  mock.timers.tick(60_000);
  t.match(heard, [200, { 'content-type': 'application/json' }, /"result":{}/, 'end']);
});

t.test('what takes long becomes a stream before it has come', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const { heard, reply } = replying();
  reply.beginUnlessQuick();
  mock.timers.tick(1000);
  t.match(heard, [200, { 'content-type': 'text/event-stream' }]);
  reply.result({});
  t.match(heard[2], event({ jsonrpc: '2.0', id: 7, result: {} }));
});

t.test('a stream that has begun has an error as an event', async (t) => {
  const { heard, reply } = replying();
  reply.begin();
  reply.begin();
  reply.error(-32603, 'No.', { status: 500 });
  t.equal(heard[0], 200);
  t.match(heard[2], event({ jsonrpc: '2.0', id: 7, error: { code: -32603, message: 'No.' } }));
});

t.test('a reader that does not read misses what is told, and not the answer', async (t) => {
  const { heard, response, reply } = replying();
  reply.begin();
  response.pause();
  const message = { text: 'x'.repeat(1024 * 1024) };
  for (let count = 0; count < 50; count++) reply.tell(message);
  t.ok(response.queuedBytes < 6 * 1024 * 1024, String(response.queuedBytes));
  reply.result({ done: true });
  response.resume();
  t.match(heard.at(-2), /"done":true/);
  t.equal(heard.at(-1), 'end');
});

t.test('a reader that has gone is known to', async (t) => {
  const { response, reply } = replying();
  t.equal(reply.isGone, false);
  response.abort(new Error('gone'));
  t.equal(reply.isGone, true);
});
