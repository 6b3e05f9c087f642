import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import {
  answerOf,
  initialize,
  LegacySession,
  modernListen,
  modernRequest,
  send,
  type HttpAnswer,
} from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { event, events, json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const waiting: (() => void)[] = [];
const tools: Readonly<Record<string, Script>> = {
  echo: ({ response, message }) => json(response, textResult(message, 'echo')),
  wait: ({ response, message }) => void waiting.push(() => json(response, textResult(message, 'done'))),
  stream: ({ response, message }) => {
    events(response).write(event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info' } }));
    waiting.push(() => response.end(event(textResult(message, 'streamed'))));
  },
  stuck: () => undefined,
};
const upstream = await scriptedUpstream(t, { era: 'modern', tools });
const entries = [entryFor(upstream.url, { name: 'server' })];

async function gatewayFor(t: Test, env: Record<string, string> = {}): Promise<RunningGateway> {
  const gateway = await startGateway(entries, { env });
  t.teardown(() => gateway.stop());
  return gateway;
}

const isReady = async (gateway: RunningGateway): Promise<boolean> =>
  (await fetch(new URL('/readyz', gateway.adminUrl))).ok;

t.test('a gateway that starts is ready soon', async (t) => {
  const began = performance.now();
  const gateway = await gatewayFor(t);
  await until('it to be ready', () => isReady(gateway));
  const took = performance.now() - began;
  t.comment(`ready after ${took.toFixed(0)} ms, the process's start included`);
  t.ok(took < 20_000, `${took} ms`);
  t.equal(await gateway.stop(), 0);
});

t.test('no call fails of clients that go elsewhere when their connection says so', async (t) => {
  for (let round = 0; round < 3; round++) {
    const [first, second] = await Promise.all([gatewayFor(t), gatewayFor(t)]);
    const over = new AbortController();
    let calls = 0;
    const moved = new Set<number>();
    const failures: unknown[] = [];
    /** A client with one connection that it keeps, as long as it may. */
    const client = async (number: number): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      let url = first.url;
      while (!over.signal.aborted) {
        try {
          const request = modernRequest('tools/call', { name: 'server_echo', arguments: {} });
          const answer: HttpAnswer = await send(url, { ...request, agent });
          if (answerOf(answer).error !== undefined) failures.push(answer.text);
          calls++;
          if (answer.headers.connection === 'close') {
            url = second.url;
            moved.add(number);
          }
        } catch (error) {
          failures.push(error);
        }
      }
      agent.destroy();
    };
    const clients = Array.from({ length: 8 }, (_, number) => client(number));
    await until('some calls', () => calls > 100);
    const code = first.stop();
    await until('all clients to have moved', () => moved.size === 8, { state: () => [...moved] });
    t.equal(await code, 0);
    over.abort();
    await Promise.all(clients);
    t.strictSame(failures, []);
    t.comment(`${calls} calls`);
    await second.stop();
  }
});

t.test('running calls finish, streams end as each era ends them, and nothing new is held open', async (t) => {
  const gateway = await gatewayFor(t);
  const session = await LegacySession.begin(gateway.url);
  const agent = new Agent({ keepAlive: true });
  const idle = new Agent({ keepAlive: true });
  await send(gateway.url, { ...modernRequest('tools/list'), agent: idle });
  const legacyStream = await session.listen();
  const modernStream = await modernListen(gateway.url, { toolsListChanged: true }, { id: 'mine' });
  const calls = ['wait', 'stream'].map((tool) =>
    send(gateway.url, { ...modernRequest('tools/call', { name: `server_${tool}`, arguments: {} }), agent }),
  );
  await until('both calls', () => waiting.length === 2);
  const pending = new Agent({ keepAlive: true, maxSockets: 1 });
  const kept = LegacySession.begin(gateway.url, '2025-11-25', { agent: pending });
  const other = await kept;

  let hasEnded = false;
  const code = gateway.stop().finally(() => (hasEnded = true));
  t.equal(await legacyStream.ended(), 'ended');
  t.equal(await modernStream.ended(), 'ended');
  t.match(modernStream.messages.at(-1), { id: 'mine', result: { resultType: 'complete' } });
  t.equal((await fetch(new URL('/readyz', gateway.adminUrl))).status, 503);
  t.match(await (await fetch(new URL('/readyz', gateway.adminUrl))).text(), /running work finishes/);
  t.equal((await fetch(new URL('/healthz', gateway.adminUrl))).status, 200);

  // On a connection that was open before.
  const last = await send(gateway.url, {
    headers: { ...other.headers, accept: 'text/event-stream' },
    method: 'GET',
    agent: pending,
  });
  t.equal(last.status, 503);
  t.equal(last.headers.connection, 'close');
  t.match(answerOf(last).error?.message, /The gateway ends/);
  await t.rejects(initialize(gateway.url, '2025-11-25', { agent: new Agent() }), { code: 'ECONNREFUSED' });
  t.notOk(hasEnded);

  for (const finish of waiting.splice(0)) finish();
  const [json, stream] = await Promise.all(calls);
  t.match(json?.text, 'done');
  t.match(stream?.text, 'streamed');
  t.equal(await code, 0);
  for (const each of [agent, idle, pending]) each.destroy();
});

t.test('a stuck call is broken off at the deadline, and the process ends with 0', async (t) => {
  const gateway = await gatewayFor(t, { FETCHFY_DRAIN_TIMEOUT: '700ms' });
  const before = upstream.of('tools/call').length;
  const call = send(gateway.url, modernRequest('tools/call', { name: 'server_stuck', arguments: {} })).catch(
    (error: NodeJS.ErrnoException) => error.code,
  );
  const arrival = await until('the call', () => upstream.of('tools/call')[before]);
  const began = performance.now();
  t.equal(await gateway.stop(), 0);
  const took = performance.now() - began;
  t.ok(took > 600 && took < 7000, `${took} ms`);
  t.equal(await call, 'ECONNRESET');
  t.ok(arrival.isAborted());
});

t.test('a second SIGTERM changes nothing', async (t) => {
  const gateway = await gatewayFor(t);
  const call = send(gateway.url, modernRequest('tools/call', { name: 'server_wait', arguments: {} }));
  await until('the call', () => waiting.length === 1);
  const code = gateway.stop();
  await until('it to drain', async () => !(await isReady(gateway)));
  process.kill(gateway.pid, 'SIGTERM');
  process.kill(gateway.pid, 'SIGINT');
  t.notOk(await isReady(gateway));
  waiting.pop()?.();
  t.match((await call).text, 'done');
  t.equal(await code, 0);
});

t.test('a gateway without work ends at once', async (t) => {
  const gateway = await gatewayFor(t);
  const agent = new Agent({ keepAlive: true });
  await send(gateway.url, { ...modernRequest('tools/list'), agent });
  const began = performance.now();
  t.equal(await gateway.stop(), 0);
  const took = performance.now() - began;
  t.comment(`${took.toFixed(0)} ms with an idle connection`);
  t.ok(took < 10_000, `${took} ms`);
  agent.destroy();
});

t.test('a connection that never brought a request does not hold up the end', async (t) => {
  const gateway = await gatewayFor(t);
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  await once(socket, 'connect');
  const began = performance.now();
  t.equal(await gateway.stop(), 0);
  t.ok(performance.now() - began < 10_000, 'well before the deadline of the drain, 25 s');
});

t.test('what the gateway has open at servers is ended with it', async (t) => {
  const legacy = await scriptedUpstream(t, { tools });
  const gateway = await startGateway([entryFor(legacy.url, { name: 'server' })]);
  const session = await LegacySession.begin(gateway.url);
  t.equal((await session.call('server_echo')).error, undefined);
  t.equal(legacy.sessions.size, 2, 'the client’s, and the one that reads the lists');
  t.equal(await gateway.stop(), 0);
  t.equal(legacy.sessions.size, 0);
});
