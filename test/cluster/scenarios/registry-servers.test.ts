/** What the product is for: servers of several kinds and namespaces, one URL. */
import type { TestClient } from '../../support/clients.ts';
import { runInPod } from '../harness/script-pod.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText, toolNames } from '../product/product.ts';

/** What the server's `echo` wants: the one that is not ours names its argument otherwise. */
const echoOf = {
  everything: { message: 'hello' },
  modern: { text: 'hello' },
  python: { text: 'hello' },
} as const;

productScenario(
  'three servers of three namespaces answer through one Gateway',
  { needs: ['python'] },
  async (t, product) => {
    const programs = Object.keys(echoOf) as (keyof typeof echoOf)[];
    const home = await product.namespace('gateway');
    const [gateway, ...servers] = await Promise.all([
      product.gateway({ namespace: home }),
      ...programs.map(async (program) =>
        product.server({ namespace: await product.namespace(program), program, name: program }),
      ),
    ]);
    for (const { namespace, name } of servers) {
      const { toolCount, endpoint } = await gateway.service(namespace, name, 'Available');
      t.ok(toolCount && toolCount > 0, `${name} has ${toolCount} tools by the Gateway's status, at ${endpoint}`);
    }

    const service = await product.cluster.client.get(gateway.workload('v1', 'Service'));
    const { clusterIP } = (service as unknown as { spec: { clusterIP: string } }).spec;
    const echoes = async (client: TestClient, tool: string, program: keyof typeof echoOf) =>
      t.match(await callText(client, tool, echoOf[program]), /hello/, `${tool} answers`);
    for (const era of ['legacy', 'modern'] as const) {
      const union = await product.client(`http://${clusterIP}:8080/mcp`, era);
      const names = await toolNames(union);
      for (const { namespace, name } of servers) {
        const program = name as keyof typeof echoOf;
        const own = await toolNames(await product.client(gateway.url(`/${namespace}/${name}`), era));
        t.ok(own.includes('echo'), `a ${era} client sees the tools of ${name} under their own names on its path`);
        t.strictSame(
          names.filter((tool) => tool.startsWith(`${name}_`)),
          own.map((tool) => `${name}_${tool}`),
          `a ${era} client sees all tools of ${name} on /mcp`,
        );
        await echoes(union, `${name}_echo`, program);
        await echoes(await product.client(gateway.url(`/${namespace}/${name}`), era), 'echo', program);
      }
    }

    const { status } = await gateway.object();
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'script', version: '1' } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    const output = await runInPod(
      product.cluster,
      home,
      `const response = await fetch('${status?.address}', ${JSON.stringify({ method: 'POST', headers, body })});
       console.log(response.status, await response.text());
       process.exit();`,
    );
    t.match(output, /^200 .*"serverInfo"/s, 'the address of the status answers in a pod');
  },
);
