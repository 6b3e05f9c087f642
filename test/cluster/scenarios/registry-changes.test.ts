/** Labels come and go while clients have sessions open. */
import type { TestClient } from '../../support/clients.ts';
import { until } from '../../support/until.ts';
import { onToolsChanged } from '../product/changes.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText, serviceReference, toolNames, untilTool } from '../product/product.ts';

interface Watcher {
  readonly era: string;
  readonly client: TestClient;
  announced: number;
}

productScenario('a label on, a label off and a deletion reach open sessions of both eras', {}, async (t, product) => {
  const shop = await product.namespace('shop');
  const [gateway] = await Promise.all([
    product.gateway({ namespace: await product.namespace('gateway') }),
    product.server({ namespace: shop, program: 'legacy', name: 'stock' }),
    product.server({ namespace: shop, program: 'modern', name: 'dice', labels: { 'mcp-enabled': 'false' } }),
  ]);
  const watchers: Watcher[] = [];
  for (const era of ['legacy', 'modern'] as const) {
    const watcher: Watcher = { era, client: await product.client(gateway.url(), era), announced: 0 };
    await onToolsChanged(watcher.client, () => watcher.announced++);
    await untilTool(watcher.client, 'stock_echo');
    t.notOk((await toolNames(watcher.client)).includes('dice_echo'), 'what has no label is not offered');
    watchers.push(watcher);
  }

  const changes = async (what: string, change: () => Promise<unknown>, isThere: boolean): Promise<void> => {
    const begun = performance.now();
    const before = watchers.map(({ announced }) => announced);
    await change();
    await Promise.all(
      watchers.map(async (watcher, index) => {
        await until(
          `the announcement on the ${watcher.era} session after: ${what}`,
          () => watcher.announced > (before[index] ?? 0),
          { deadlineMs: 10_000 },
        );
        await untilTool(watcher.client, 'dice_echo', isThere);
        t.ok((await toolNames(watcher.client)).includes('stock_echo'), 'the other server stays');
      }),
    );
    t.pass(`${what}: announced and true on both sessions after ${(performance.now() - begun).toFixed(0)} ms`);
  };

  await changes('label on', () => product.label(shop, 'dice', { 'mcp-enabled': 'true' }), true);
  for (const { era, client } of watchers) {
    t.equal(await callText(client, 'dice_echo', { text: 'six' }), 'six', `an open ${era} session calls the new tool`);
  }
  await changes('label off', () => product.label(shop, 'dice', { 'mcp-enabled': null }), false);
  for (const { era, client } of watchers) {
    await t.rejects(callText(client, 'dice_echo', { text: 'six' }), `an open ${era} session no longer calls the tool`);
  }
  await changes('label on again', () => product.label(shop, 'dice', { 'mcp-enabled': 'true' }), true);
  await changes('Service deleted', () => product.cluster.client.delete(serviceReference(shop, 'dice')), false);
});
