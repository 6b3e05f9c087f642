import { conditionOf, type KubeObject } from './kube-objects.ts';
import { imageNames } from '../build/images.ts';
import { waitUntilReachable } from './reachable.ts';
import { restrictedContainer, restrictedPod } from './restricted.ts';
import type { TestCluster } from './test-cluster.ts';

export interface ServerOptions {
  namespace: string;
  /** Of the Deployment and the Service; the program's name if absent. */
  name?: string;
  /** A program of test/support/servers, or of another folder: NAME.ts, or python. */
  program: string;
  /** `agents`: the program is an A2A agent of test/support/agents. */
  folder?: 'servers' | 'agents';
  /** The program's own options. */
  args?: string[];
  replicas?: number;
  /** Of the Service. */
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  /** Fields of the Service's spec that are to be otherwise. */
  service?: Record<string, unknown>;
  /** Return at once, not when its pods are ready. */
  noWait?: boolean;
}

export interface DeployedServer {
  name: string;
  namespace: string;
  /** Under which it is reached from pods and from the test itself; an agent's is that below which its card is. */
  url: string;
  deployment: KubeObject;
  service: KubeObject;
}

const port = 8080;

/** Runs an MCP server, or an agent, as a Deployment with a Service on port 80, and waits until it is available. */
export async function deployServer(cluster: TestCluster, options: ServerOptions): Promise<DeployedServer> {
  const { namespace, program, name = program, folder = 'servers', replicas = 1 } = options;
  const { client } = cluster;
  const deployment = await client.apply(deploymentOf(name, options));
  const service = await client.apply(serviceOf(name, options));
  if (!options.noWait && replicas > 0) {
    const reference = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name };
    await cluster.waitFor(reference, (found) => conditionOf(found, 'Available')?.status === 'True', {
      deadlineMs: 60_000,
    });
  }
  const host = `${name}.${namespace}.svc.cluster.local`;
  if (!options.noWait && replicas > 0) await waitUntilReachable(cluster, namespace, host, 80);
  const url = folder === 'agents' ? `http://${host}/` : `http://${host}/mcp`;
  return { name, namespace, url, deployment, service };
}

function serviceOf(name: string, options: ServerOptions): KubeObject {
  const { namespace, folder, labels = {}, annotations = {}, service } = options;
  const portName = folder === 'agents' ? 'a2a' : 'mcp';
  const spec = { selector: { app: name }, ports: [{ name: portName, port: 80, targetPort: port }], ...service };
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name, labels, annotations }, spec };
}

function deploymentOf(name: string, options: ServerOptions): KubeObject {
  const { namespace, program, folder = 'servers', args = [], replicas = 1 } = options;
  const python = folder === 'agents' ? 'agents/python/agent.py' : 'servers/python/server.py';
  const command = program === 'python' ? ['venv/bin/python', python] : ['node', `${folder}/${program}.ts`];
  // The one that is not ours listens on all addresses, and has no such option; to Python `::` is IPv6 alone.
  const addresses = program === 'python' ? '0.0.0.0' : '::';
  const host = program === 'everything' ? [] : ['--host', addresses];
  const container = {
    name: 'server',
    image: program === 'python' ? imageNames.python : imageNames.servers,
    command: [...command, '--port', String(port), ...host, ...args],
    ports: [{ containerPort: port }],
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
    securityContext: restrictedContainer,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [container], securityContext: restrictedPod, automountServiceAccountToken: false },
      },
    },
  };
}
