import { ANONYMOUS } from '../../../gateway/access/principal.ts';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import type { Dispatcher } from 'undici';
import { AnswerStream } from '../../../gateway/call/answer-stream.ts';
import { legacyToLegacy } from '../../../gateway/call/legacy-legacy.ts';
import { Reply } from '../../../gateway/call/reply.ts';
import { readMessage, type Message } from '../../../gateway/jsonrpc/message.ts';
import { knownServer } from '../../support/routed.ts';

const request = readMessage(
  Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"progressToken":1}}}'),
);
const answer = 'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n';
const progress =
  'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1}}\n\n';

const failure = Buffer.from('{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"x"}}');

/** A stream to a client that has connected, and what the client gets. */
async function connected(t: Test, version = '2025-11-25') {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  // Some tests leave before there is an answer.
  client.on('error', () => undefined);
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  const turns: string[] = [];
  const controller = {
    pause: () => void turns.push('pause'),
    resume: () => void turns.push('resume'),
  } as unknown as Dispatcher.DispatchController;
  const asked: Message[] = [];
  const reply = new Reply(response);
  const stream = new AnswerStream({
    context: {
      call: {
        message: request,
        server: knownServer('cart', {}),
        edits: [],
        name: 'x',
        rawHeaders: [],
        slot: undefined,
        principal: ANONYMOUS,
        caller: undefined,
      },
      leg: legacyToLegacy,
      drops: { count: 0 },
      reply,
    },
    sentId: '1',
    holder: { mayHold: () => true },
    onAnswer: (message, frame) => reply.finish(message.bytes, frame),
    onPassed: () => undefined,
    listener: { serverAsks: (message) => void asked.push(message), serverWithdraws: () => undefined },
    version,
  });
  const text = async (): Promise<string> => {
    const [incoming] = (await once(client, 'response')) as [IncomingMessage];
    let all = '';
    for await (const chunk of incoming.setEncoding('utf8')) all += String(chunk);
    return all;
  };
  return {
    stream,
    reply,
    response,
    turns,
    asked,
    text,
    controller,
    push: (sent: string) => stream.push(Buffer.from(sent), controller),
  };
}

t.test('events pass as they came, the last is the answer', async (t) => {
  const { push, text } = await connected(t);
  push(progress);
  push(answer + progress);
  t.equal(await text(), progress + answer);
});

t.test('the server’s own event ids and retry times stay behind, its comments keep alive', async (t) => {
  const { push, text } = await connected(t);
  push(`id: 1\nretry: 5\n\n: ping - 12:00\n\nid: 2\n${progress}`);
  push(answer);
  t.equal(await text(), `:\n\n${progress}${answer}`);
});

t.test('a quiet stream is begun and kept alive, but not amid an event, and not when it is over', async (t) => {
  const { reply, push, response, text } = await connected(t);
  t.notOk(response.headersSent);
  reply.keepAlive();
  t.ok(response.headersSent);
  const large = `{"jsonrpc":"2.0","id":1,"result":{"text":"${'x'.repeat(2 * 1024 * 1024)}"}}`;
  push(`data: ${large.slice(0, -3)}`);
  reply.keepAlive();
  push(`${large.slice(-3)}\n\n`);
  reply.keepAlive();
  t.equal(await text(), `:\n\nevent: message\ndata: ${large}\n\n`);
});

t.test('amid an event an error can only be shown by breaking off', async (t) => {
  const { reply, push, text } = await connected(t);
  push(`data: {"jsonrpc":"2.0","id":1,"result":{"text":"${'x'.repeat(2 * 1024 * 1024)}`);
  reply.fail(200, failure);
  await t.rejects(text());
});

t.test('what the server asks is not the client’s', async (t) => {
  const { push, asked, text } = await connected(t);
  push('data: {"jsonrpc":"2.0","id":9,"method":"ping"}\n\n');
  push(answer);
  t.equal(asked[0]?.method, 'ping');
  t.equal(await text(), answer);
});

t.test('a server that sends more than the client reads is stopped once for all that waits', async (t) => {
  const { push, turns, text } = await connected(t);
  for (let i = 0; i < 200; i++) push(progress.repeat(100));
  t.strictSame(turns, ['pause']);
  const all = text();
  push(answer);
  await all;
});

t.test('an error ends a stream that has begun', async (t) => {
  const { reply, push, text } = await connected(t);
  push(progress);
  reply.fail(200, failure);
  t.equal(await text(), `${progress}event: message\ndata: ${failure.toString()}\n\n`);
});

t.test('a batch of revision 2025-03-26 is taken one by one, and its answer ends the stream', async (t) => {
  const one = '{"jsonrpc":"2.0","id":1,"result":{}}';
  const told = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1}}';
  const asks = '{"jsonrpc":"2.0","id":"q","method":"ping"}';
  const { push, text, asked } = await connected(t, '2025-03-26');
  push(`data: [${told}]\n\n`);
  push(`data: [ ${one}, {"jsonrpc":"2.0","id":2,"result":{}}, ${asks}, ${told}]\n\n`);
  push(answer);
  t.equal(await text(), `${progress}${progress}${answer}`);
  t.strictSame(
    asked.map(({ id }) => id),
    ['"q"'],
  );
  const { push: pushNewer } = await connected(t);
  t.throws(() => pushNewer(`data: [${one}]\n\n`), { code: 'ERR_JSON_NOT_AN_OBJECT' });
});

t.test('an event that is not UTF-8 is none, and a large one breaks off', async (t) => {
  const { stream, controller } = await connected(t);
  const text = Buffer.from('data: {"jsonrpc":"2.0","id":1,"result":{"text":"?"}}\n\n');
  text[text.indexOf('?')] = 0xff;
  t.throws(() => stream.push(text, controller), { type: 'upstream_fault', message: /shop\/cart .*not UTF-8/ });
  const large = await connected(t);
  const begin = Buffer.from(`data: {"jsonrpc":"2.0","id":1,"result":{"text":"${'é'.repeat(600_000)}`);
  // Cut amid a character, which is whole with the next chunk.
  large.stream.push(begin.subarray(0, -1), large.controller);
  large.stream.push(Buffer.concat([begin.subarray(-1), Buffer.from('x')]), large.controller);
  t.throws(() => large.stream.push(Buffer.of(0xc3, 0x28), large.controller), { message: /not UTF-8/ });
});
