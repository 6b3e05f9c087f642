/** Other people's objects under our names stay theirs. */
import { leavesOthersAlone } from '../product/ownership/foreign-objects.ts';
import { productScenario } from '../product/product-scenario.ts';

productScenario("users' objects under a Gateway's names stay as they were", {}, leavesOthersAlone);
