/** What every other scenario takes for granted: that this is a cluster, and that the harness does what it says. */
import { legacyClient, modernClient } from '../../support/clients.ts';
import { until } from '../../support/until.ts';
import type { Pod } from '../harness/kube-objects.ts';
import { scenario } from '../harness/scenario.ts';
import { runInPod } from '../harness/script-pod.ts';
import { deployServer } from '../harness/server-workload.ts';

/** What a legacy client sends first. */
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'script', version: '1' } },
};

scenario(
  'MCP servers of each kind answer a test under their Service names',
  { needs: ['servers', 'python', 'own cluster'] },
  async (t, cluster) => {
    const namespace = await cluster.namespace('servers');
    const deploy = (program: string) => deployServer(cluster, { namespace, program });
    const [everything, modern, python] = await Promise.all([deploy('everything'), deploy('modern'), deploy('python')]);
    for (const client of [
      await legacyClient(everything.url),
      await modernClient(modern.url),
      await legacyClient(python.url),
    ]) {
      const { tools } = await client.listTools();
      t.ok(
        tools.some(({ name }) => name === 'echo'),
        `${client.getServerVersion()?.name} lists its tools`,
      );
      await client.close();
    }
  },
);

scenario(
  'an MCP server in a pod answers another pod under its Service name',
  { needs: ['servers'] },
  async (t, cluster) => {
    const namespace = await cluster.namespace('servers');
    const { url } = await deployServer(cluster, { namespace, program: 'everything' });
    const elsewhere = await cluster.namespace('clients');
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const request = JSON.stringify({ method: 'POST', headers, body: JSON.stringify(initialize) });
    const output = await runInPod(
      cluster,
      elsewhere,
      `const response = await fetch('${url}', ${request});
       console.log(response.status, await response.text());
       process.exit();`,
    );
    t.match(output, /^200 /, 'it answers');
    t.match(output, /"serverInfo":/, 'it says who it is');
  },
);

scenario(
  'pods go on while the API server is away, and a killed container comes back',
  { needs: ['servers', 'own cluster'] },
  async (t, cluster) => {
    const namespace = await cluster.namespace('servers');
    const { name, url } = await deployServer(cluster, { namespace, program: 'modern' });
    const isUp = async () => {
      const client = await modernClient(url);
      await client.close();
      return true;
    };
    const [pod] = await cluster.client.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace });
    if (!pod) throw new Error(`no pod of ${name}`);
    await cluster.stop('kube-apiserver');
    await t.rejects(cluster.client.raw('/readyz'), { code: 'ECONNREFUSED' }, 'the API server is gone');
    t.ok(await isUp(), 'the pod answers');
    await cluster.killContainer(namespace, pod.metadata.name, 'server');
    await t.rejects(isUp(), 'its container is gone');
    await until('the container to answer again', isUp, { deadlineMs: 60_000, everyMs: 100 });
    await cluster.start('kube-apiserver');
    const service = await cluster.client.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name: 'new' },
      spec: { ports: [{ port: 80 }] },
    });
    t.match(service, { spec: { clusterIP: /^10\./ } }, 'once it is back it gives addresses');
    const reference = { apiVersion: 'v1', kind: 'Pod', namespace, name: pod.metadata.name };
    const isRestarted = ({ status }: Pod) => status?.containerStatuses?.[0]?.restartCount === 1;
    await cluster.waitFor<Pod>(reference, isRestarted, { deadlineMs: 60_000 });
  },
);
