import { Agent } from 'node:http';
import t from 'tap';
import type { ServiceEntry } from '../../gateway/contract/registry-document.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, LegacySession, modern, modernCall, modernRequest, send } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const waiting: (() => void)[] = [];
const tools: Readonly<Record<string, Script>> = {
  echo: ({ response, message }) => json(response, textResult(message, 'echo')),
  wait: ({ response, message }) => void waiting.push(() => json(response, textResult(message, 'done'))),
};

const SERVERS = 1000;
const CLIENTS = 4;
const SWAPS = 4;

/** The value that 99 of 100 do not exceed. */
function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN;
}

t.test('a running call finishes on the table that it began with', async (t) => {
  for (const era of ['legacy', 'modern'] as const) {
    const upstream = await scriptedUpstream(t, { era, tools });
    const gateway = await startGateway([entryFor(upstream.url, { name: 'cart', prefix: 'old' })]);
    t.teardown(() => gateway.stop());
    const session = await LegacySession.begin(gateway.url);
    const calls = [session.call('old_wait'), modernCall(gateway.url, 'old_wait')];
    await until('both calls', () => waiting.length === 2);

    await gateway.publish([entryFor(upstream.url, { name: 'cart', prefix: 'new' })]);
    t.match((await session.call('old_echo')).error, { code: -32602 });
    t.match((await session.call('new_echo')).result, { content: [{ text: 'echo' }] });
    await gateway.publish([]);
    t.match((await session.call('new_echo')).error, { code: -32602 });
    for (const finish of waiting.splice(0)) finish();
    for (const call of calls) t.match((await call).result, { content: [{ text: 'done' }] });
  }
});

t.test('a broken registry leaves the last good one in use, and is reported', async (t) => {
  const upstream = await scriptedUpstream(t, { tools });
  const gateway = await gatewayOf(t, { cart: upstream });
  gateway.breakRegistry();
  const { registry } = await until('the report', async () => {
    const report = await gateway.report();
    return report.registry.error === undefined ? undefined : report;
  });
  t.match(registry.error, /registry/);
  t.equal((await modernCall(gateway.url, 'cart_echo')).error, undefined);
  t.match(await (await fetch(new URL('/metrics', gateway.adminUrl))).text(), /^fetchfy_registry_fault 1$/m);
  await gateway.publish([entryFor(upstream.url, { name: 'stock' })]);
  t.equal((await gateway.report()).registry.error, undefined);
  t.equal((await modernCall(gateway.url, 'stock_echo')).error, undefined);
});

t.test('a registry of 1,000 servers is swapped under load', async (t) => {
  // Processes of their own: what is measured is the gateway's delay, not this test's.
  const called = await startServer('raw', { args: ['--era', 'modern'] });
  const listed = await startServer('raw', { args: ['--era', 'modern'] });
  t.teardown(() => Promise.all([called.stop(), listed.stop()]));
  const kept = entryFor(called.url, { name: 'kept' });
  const thousand = (set: string, prefix: string): ServiceEntry[] => [
    ...Array.from({ length: SERVERS - 1 }, (_, i) =>
      entryFor(listed.url, { name: `${set}-${i}`, prefix: `${prefix}-${i}`, namespace: `ns-${i % 10}` }),
    ),
    kept,
  ];
  const gateway = await startGateway(thousand('a', 'a'), { deadlineMs: 60_000 });
  t.teardown(() => gateway.stop());
  const known = async (): Promise<number> =>
    (await gateway.report()).services.filter(({ state }) => state === 'Available').length;
  const allKnown = (): Promise<unknown> =>
    until('all servers to be known', async () => (await known()) === SERVERS, {
      deadlineMs: 60_000,
      everyMs: 200,
      state: known,
    });
  await allKnown();

  const over = new AbortController();
  const failures: string[] = [];
  let times: number[] = [];
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const request = { ...modernRequest('tools/call', { name: 'kept_echo', arguments: {} }), agent };
    while (!over.signal.aborted) {
      const began = performance.now();
      const answer = await send(gateway.url, request);
      times.push(performance.now() - began);
      if (answerOf(answer).error !== undefined) failures.push(answer.text);
    }
    agent.destroy();
  };
  const clients = Array.from({ length: CLIENTS }, client);
  const during = async (work: () => Promise<unknown>): Promise<number[]> => {
    times = [];
    await work();
    return times;
  };
  const calls = (count: number): Promise<unknown> =>
    until(`${count} calls`, () => times.length >= count, { deadlineMs: 30_000, state: () => times.length });
  // The first calls of a process are its slowest.
  await during(() => calls(500));
  const quiet = await during(() => calls(1000));
  // Names, then prefixes only, then names again: servers that are new, and tables that are.
  const swaps = await during(async () => {
    for (let swap = 0; swap < SWAPS; swap++) {
      const set = swap % 4 < 2 ? 'b' : 'a';
      await gateway.publish(thousand(set, `${set}${swap}`));
      await allKnown();
    }
  });
  over.abort();
  await Promise.all(clients);
  t.strictSame(failures, []);
  const [before, after] = [p99(quiet), p99(swaps)];
  const longest = Math.max(...swaps);
  t.comment(
    `p99 ${before.toFixed(1)} ms, during ${SWAPS} swaps ${after.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`,
  );
  t.ok(swaps.length > 50, `${swaps.length} calls`);
  t.ok(after - before < 1000, `${after - before} ms`);

  t.test('and its lists are whole again', async (t) => {
    const { result } = answerOf(await modern(gateway.url, 'tools/list'));
    t.equal((result as { tools: unknown[] }).tools.length, SERVERS);
  });
});
