import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, modernCall, textOf } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { scriptedUpstream, tellSession } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';

const answeredBy = async (session: LegacySession, prefix = ''): Promise<{ pid: number; session: string }> =>
  JSON.parse(textOf(await session.call(`${prefix}who_answers`))) as { pid: number; session: string };

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
    tools: { who: tellSession, refuses: ({ response }) => void response.writeHead(400).end() },
  });
  const gateway = await gatewayOf(t, { server: upstream });
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
  const gateway = await gatewayOf(t, { server: upstream });
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
