/** The same with Metacontroller's other way of writing objects: all at once, since changing it replaces its pods. */
import type { Test } from 'tap';
import { useApplyStrategy } from '../product/controller.ts';
import { isLeftAlone } from '../product/idle-minute.ts';
import { leavesOthersAlone } from '../product/ownership/foreign-objects.ts';
import { isRestoredOrNamed } from '../product/ownership/losses.ts';
import { isRestored } from '../product/ownership/restoration.ts';
import { productScenario } from '../product/product-scenario.ts';
import { Product } from '../product/product.ts';

const scenarios: Record<string, (t: Test, product: Product) => Promise<void>> = {
  "users' objects under a Gateway's names stay as they were": leavesOthersAlone,
  'what belongs to a Gateway is restored when it is deleted or edited': (t, product) =>
    isRestored(t, product, 'server-side-apply'),
  'what loses its labels, annotations or owner is restored or named': isRestoredOrNamed,
  'an idle minute passes without a write': isLeftAlone,
};

productScenario(
  'with server-side-apply',
  { onlyMetacontroller: true, timeoutMs: 600_000 },
  async (t, { cluster, controller }) => {
    await useApplyStrategy(cluster, 'server-side-apply');
    try {
      t.jobs = Object.keys(scenarios).length;
      const all = Object.entries(scenarios).map(([name, body]) =>
        t.test(name, { buffered: true, timeout: 500_000 }, async (t) => {
          // Of its own: its Gateways are to see its own namespaces alone.
          const product = new Product(cluster, controller);
          try {
            await body(t, product);
          } catch (error) {
            t.comment(await product.describe());
            throw error;
          } finally {
            await product.close();
          }
        }),
      );
      await Promise.all(all);
    } finally {
      await useApplyStrategy(cluster, 'dynamic-apply');
    }
  },
);
