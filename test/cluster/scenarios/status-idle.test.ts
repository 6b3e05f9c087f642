/** What is settled is left alone. */
import { isLeftAlone } from '../product/idle-minute.ts';
import { productScenario } from '../product/product-scenario.ts';

productScenario('an idle minute passes without a write', {}, isLeftAlone);
