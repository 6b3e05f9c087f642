/** Agents in pods, found by the label, used by an MCP client; one dies in the midst of a task. */
import { until } from '../../support/until.ts';
import { podsOf } from '../product/faults/workloads.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText, toolNames } from '../product/product.ts';

const agent = { 'mcp.fetchfy.ai/type': 'agent' };

productScenario(
  'agents are found by their label and used as tools; one that is killed amid a task costs only that task',
  { needs: ['python'] },
  async (t, product) => {
    const namespace = await product.namespace('agents');
    const [gateway] = await Promise.all([
      product.gateway({ namespace: await product.namespace('gateway') }),
      product.server({ namespace, program: 'a2a', name: 'planner', folder: 'agents', annotations: agent }),
      product.server({ namespace, program: 'python', name: 'writer', folder: 'agents', annotations: agent }),
    ]);
    for (const name of ['planner', 'writer']) {
      const { type, protocol, skillCount = 0 } = await gateway.service(namespace, name, 'Available');
      t.match({ type, protocol }, { type: 'agent', protocol: 'a2a' });
      t.ok(skillCount > 5, `${name} has ${skillCount} skills by the Gateway's status`);
    }
    t.equal((await gateway.object()).status?.agentCount, 2);
    for (const era of ['legacy', 'modern'] as const) {
      const client = await product.client(gateway.url(), era);
      const names = await toolNames(client);
      for (const name of ['planner', 'writer']) {
        t.ok(
          names.includes(`${name}_delegate`) && names.includes(`${name}_echo`),
          `a ${era} client sees the tools of ${name}`,
        );
        t.equal(
          await callText(client, `${name}_delegate`, { message: 'echo hello' }),
          'hello',
          `${name} answers a ${era} client`,
        );
        t.match(await callText(client, `${name}_steps`, { message: 'steps 5 10' }), 'done in 5 steps');
      }
    }

    const client = await product.client(gateway.url());
    const [pod] = await podsOf(product.cluster, namespace, 'app=planner');
    const running = callText(client, 'planner_delegate', { message: 'steps 1000 50' }).catch((error: Error) => error);
    const other = callText(client, 'writer_delegate', { message: 'steps 100 20' });
    await until('the task to run', async () => {
      const response = await fetch(`http://planner.${namespace}.svc.cluster.local/counts`);
      return ((await response.json()) as { running: number }).running > 0;
    });
    await product.cluster.killContainer(namespace, pod?.metadata.name ?? '', 'server');
    const outcome = await running;
    t.match(outcome instanceof Error ? outcome.message : outcome, /task|agent|planner/i, 'one clear error');
    t.ok(outcome instanceof Error, String(outcome));
    t.match(await other, 'done in 100 steps', 'the other agent goes on');
    await until(
      'the agent to be back',
      async () => (await callText(client, 'planner_delegate', { message: 'echo again' }).catch(String)) === 'again',
      { deadlineMs: 60_000, everyMs: 500 },
    );
  },
);
