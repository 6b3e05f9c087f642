/** The hooks are away, or answer with errors: what is there goes on, and what came meanwhile is taken up later. */
import { INDEX_KEY } from '../../../gateway/contract/names.ts';
import type { GatewayReport } from '../../../gateway/contract/report.ts';
import { until } from '../../support/until.ts';
import { echoCaller } from '../product/faults/callers.ts';
import { ConstantCalls } from '../product/faults/constant-calls.ts';
import {
  bringHooksBack,
  lasts,
  replaceHooks,
  takeHooksAway,
  untilHooksComplete,
  type AskedHook,
} from '../product/faults/hooks.ts';
import { untilReported } from '../product/faults/workloads.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText, toolNames, untilTool } from '../product/product.ts';
import { objectsIn } from '../product/snapshot.ts';

const eras = ['legacy', 'modern'] as const;
const AWAY_SECONDS = 60;

productScenario(
  'calls go on while the hooks are away for a minute, and a Service made meanwhile is served after they return',
  { timeoutMs: 600_000 },
  async (t, product) => {
    const { cluster } = product;
    const shop = await product.namespace('shop');
    const [gateway] = await Promise.all([
      product.gateway({ namespace: await product.namespace('gateway') }),
      product.server({ namespace: shop, program: 'modern', name: 'dice' }),
    ]);
    await gateway.service(shop, 'dice', 'Available');
    const watcher = await product.client(gateway.url());
    const echoes = eras.map((era) => ({ name: era, connect: () => echoCaller(gateway.url(), era, 'dice') }));
    const calls = await ConstantCalls.begin(t, ...echoes);
    try {
      const begun = performance.now();
      await takeHooksAway(cluster);
      await product.server({ namespace: shop, program: 'modern', name: 'coins' });
      await lasts(AWAY_SECONDS, begun, () => calls.failures);
      t.notOk((await toolNames(watcher)).includes('coins_echo'), 'nobody is there to take the new Service up');
      t.comment(`The hooks were away for ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    } finally {
      await bringHooksBack(cluster);
    }
    const returned = performance.now();
    await untilTool(watcher, 'coins_echo', true, 350_000);
    t.equal(await callText(watcher, 'coins_echo', { text: 'heads' }), 'heads', 'the new Service is called');
    t.comment(`Hooks back → new Service callable: ${((performance.now() - returned) / 1000).toFixed(1)} s`);
    await untilHooksComplete(cluster);
    await calls.noneFailed(t, 'hooks away');
  },
);

productScenario(
  'hooks that answer with errors, or never, cost nothing that is there',
  { timeoutMs: 600_000 },
  async (t, product) => {
    const { cluster } = product;
    const home = await product.namespace('gateway');
    const shop = await product.namespace('shop');
    const [gateway] = await Promise.all([
      product.gateway({ namespace: home }),
      product.server({ namespace: shop, program: 'modern', name: 'dice' }),
    ]);
    await gateway.service(shop, 'dice', 'Available');
    const objects = async () => {
      const found = await objectsIn(cluster.client, home);
      return found.map(({ kind, metadata: { name, uid } }) => `${kind} ${name} ${uid}`).sort();
    };
    const before = await objects();
    const calls = await ConstantCalls.begin(t, {
      name: 'modern',
      connect: () => echoCaller(gateway.url(), 'modern', 'dice'),
    });
    const goodRevision = async () => {
      const isGood = ({ revision, error }: GatewayReport['registry']) => revision !== null && error === undefined;
      const [report] = await untilReported(cluster, gateway, 'a good registry', isGood);
      return report?.registry.revision;
    };

    for (const [answer, end] of [
      ['fails', 'failed'],
      ['hangs', 'given up'],
    ] as const) {
      const held = await goodRevision();
      const impostor = await replaceHooks(cluster, answer);
      const asked = async (hook: string) => {
        const paths = [`/gateways/${hook}`, `/registry/${hook}`];
        let seen: AskedHook[] = [];
        await until(
          `${paths.join(' and ')} to have ${end}`,
          async () => {
            seen = (await impostor.asked()).filter((each) => each.namespace === home && each.end === end);
            return paths.every((path) => seen.some((each) => each.path === path));
          },
          // Metacontroller waits for the answer of a sync for 30 s (controllers.yaml).
          { deadlineMs: 120_000, everyMs: 250, state: () => seen },
        );
      };
      try {
        await cluster.client.patch(gateway.registry(), { data: { [INDEX_KEY]: `edited while a hook ${answer}` } });
        await asked('sync');
        await gateway.edit({ publicUrl: `https://${answer}.example.com/mcp` });
        await asked('customize');
        const isFaulty = ({ error }: GatewayReport['registry']) => error !== undefined;
        const [report] = await untilReported(cluster, gateway, 'the edited registry as a fault', isFaulty);
        t.equal(report?.registry.revision, held, `the gateway keeps its last good registry while a hook ${answer}`);
        t.strictSame(await objects(), before, `no object is deleted or made anew while a hook ${answer}`);
      } finally {
        await impostor.restore();
      }
      const begun = performance.now();
      await goodRevision();
      t.comment(`Hooks answer again → registry restored: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    }
    await calls.noneFailed(t, 'hooks that answer with errors');
  },
);
