import { legacyClient } from '../../support/clients.ts';
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

scenario('an MCP server in a pod answers a test under its Service name', { needs: ['servers'] }, async (t, cluster) => {
  const namespace = await cluster.namespace('servers');
  const { url } = await deployServer(cluster, { namespace, program: 'everything' });
  const client = await legacyClient(url);
  t.teardown(() => client.close());
  const { tools } = await client.listTools();
  t.ok(
    tools.some(({ name }) => name === 'echo'),
    'its tools are listed',
  );
});

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
    t.match(output, /^200 /);
    t.match(output, /"serverInfo":/);
  },
);
