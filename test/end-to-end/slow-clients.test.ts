/** Clients that send slowly, read slowly or not at all, or are too many: each is cut, and costs the others nothing. */
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { certificateAuthority } from '../support/certificates.ts';
import { LegacySession, modernCall, modernListen, modernRequest, open, send, textOf } from '../support/mcp-http.ts';
import { forgetPeak, memoryOf } from '../support/process-memory.ts';
import { rawConnection, rawExchange, rawPost, statusesIn } from '../support/raw-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  event,
  events,
  json,
  scriptedUpstream,
  textResult,
  type Arrival,
  type Script,
} from '../support/scripted-upstream.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
/** More than what the system itself takes for a client that does not read. */
const HUGE = 64 * MIB;
const PATIENCE_MS = 1000;

/** Writes a text of this size, never more than the other side takes; who goes away ends it. */
async function writeHuge({ response, message }: Arrival, end = ''): Promise<void> {
  const [head = '', tail = ''] = textResult(message, '@').split('@');
  const block = Buffer.alloc(64 * 1024, 'x');
  await pipeline(function* () {
    yield Buffer.from(head);
    for (let made = 0; made < HUGE; made += block.length) yield block;
    yield Buffer.from(tail + end);
  }, response).catch(() => undefined);
}

const tools: Readonly<Record<string, Script>> = {
  quick: ({ response, message }) => json(response, textResult(message, 'quick')),
  json: (arrival) => {
    arrival.response.writeHead(200, { 'content-type': 'application/json' });
    return writeHuge(arrival);
  },
  event: (arrival) => {
    events(arrival.response).write('event: message\ndata: ');
    return writeHuge(arrival, '\n\n');
  },
  /** More than fits of what a client can do without. */
  chatter: async ({ response, message }) => {
    events(response);
    const params = { level: 'info', data: 'x'.repeat(MIB / 4) };
    const note = event({ jsonrpc: '2.0', method: 'notifications/message', params });
    await pipeline(function* () {
      for (let made = 0; made < HUGE; made += note.length) yield note;
      yield event(textResult(message, 'said all'));
    }, response).catch(() => undefined);
  },
  late: async ({ response, message }) => {
    await delay(4 * PATIENCE_MS);
    json(response, textResult(message, 'late'));
  },
};
const upstream = await scriptedUpstream(t, { era: 'modern', tools });
const services = [entryFor(upstream.url, { name: 'server', timeoutMs: 60_000 })];
const env = { FETCHFY_SEND_TIMEOUT: `${PATIENCE_MS}ms`, FETCHFY_RECEIVE_TIMEOUT: '1s' };
const gateway = await startGateway(services, { env });
t.teardown(() => gateway.stop());
const { url } = gateway;

const call = (tool: string, meta = {}): ReturnType<typeof modernRequest> =>
  modernRequest('tools/call', { name: `server_${tool}`, arguments: {} }, { meta });

t.test('a client that sends byte by byte is cut when its time is over, in the head and in the body', async (t) => {
  const head = 'POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
  for (const begun of [head, `${head}content-length: 1000\r\n\r\n`, `${head}transfer-encoding: chunked\r\n\r\n`]) {
    const { socket, ended } = await rawConnection(url);
    socket.write(begun);
    const chunk = begun.includes('chunked') ? '1\r\nx\r\n' : 'x';
    const drip = setInterval(() => socket.write(chunk), 50);
    t.strictSame(statusesIn(await ended), [408], begun);
    clearInterval(drip);
  }
});

t.test('a connection that brings nothing is closed, before and within TLS', async (t) => {
  const silent = await rawConnection(url);
  t.match(await silent.ended, /^(HTTP\/1\.1 408|$)/);
  const certificate = certificateAuthority().issue('127.0.0.1');
  const secret = new SecretFolder();
  secret.write({ 'tls.crt': certificate.cert, 'tls.key': certificate.key });
  await using secure = await startGateway(services, { env: { ...env, FETCHFY_TLS_DIR: secret.path } });
  t.equal(await (await rawConnection(secure.url)).ended, '', 'no handshake');
  const { socket, ended } = await rawConnection(secure.url);
  // The head of a handshake of 512 bytes, and no more of it.
  socket.write(Buffer.from('1603010200010001fc0303', 'hex'));
  t.equal(await ended, '', 'half a handshake');
  secret.remove();
});

