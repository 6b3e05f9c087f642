import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, LegacySession, messagesOf, modernRequest, open, send } from '../support/mcp-http.ts';
import { forgetPeak, memoryOf } from '../support/process-memory.ts';
import {
  event,
  events,
  scriptedUpstream,
  textResult,
  type Script,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const LARGE = 2 * MIB;
const HUGE = 100 * MIB;

/** The answer with a text of this size, in pieces. */
function* pieces(message: UpstreamMessage, size: number): Generator<Buffer> {
  const [head = '', tail = ''] = textResult(message, '@').split('@');
  const block = Buffer.alloc(64 * 1024, 'x');
  yield Buffer.from(head);
  for (let made = 0; made < size; made += block.length) yield block;
  yield Buffer.from(tail);
}

/** Writes it, never more than the other side takes. */
async function writeLarge(response: ServerResponse, message: UpstreamMessage, size: number, end = ''): Promise<void> {
  await pipeline(async function* () {
    yield* pieces(message, size);
    if (end !== '') yield Buffer.from(end);
  }, response);
}

/** Half of the large answer, and the rest when the test says so. */
let goOn: () => void = () => undefined;

const tools: Record<string, Script> = {
  json: async ({ response, message }) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    await writeLarge(response, message, LARGE);
  },
  json_in_two: async ({ response, message }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    goOn = resolve;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(textResult(message, '').slice(0, -5) + 'x'.repeat(LARGE));
    await promise;
    response.end('"}]}}');
  },
  json_broken: async ({ request, response }) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(`{"jsonrpc":"2.0","result":{"text":"${'x'.repeat(LARGE)}`);
    await delay(100);
    request.socket.destroy();
  },
  json_of_another: async ({ response, message }) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    await writeLarge(response, { ...message, id: 'another' }, LARGE);
  },
  event_broken: async ({ request, response }) => {
    events(response).write(`event: message\ndata: {"jsonrpc":"2.0","result":{"text":"${'x'.repeat(LARGE)}`);
    await delay(100);
    request.socket.destroy();
  },
  event_of_another: async ({ response, message }) => {
    events(response).write('event: message\ndata: ');
    await writeLarge(response, { ...message, id: 'another' }, LARGE, '\n\n');
  },
  large_notification: ({ response, message }) => {
    const params = { level: 'info', data: 'x'.repeat(LARGE) };
    events(response).write(
      `id: 7\r\n${event({ jsonrpc: '2.0', method: 'notifications/message', params }).replaceAll('\n', '\r\n')}`,
    );
    response.end(event(textResult(message, 'small')));
  },
  event: async ({ response, message }) => {
    events(response).write('event: message\ndata: ');
    await writeLarge(response, message, LARGE, '\n\n');
  },
  huge_json: async ({ response, message }) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    await writeLarge(response, message, HUGE);
  },
  huge_event: async ({ response, message }) => {
    events(response).write('event: message\ndata: ');
    await writeLarge(response, message, HUGE, '\n\n');
  },
};

/** Nearly all of an answer of 5 MiB, and its end when the test says so. */
const ends: (() => void)[] = [];
tools['nearly'] = ({ response, message }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(textResult(message, '').slice(0, -5) + 'x'.repeat(5 * MIB));
  ends.push(() => response.end('"}]}}'));
};
tools['wait'] = ({ response, message }) =>
  void ends.push(() =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(textResult(message, 'done')),
  );

const upstreams = {
  legacy: await scriptedUpstream(t, { era: 'legacy', tools }),
  modern: await scriptedUpstream(t, { era: 'modern', tools }),
};
const gateway = await gatewayOf(t, upstreams);
const session = await LegacySession.begin(gateway.url);

const eras = ['legacy', 'modern'] as const;
type Era = (typeof eras)[number];

function call(client: Era, server: Era, tool: string): Promise<IncomingMessage> {
  const params = { name: `${server}_${tool}`, arguments: {} };
  if (client === 'legacy') return session.open('tools/call', params);
  return open(gateway.url, modernRequest('tools/call', params));
}

/** The text of the tool's result. */
function textIn(response: IncomingMessage, chunks: readonly Buffer[]): string {
  const text = Buffer.concat(chunks).toString();
  const { error, result } = answerOf({ status: response.statusCode ?? 0, headers: response.headers, text });
  if (error !== undefined) throw new Error(error.message);
  const [content] = (result as { content: { text: string }[] }).content;
  return content?.text ?? '';
}

async function sizeOf(response: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return textIn(response, chunks).length;
}

