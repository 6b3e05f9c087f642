import t from 'tap';
import { answerOf, initialize, LegacySession, modernCall, send, type RpcAnswer } from '../support/mcp-http.ts';
import { memoryOf } from '../support/process-memory.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const echo: Script = ({ response, message }) => json(response, textResult(message, 'echo'));
/** Tells the session of the server's own that a call came in. */
const who: Script = ({ request, response, message }) =>
  json(response, textResult(message, String(request.headers['mcp-session-id'])));
const tools = { echo, who };

const textOf = ({ result, error }: RpcAnswer): string => {
  if (error !== undefined) throw new Error(error.message);
  return (result as { content: { text: string }[] }).content[0]?.text ?? '';
};
const answeredBy = async (session: LegacySession, prefix = ''): Promise<{ pid: number; session: string }> =>
  JSON.parse(textOf(await session.call(`${prefix}who_answers`))) as { pid: number; session: string };

t.test('a client’s session', async (t) => {
  const upstream = await scriptedUpstream(t, { tools });
  const gateway = await startGateway([
    entryFor(upstream.url, { name: 'one' }),
    entryFor(upstream.url, { name: 'two' }),
  ]);
  t.teardown(() => gateway.stop());
  const { url } = gateway;
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const headers = { 'content-type': 'application/json' };

  t.test('is required for all but initialize', async (t) => {
    for (const [method, sent] of [
      ['POST', { headers, body }],
      ['POST', { headers, body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }) }],
      ['POST', { headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} }) }],
      ['GET', {}],
      ['DELETE', {}],
    ] as const) {
      const answer = await send(url, { ...sent, method });
      t.equal(answer.status, 400);
      t.match(answerOf(answer).error, { code: -32600, message: /Mcp-Session-Id is missing/ });
    }
  });

  t.test('that is not known is answered with 404', async (t) => {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const answer = await send(url, {
        method,
        headers: { ...headers, 'mcp-session-id': 'unknown' },
        ...(method === 'POST' && { body }),
      });
      t.equal(answer.status, 404);
      t.match(answerOf(answer).error, { code: -32001, message: /Begin anew with initialize/ });
    }
  });

  t.test('of one path is not known at another', async (t) => {
    const session = await LegacySession.begin(`${url}/default/one`);
    for (const other of [url, `${url}/default/two`])
      t.equal((await send(other, { headers: session.headers, body })).status, 404);
    t.equal((await session.request('ping')).status, 200);
  });

  t.test('is known under the same path with a slash or a query', async (t) => {
    const session = await LegacySession.begin(url);
    for (const same of [`${url}/`, `${url}?x=y`])
      t.equal((await send(same, { headers: session.headers, body })).status, 200);
  });

  t.test('ends with DELETE, and with it those with the servers and the stream', async (t) => {
    const session = await LegacySession.begin(url);
    const stream = await session.listen();
    const inner = textOf(await session.call('one_who'));
    t.ok(upstream.sessions.has(inner));
    t.equal((await session.end()).status, 204);
    t.equal((await session.request('ping')).status, 404);
    t.equal((await session.end()).status, 404);
    t.equal(await stream.ended(), 'ended');
    await until('the end of the server’s session', () => upstream.ended.includes(inner));
  });

  t.test('that ends answers its running calls', async (t) => {
    const gates: (() => void)[] = [];
    const slow = await scriptedUpstream(t, {
      tools: { wait: ({ response }) => void gates.push(() => response.end()) },
    });
    await gateway.publish([entryFor(slow.url, { name: 'slow' })]);
    const session = await LegacySession.begin(url);
    const call = session.call('slow_wait');
    await until('the call', () => gates.length === 1);
    await session.end();
    t.match((await call).error, { code: -32603, message: /session .* ended/ });
  });

  t.test('is one for each client at each server', async (t) => {
    await gateway.publish([entryFor(upstream.url, { name: 'one' }), entryFor(upstream.url, { name: 'two' })]);
    const [a, b] = [await LegacySession.begin(url), await LegacySession.begin(url)];
    const inner = [await a.call('one_who'), await a.call('two_who'), await b.call('one_who')].map(textOf);
    t.equal(new Set(inner).size, 3);
    t.equal(textOf(await a.call('one_who')), inner[0], 'and stays');
  });

  t.test('with a server is opened when it is first used, and once', async (t) => {
    const before = upstream.of('initialize').length;
    const session = await LegacySession.begin(url);
    t.equal(upstream.of('initialize').length, before);
    await Promise.all(Array.from({ length: 10 }, () => session.call('one_echo')));
    t.equal(upstream.of('initialize').length, before + 1);
  });

  t.test('with a server that left the registry ends, and running calls in it finish first', async (t) => {
    const gates: (() => void)[] = [];
    const leaving = await scriptedUpstream(t, {
      tools: {
        ...tools,
        wait: ({ response, message }) => void gates.push(() => json(response, textResult(message, 'done'))),
      },
    });
    const others = [entryFor(upstream.url, { name: 'one' })];
    await gateway.publish([...others, entryFor(leaving.url, { name: 'leaving' })]);
    const session = await LegacySession.begin(url);
    const inner = textOf(await session.call('leaving_who'));
    const calls = [session.call('leaving_wait'), modernCall(url, 'leaving_wait')];
    await until('both calls', () => gates.length === 2);
    await gateway.publish(others);
    t.match((await session.call('leaving_echo')).error, { code: -32602 });
    t.notOk(leaving.ended.includes(inner));
    for (const open of gates) open();
    for (const call of calls) t.equal(textOf(await call), 'done');
    await until('the end of all its sessions', () => leaving.sessions.size === 0, {
      state: () => [...leaving.sessions],
    });
  });
});

