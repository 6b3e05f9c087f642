import t, { type Test } from 'tap';
import { scenario, type Need } from '../harness/scenario.ts';
import { chosenController, ONLY_METACONTROLLER } from './controller.ts';
import { install, stopControllerAfter } from './install.ts';
import { Product } from './product.ts';

export interface ProductScenarioOptions {
  /** Beyond the product itself and the test servers. */
  needs?: Need[];
  timeoutMs?: number;
  /** Set if the driver of local mode cannot show it: then it is skipped where that is in Metacontroller's place. */
  onlyMetacontroller?: boolean;
}

let teardown = false;

/**
 * A scenario with Fetchfy installed: the controller (Metacontroller, or the driver of local mode in its place; the output
 * says which) and our manifests as they are. When it fails, its Gateways and the controller's last words are printed.
 */
export function productScenario(
  name: string,
  { needs = [], timeoutMs = 300_000, onlyMetacontroller = false }: ProductScenarioOptions,
  body: (t: Test, product: Product) => Promise<void>,
): void {
  if (!teardown) {
    teardown = true;
    stopControllerAfter(t);
  }
  if (onlyMetacontroller && process.env['FETCHFY_TEST_CLUSTER'] && chosenController() === 'driver') {
    const handedIn = process.env['FETCHFY_TEST_CONTROLLER'] === 'driver';
    const reason = 'only the real Metacontroller can show it, and none was handed in (FETCHFY_TEST_METACONTROLLER)';
    void t.test(name, { skip: handedIn ? ONLY_METACONTROLLER : reason }, async () => {});
    return;
  }
  scenario(name, { needs: ['product', 'servers', 'own cluster', ...needs], timeoutMs }, async (t, cluster) => {
    const product = new Product(cluster, await install(cluster));
    t.comment(`Controller: ${product.controller.description}.`);
    try {
      await body(t, product);
      if (!t.passing()) t.comment(await product.describe());
    } catch (error) {
      t.comment(await product.describe());
      throw error;
    } finally {
      await product.close();
    }
  });
}
