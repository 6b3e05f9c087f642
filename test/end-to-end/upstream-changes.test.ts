import t, { type Test } from 'tap';
import type { UpstreamServer } from '../../gateway/upstream/upstream-server.ts';
import { startServer, type RunningServer, type ServerProgram, type StartOptions } from '../support/start-server.ts';
import { until } from '../support/until.ts';
import { entryAt, watching } from '../support/watching.ts';

async function start(t: Test, program: ServerProgram, options?: StartOptions): Promise<RunningServer> {
  const server = await startServer(program, options);
  t.teardown(() => server.stop());
  return server;
}

async function control(server: RunningServer, path: string): Promise<void> {
  const response = await fetch(new URL(path, server.url), { method: 'POST' });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

function toolNames(server: UpstreamServer): unknown[] {
  return (server.catalogue?.tools ?? []).map((tool) => tool['name']);
}

async function watched(t: Test, running: RunningServer) {
  const { upstreams, changes, lines } = watching(t);
  const server = upstreams.reconcile([entryAt('cart', running.target)]).get('shop/cart') as UpstreamServer;
  await server.settled;
  const state = () => ({ state: server.state, message: server.message, isListening: server.isListening, changes });
  return { upstreams, server, changes, lines, state };
}

for (const program of ['legacy', 'modern'] as const) {
  t.test(`${program}: a changed list is known at once`, async (t) => {
    const running = await start(t, program);
    const { server, changes, state } = await watched(t, running);
    await until('the stream', () => server.isListening, { state });
    for (const [list, kind] of [
      ['tools', 'tools'],
      ['prompts', 'prompts'],
      ['resources', 'resources'],
    ] as const) {
      const told = changes.length;
      const began = performance.now();
      await control(running, `/toggle?list=${list}&name=fresh`);
      await until(`the change of ${list}`, () => changes.length > told, { state });
      const took = performance.now() - began;
      t.comment(`${program} ${list}: ${took.toFixed(1)} ms`);
      t.same(changes.at(-1)?.kinds, [kind]);
    }
    t.ok(toolNames(server).includes('fresh'));
    await control(running, '/toggle?list=tools&name=fresh');
    await until('the removal', () => !toolNames(server).includes('fresh'), { state });
  });
}

t.test('a server that forgets its sessions is listened to again, and nobody notices', async (t) => {
  const running = await start(t, 'legacy');
  const { server, changes, lines, state } = await watched(t, running);
  await until('the stream', () => server.isListening, { state });
  await control(running, '/forget');
  await until('the end of the stream', () => !server.isListening, { state });
  await until('the stream', () => server.isListening, { state });
  await control(running, '/toggle?list=tools&name=fresh');
  await until('the change', () => changes.length === 2, { state });
  t.notOk(
    lines.some((line) => line.includes('unavailable')),
    lines.join(''),
  );
});

for (const program of ['legacy', 'modern', 'everything'] as const) {
  t.test(`${program}: a server that is restarted under its address heals`, async (t) => {
    const running = await start(t, program);
    const { server, state } = await watched(t, running);
    t.equal(server.state, 'Available');
    await running.stop();
    await until('the failure', () => server.state === 'Unavailable', { state });
    t.ok(toolNames(server).includes('echo'), 'the last good catalogue stays');
    await start(t, program, { port: running.port });
    await until('the server', () => server.state === 'Available', { state, deadlineMs: 20_000 });
    await until('the stream', () => server.isListening, { state });
  });
}

t.test('a server that is replaced by one of the other era is found out', async (t) => {
  const running = await start(t, 'legacy');
  const { server, state } = await watched(t, running);
  t.equal(server.catalogue?.era, 'legacy');
  await running.stop();
  const modern = await start(t, 'modern', { port: running.port });
  await until('the modern era', () => server.catalogue?.era === 'modern', { state, deadlineMs: 20_000 });
  await modern.stop();
  await start(t, 'legacy', { port: running.port, args: ['--stateless'] });
  await until('the legacy era', () => server.catalogue?.era === 'legacy', { state, deadlineMs: 20_000 });
  t.equal(server.catalogue?.stateless, true);
});

t.test('a dead and a frozen server cost a good one nothing', async (t) => {
  const [good, frozen, dead] = await Promise.all([start(t, 'legacy'), start(t, 'legacy'), start(t, 'legacy')]);
  frozen.signal('SIGSTOP');
  await dead.stop();
  const { upstreams } = watching(t, { deadlineMs: 3000 });
  const began = performance.now();
  const servers = upstreams.reconcile([
    entryAt('frozen', frozen.target),
    entryAt('dead', dead.target),
    entryAt('good', good.target),
  ]);
  await servers.get('shop/good')?.settled;
  const took = performance.now() - began;
  t.comment(`${took.toFixed(1)} ms`);
  t.equal(servers.get('shop/good')?.state, 'Available');
  t.equal(servers.get('shop/frozen')?.state, 'Pending');
  await Promise.all([...servers.values()].map((server) => server.settled));
  t.match(servers.get('shop/frozen'), { state: 'Unavailable', message: /within 3000 ms/ });
  t.match(servers.get('shop/dead'), { state: 'Unavailable', message: /ECONNREFUSED/ });
  frozen.signal('SIGCONT');
  await until('the frozen server', () => servers.get('shop/frozen')?.state === 'Available', { deadlineMs: 20_000 });
});