t.test('a server that forgot its sessions is given new ones, and no client notices', async (t) => {
  for (const program of ['legacy', 'everything', 'python'] as const) {
    const server = await startServer(program);
    const gateway = await startGateway([entryFor(server.url, { name: 'server' })]);
    t.teardown(() => Promise.all([gateway.stop(), server.stop()]));
    const args = program === 'everything' ? { message: 'x' } : { text: 'x' };
    const session = await LegacySession.begin(gateway.url);
    t.match(textOf(await session.call('server_echo', args)), 'x', program);
    t.match(textOf(await modernCall(gateway.url, 'server_echo', args)), 'x', program);
    await server.stop();
    const again = await startServer(program, { port: server.port });
    t.teardown(() => again.stop());
    t.match(textOf(await session.call('server_echo', args)), 'x', `${program}, restarted`);
    t.match(textOf(await modernCall(gateway.url, 'server_echo', args)), 'x', `${program}, restarted`);
  }
});

t.test('a session is not given up for a 400 that is about something else', async (t) => {
  const upstream = await scriptedUpstream(t, {
    tools: { who, refuses: ({ response }) => void response.writeHead(400).end() },
  });
  const gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  t.teardown(() => gateway.stop());
  const session = await LegacySession.begin(gateway.url);
  const inner = textOf(await session.call('server_who'));
  t.match((await session.call('server_refuses')).error, { code: -32603, message: /answered HTTP 400/ });
  t.equal(textOf(await session.call('server_who')), inner);
  t.equal(upstream.of('tools/call').filter(({ message }) => message.params?.name === 'refuses').length, 1);
});

t.test('a server that never knows its own sessions is given up after the second', async (t) => {
  const upstream = await scriptedUpstream(t, {
    tools: { forgets: ({ response }) => void response.writeHead(404).end() },
  });
  const gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  t.teardown(() => gateway.stop());
  const session = await LegacySession.begin(gateway.url);
  t.match((await session.call('server_forgets')).error, { code: -32603, message: /answered HTTP 404/ });
  t.equal(upstream.of('tools/call').length, 2);
});

t.test('replicas', async (t) => {
  const replicas = await Promise.all(['a', 'b'].map((name) => startServer('legacy', { args: ['--name', name] })));
  const [one, two] = replicas;
  if (one === undefined || two === undefined) return;
  const targets = [one.target, two.target];
  const gateway = await startGateway([entryFor(one.url, { name: 'server', targets })]);
  t.teardown(() => Promise.all([gateway.stop(), ...replicas.map((replica) => replica.stop())]));

  t.test('one client’s calls stay with one of them, clients are spread over both', async (t) => {
    const sessions = await Promise.all(Array.from({ length: 6 }, () => LegacySession.begin(gateway.url)));
    const pids: number[] = [];
    for (const session of sessions) {
      const answers = [await answeredBy(session, 'server_'), await answeredBy(session, 'server_')];
      t.strictSame(answers[1]?.session, answers[0]?.session);
      pids.push(answers[0]?.pid ?? 0);
    }
    t.strictSame(new Set(pids), new Set([one.pid, two.pid]));
    t.equal(pids.filter((pid) => pid === one.pid).length, 3);
  });

  t.test('modern clients’ calls are spread over both', async (t) => {
    const pids = new Set<number>();
    for (let i = 0; i < 4; i++) {
      const { pid } = JSON.parse(textOf(await modernCall(gateway.url, 'server_who_answers'))) as { pid: number };
      pids.add(pid);
    }
    t.equal(pids.size, 2);
  });

  t.test('one that is gone is passed over: no call fails, sessions there are opened at the other', async (t) => {
    const sessions = await Promise.all(Array.from({ length: 4 }, () => LegacySession.begin(gateway.url)));
    for (const session of sessions) await answeredBy(session, 'server_');
    await one.stop();
    for (const session of [...sessions, await LegacySession.begin(gateway.url)])
      t.equal((await answeredBy(session, 'server_')).pid, two.pid);
    for (let i = 0; i < 6; i++) t.match(textOf(await modernCall(gateway.url, 'server_who_answers')), `${two.pid}`);
  });

  t.test('an address that leaves the registry takes its sessions with it, unnoticed', async (t) => {
    const further = await startServer('legacy');
    t.teardown(() => further.stop());
    const session = await LegacySession.begin(gateway.url);
    t.equal((await answeredBy(session, 'server_')).pid, two.pid);
    await gateway.publish([entryFor(one.url, { name: 'server', targets: [further.target] })]);
    t.equal((await answeredBy(session, 'server_')).pid, further.pid);
  });
});