for (const client of eras) {
  for (const server of eras) {
    t.test(`a ${client} client has an answer of 2 MiB from a ${server} server, as JSON and as an event`, async (t) => {
      for (const tool of ['json', 'event']) t.equal(await sizeOf(await call(client, server, tool)), LARGE, tool);
    });
  }

  t.test(`a ${client} client has the first part of a large answer while the server still makes the rest`, async (t) => {
    const response = await call(client, client, 'json_in_two');
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
    });
    await until('the first 2 MiB', () => size > LARGE, { state: () => size });
    t.notOk(response.complete);
    goOn();
    await once(response, 'end');
    t.equal(textIn(response, chunks).length, LARGE);
  });

  for (const tool of ['json_broken', 'json_of_another', 'event_broken', 'event_of_another']) {
    t.test(`a ${client} client’s connection is broken off where a large answer goes wrong: ${tool}`, async (t) => {
      const response = await call(client, client, tool);
      await t.rejects(sizeOf(response), { code: 'ECONNRESET' });
    });
  }

  t.test(`a ${client} client has a large notification before its answer`, async (t) => {
    const chunks: Buffer[] = [];
    const response = await call(client, client, 'large_notification');
    for await (const chunk of response) chunks.push(chunk as Buffer);
    t.equal(textIn(response, chunks), 'small');
    const [first] = messagesOf({ status: 200, headers: response.headers, text: Buffer.concat(chunks).toString() });
    t.match(first, { method: 'notifications/message', params: { data: 'x'.repeat(LARGE) } });
  });

  for (const tool of ['huge_json', 'huge_event']) {
    t.test(`an answer of 100 MiB to a ${client} client that reads slowly costs little memory: ${tool}`, async (t) => {
      // The first one makes the heap grow to what such traffic needs; that is not a matter of the answer's size.
      for (const turn of ['first', 'second']) {
        forgetPeak(gateway.pid);
        const { resident } = memoryOf(gateway.pid);
        const size = await readSlowly(await call(client, client, tool));
        const grown = (memoryOf(gateway.pid).peak - resident) / MIB;
        t.comment(`${client} ${tool}, ${turn}: ${grown.toFixed(1)} MiB`);
        t.ok(size > HUGE);
        t.ok(grown < 64, `${grown} MiB`);
      }
    });
  }
}

/** Reads an answer with a pause after each MiB. @returns its size in bytes */
async function readSlowly(response: IncomingMessage): Promise<number> {
  let size = 0;
  let pauses = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size < pauses * MIB) return;
    pauses++;
    response.pause();
    setTimeout(() => response.resume(), 5);
  });
  await once(response, 'end');
  return size;
}

t.test('large requests take a bounded part of the memory together, others are refused for the moment', async (t) => {
  const args = { padding: 'x'.repeat(4 * MIB - 1000) };
  const params = { name: 'modern_wait', arguments: args };
  const answers = Array.from({ length: 20 }, () => send(gateway.url, modernRequest('tools/call', params)));
  await until('all that there is room for', () => ends.length === 16, { state: () => ends.length });
  const refused = await Promise.race(answers);
  t.equal(refused.status, 503);
  t.equal(refused.headers['retry-after'], '1');
  t.match(answerOf(refused).error, { code: -32603, message: /as many large requests/ });
  t.equal((await send(gateway.url, modernRequest('tools/list'))).status, 200, 'small ones go on');
  for (const end of ends.splice(0)) end();
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  t.equal(statuses.filter((status) => status === 200).length, 16);
  const again = send(gateway.url, modernRequest('tools/call', params));
  await until('the next', () => ends.length === 1);
  ends.pop()?.();
  t.equal((await again).status, 200, 'there is room again');
});

t.test('large answers take a bounded part of it too', async (t) => {
  const twenty = (client: Era, server: Era): Promise<Result[]> =>
    Promise.all(Array.from({ length: 20 }, async () => resultOf(await call(client, server, 'nearly'))));
  const raw = twenty('modern', 'modern');
  await until('all answers', () => ends.length === 20, { state: () => ends.length });
  for (const end of ends.splice(0)) end();
  t.strictSame(
    (await raw).filter(({ size }) => size !== 5 * MIB),
    [],
    'what needs no translation is streamed',
  );
  const bridged = twenty('modern', 'legacy');
  await until('all answers', () => ends.length === 20, { state: () => ends.length });
  // 64 MiB hold twelve of them; what is refused makes room for others until those twelve are left.
  await until('all that there is no room for', () => refusals === 8, { state: () => refusals });
  for (const end of ends.splice(0)) end();
  const results = await bridged;
  const refused = results.filter(({ error }) => error !== undefined);
  t.equal(refused.length, 8);
  for (const { error } of refused) t.match(error, /legacy sent a large answer, and the gateway holds as many/);
  for (const { size, error } of results) if (error === undefined) t.equal(size, 5 * MIB);
});

interface Result {
  readonly size: number;
  readonly error?: string;
}

let refusals = 0;

async function resultOf(response: IncomingMessage): Promise<Result> {
  try {
    return { size: await sizeOf(response) };
  } catch (error) {
    refusals++;
    return { size: 0, error: (error as Error).message };
  }
}
