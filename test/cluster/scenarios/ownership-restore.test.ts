/** What is the Gateway's own comes back, or the Gateway says what became of it. */
import { isRestoredOrNamed } from '../product/ownership/losses.ts';
import { isRestored } from '../product/ownership/restoration.ts';
import { productScenario } from '../product/product-scenario.ts';

productScenario('what belongs to a Gateway is restored when it is deleted or edited', {}, (t, product) =>
  isRestored(t, product),
);
productScenario('what loses its labels, annotations or owner is restored or named', {}, isRestoredOrNamed);