for (const tool of ['json', 'event', 'chatter']) {
  t.test(`a client that does not read a large answer is cut, and the server’s work ends: ${tool}`, async (t) => {
    forgetPeak(gateway.pid);
    const { resident } = memoryOf(gateway.pid);
    const { socket, ended } = await rawConnection(url);
    socket.pause();
    socket.write(rawPost('/mcp', call(tool, { 'io.modelcontextprotocol/logLevel': 'debug' })));
    await until('the call', () => upstream.of('tools/call').at(-1)?.message.params?.name === tool);
    const arrival = upstream.of('tools/call').at(-1);
    await until('the end of the server’s work', () => arrival?.isAborted(), { deadlineMs: 30_000 });
    const grown = (memoryOf(gateway.pid).peak - resident) / MIB;
    t.ok(grown < 48, `${grown.toFixed(1)} MiB`);
    socket.resume();
    t.notOk((await ended).endsWith('}'), 'it has no whole answer');
    t.equal(textOf(await modernCall(url, 'server_quick')), 'quick');
  });
}

t.test('a client that reads slowly, but reads, has its whole answer', async (t) => {
  const { headers, body } = call('json');
  const response = await open(url, { headers: headers ?? {}, body: body ?? '' });
  let size = 0;
  let rests = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    // So that it takes several times as long as a client may take nothing.
    if (size < (rests + 1) * 8 * MIB) return;
    rests++;
    response.pause();
    setTimeout(() => response.resume(), 0.6 * PATIENCE_MS);
  });
  await once(response, 'end');
  t.ok(size > HUGE, `${size} bytes`);
});

t.test('a client that waits for an answer or on a stream is not cut, however quiet that is', async (t) => {
  const stream = await modernListen(url, { toolsListChanged: true });
  const session = await LegacySession.begin(url);
  const late = session.call('server_late');
  t.equal(textOf(await modernCall(url, 'server_late')), 'late');
  t.equal(textOf(await late), 'late');
  const more = await scriptedUpstream(t, { era: 'modern', tools });
  await gateway.publish([...services, entryFor(more.url, { name: 'more' })]);
  await until('the news on the stream', () =>
    stream.messages.some(({ method }) => method === 'notifications/tools/list_changed'),
  );
  stream.close();
  await gateway.publish(services);
});

t.test('requests in a row whose answers nobody reads are cut too', async (t) => {
  forgetPeak(gateway.pid);
  const { resident } = memoryOf(gateway.pid);
  const { socket, ended } = await rawConnection(url);
  socket.pause();
  const list = rawPost('/mcp', modernRequest('tools/list'));
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  const sending = setInterval(() => socket.writableLength < MIB && socket.write(list.repeat(500)), 5);
  await until('the end of the connection', () => hasEnded, {
    deadlineMs: 60_000,
  });
  clearInterval(sending);
  const grown = (memoryOf(gateway.pid).peak - resident) / MIB;
  t.ok(grown < 64, `${grown.toFixed(1)} MiB`);
  t.equal(textOf(await modernCall(url, 'server_quick')), 'quick');
});

t.test('more connections than allowed are closed at once, and those that are there are served', async (t) => {
  await using small = await startGateway(services, { env: { FETCHFY_MAX_CONNECTIONS: '10' } });
  const ping = rawPost('/mcp', modernRequest('tools/list'));
  const held = [];
  for (let count = 0; count < 10; count++) held.push(await rawConnection(small.url));
  t.equal(await rawExchange(small.url, ping), '');
  for (const { socket, text } of held) {
    socket.write(ping);
    await until('an answer', () => statusesIn(text()).includes(200));
  }
  held[0]?.socket.destroy();
  await until('room', async () => (await send(small.url, modernRequest('tools/list'))).status === 200);
  for (const { socket } of held) socket.destroy();
});

t.test('all that time it was one process, without a fault of its own', async (t) => {
  t.notMatch(gateway.log(), /"level":"error"/);
});
