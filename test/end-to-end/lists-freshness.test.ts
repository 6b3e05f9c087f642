import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, modern } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, result, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const gateway = await gatewayOf(t, {});

/** A modern server whose list, and how long it may be kept, a test changes; it announces nothing. */
async function keeping(test: Parameters<typeof scriptedUpstream>[0], hint: { ttlMs: number; cacheScope: string }) {
  const state = { hint, tools: ['first'] };
  const server = await scriptedUpstream(test, {
    era: 'modern',
    tools: {},
    methods: {
      'server/discover': ({ response, message }) => {
        const capabilities = { tools: {} };
        const discovery = { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities, ...state.hint };
        json(response, result(message, discovery));
      },
      'tools/list': ({ response, message }) => {
        const tools = state.tools.map((name) => ({ name, inputSchema: { type: 'object' } }));
        json(response, result(message, { resultType: 'complete', tools, ...state.hint }));
      },
    },
  });
  return { server, state };
}

async function publish(servers: Readonly<Record<string, ScriptedUpstream>>): Promise<void> {
  await gateway.publish(Object.entries(servers).map(([name, { url }]) => entryFor(url, { name })));
  await until('the servers', async () => (await gateway.report()).services.every(({ state }) => state === 'Available'));
}

interface Kept {
  readonly ttlMs: number;
  readonly cacheScope: string;
  readonly tools: readonly { readonly name: string }[];
}

async function list(path = '', method = 'tools/list'): Promise<Kept> {
  return answerOf(await modern(`${gateway.url}${path}`, method)).result as unknown as Kept;
}

t.test(
  'an answer says how long its part that lasts shortest still does, and is as private as the most private',
  async (t) => {
    const [long, short] = [
      await keeping(t, { ttlMs: 300_000, cacheScope: 'public' }),
      await keeping(t, { ttlMs: 20_000, cacheScope: 'private' }),
    ];
    await publish({ long: long.server, short: short.server });
    for (const method of ['tools/list', 'server/discover']) {
      const alone = await list('/default/long', method);
      t.ok(alone.ttlMs > 200_000 && alone.ttlMs < 300_000, `${method}: ${alone.ttlMs} ms`);
      t.equal(alone.cacheScope, 'public');
      const all = await list('', method);
      t.ok(all.ttlMs > 0 && all.ttlMs < 20_000, `${method}: ${all.ttlMs} ms`);
      t.equal(all.cacheScope, 'private');
    }
    const first = await list();
    await until('time to pass', async () => (await list()).ttlMs < first.ttlMs);
    t.equal(long.server.of('tools/list').length, 1, 'what is fresh is not asked for');
  },
);

t.test('what servers say nothing about lasts for the gateway’s own minute', async (t) => {
  const { server } = await keeping(t, { ttlMs: 0, cacheScope: 'public' });
  await publish({ quiet: server });
  t.match(await list(), { ttlMs: 60_000, cacheScope: 'public' });
  t.equal(server.of('tools/list').length, 1);
});

t.test('what has run out by the server’s word is read again before it is given out', async (t) => {
  const { server, state } = await keeping(t, { ttlMs: 1500, cacheScope: 'public' });
  await publish({ brief: server });
  t.strictSame((await list()).tools, [{ name: 'brief_first', inputSchema: { type: 'object' } }]);
  state.tools = ['second'];
  // Nothing announces it: only the passing of its time does.
  const since = performance.now();
  await until('the end of its time', () => performance.now() - since > 1600);
  t.match((await list()).tools, [{ name: 'brief_second' }]);
  t.ok((await list()).ttlMs > 0);
});

t.test('a server that is slow to list again holds clients up for no more than a second', async (t) => {
  let isSlow = false;
  const server = await scriptedUpstream(t, {
    era: 'modern',
    tools: {},
    methods: {
      'tools/list': async ({ response, message }) => {
        if (isSlow) await delay(5000, undefined, { ref: false });
        const tools = [{ name: 'a', inputSchema: { type: 'object' } }];
        json(response, result(message, { resultType: 'complete', tools, ttlMs: 1000, cacheScope: 'public' }));
      },
    },
  });
  await publish({ slow: server });
  isSlow = true;
  const began = performance.now();
  let [longest, whole] = [0, true];
  while (performance.now() - began < 3500) {
    const before = performance.now();
    whole &&= (await list()).tools.length === 1;
    longest = Math.max(longest, performance.now() - before);
  }
  t.ok(whole, 'what is known is given out all the while');
  t.ok(longest < 2500, `${longest} ms`);
  t.equal(server.of('tools/list').length, 2, 'and is asked once');
});
