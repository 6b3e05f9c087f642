/** The MCP conformance suite against a server in a pod, through the gateway in its pod. */
import { reportScenarios } from '../../conformance/report.ts';
import { requirementSets } from '../../conformance/requirements.ts';
import { serverSuite } from '../../conformance/suite.ts';
import { productScenario } from '../product/product-scenario.ts';

const programs = { '2025-11-25': 'conformance-legacy', '2026-07-28': 'conformance-modern' } as const;

productScenario('the conformance suite passes through a port-forward to the gateway’s pod', {}, async (t, product) => {
  const namespace = await product.namespace('conformance');
  const [gateway] = await Promise.all([
    product.gateway({ namespace }),
    ...Object.values(programs).map((program) => product.server({ namespace, program })),
  ]);
  for (const program of Object.values(programs)) await gateway.service(namespace, program, 'Available');
  // A name of this machine: some scenarios are only run against such a one.
  const { url } = await product.forwardPort(namespace, 'deployment/main-mcp', 8080);
  for (const set of requirementSets) {
    const results = await serverSuite(`${url}/mcp/${namespace}/${programs[set]}`, set);
    await t.test(set, async (t) => reportScenarios(t, results));
  }
});