t.test('an idle session ends, one in use or with a stream stays', async (t) => {
  const gates: (() => void)[] = [];
  const upstream = await scriptedUpstream(t, {
    tools: {
      echo,
      wait: ({ response, message }) => void gates.push(() => json(response, textResult(message, 'done'))),
    },
  });
  const gateway = await startGateway([entryFor(upstream.url, { name: 'server' })], {
    env: { FETCHFY_SESSION_IDLE: '1s' },
  });
  t.teardown(() => gateway.stop());
  const listening = await LegacySession.begin(gateway.url);
  const stream = await listening.listen();
  await listening.call('server_echo');
  const calling = await LegacySession.begin(gateway.url);
  const call = calling.call('server_wait');
  await until('the call', () => gates.length === 1);
  const idle = await LegacySession.begin(gateway.url);
  await idle.call('server_echo');
  await until('the end of the idle one’s session with the server', () => upstream.ended.length === 1);
  t.equal((await idle.request('ping')).status, 404);
  t.equal(stream.end, undefined);
  t.equal((await listening.request('ping')).status, 200);
  t.equal((await calling.request('ping')).status, 200);
  for (const open of gates) open();
  t.equal(textOf(await call), 'done');
  stream.close();
  await until('the end of the other two', () => upstream.ended.length === 3, { state: () => upstream.ended });
  for (const ended of [listening, calling]) t.equal((await ended.request('ping')).status, 404);
});

t.test('no more sessions than allowed are begun, and ended ones make room', async (t) => {
  const upstream = await scriptedUpstream(t, { tools });
  const gateway = await startGateway([entryFor(upstream.url, { name: 'server' })], {
    env: { FETCHFY_MAX_SESSIONS: '2' },
  });
  t.teardown(() => gateway.stop());
  const first = await LegacySession.begin(gateway.url);
  await LegacySession.begin(gateway.url);
  const refused = await initialize(gateway.url, '2025-11-25', { id: 'third' });
  t.equal(refused.status, 503);
  t.equal(refused.headers['retry-after'], '10');
  t.match(answerOf(refused), { id: 'third', error: { code: -32603, message: /has its 2 sessions/ } });
  t.equal((await first.request('ping')).status, 200);
  await first.end();
  t.equal((await initialize(gateway.url)).status, 200);
});

t.test('a session may have few streams; the oldest makes room, since its client may have lost it', async (t) => {
  const upstream = await scriptedUpstream(t, { tools });
  const gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  t.teardown(() => gateway.stop());
  const session = await LegacySession.begin(gateway.url);
  const streams = [];
  for (let i = 0; i < 5; i++) streams.push(await session.listen());
  t.equal(await streams[0]?.ended(), 'ended');
  t.strictSame(
    streams.slice(1).map(({ end }) => end),
    [undefined, undefined, undefined, undefined],
  );
  for (const stream of streams) stream.close();
});

t.test('10,000 idle sessions cost little memory', async (t) => {
  const upstream = await scriptedUpstream(t, { tools });
  const gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  t.teardown(() => gateway.stop());
  const begin = async (count: number): Promise<void> => {
    for (let begun = 0; begun < count; begun += 50)
      await Promise.all(Array.from({ length: 50 }, () => initialize(gateway.url)));
  };
  await begin(500);
  const before = memoryOf(gateway.pid).resident;
  await begin(10_000);
  const grown = (memoryOf(gateway.pid).resident - before) / 1024 / 1024;
  t.comment(`${grown.toFixed(1)} MiB for 10,000 sessions`);
  t.ok(grown < 150, `${grown} MiB`);
});
