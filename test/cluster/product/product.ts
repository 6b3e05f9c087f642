import { randomBytes } from 'node:crypto';
import { clientOf, type TestClient } from '../../support/clients.ts';
import { until } from '../../support/until.ts';
import { deployServer, type DeployedServer, type ServerOptions } from '../harness/server-workload.ts';
import type { KubeObject, Reference } from '../harness/kube-objects.ts';
import type { PortForward } from '../harness/port-forward.ts';
import type { TestCluster } from '../harness/test-cluster.ts';
import { waitUntilReachable } from '../harness/reachable.ts';
import type { Controller } from './controller.ts';
import { TestGateway, type Gateway } from './gateway.ts';

/** The label that the registry looks for by default. */
export const mcpEnabled = { 'mcp-enabled': 'true' };

const SCENARIO_LABEL = 'fetchfy-test';

export interface GatewayOptions {
  namespace: string;
  /** `main` if absent. */
  name?: string;
  /** Without a namespaceSelector it selects among the scenario's own namespaces alone. */
  spec?: Record<string, unknown>;
  /** Return at once, not when it is ready. */
  noWait?: boolean;
}

export interface ServiceOptions {
  app?: string;
  labels?: Record<string, string>;
  /** By their names without the prefix: `{ port: 'api' }`. */
  annotations?: Record<string, string>;
  /** Fields of the spec that are to be otherwise. */
  spec?: Record<string, unknown>;
}

/** Fetchfy, installed in the cluster, as a scenario sees it. What a scenario opens or makes is gone when it has ended. */
export class Product {
  readonly cluster: TestCluster;
  readonly controller: Controller;
  readonly #id = randomBytes(3).toString('hex');
  readonly #clients: TestClient[] = [];
  readonly #forwards: PortForward[] = [];
  readonly #gateways: TestGateway[] = [];

  constructor(cluster: TestCluster, controller: Controller) {
    this.cluster = cluster;
    this.controller = controller;
  }

  /** What the scenario's namespaces have in common, so that its Gateways see no others. */
  get namespaceLabels(): Record<string, string> {
    return { [SCENARIO_LABEL]: this.#id };
  }

  /** Makes a namespace that admits only pods of the restricted profile. */
  async namespace(prefix: string, labels: Record<string, string> = {}): Promise<string> {
    const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    return this.cluster.namespace(prefix, { ...restricted, ...this.namespaceLabels, ...labels });
  }

  /** Makes a Gateway and waits, unless told otherwise, until it is ready and its Service answers. */
  async gateway({ namespace, name = 'main', spec = {}, noWait = false }: GatewayOptions): Promise<TestGateway> {
    const gateway = new TestGateway(this.cluster, namespace, name);
    this.#gateways.push(gateway);
    const object: Gateway = {
      apiVersion: 'gateways.fetchfy.ai/v1alpha1',
      kind: 'Gateway',
      metadata: { namespace, name },
      spec: { namespaceSelector: { matchLabels: this.namespaceLabels }, ...spec },
    };
    await this.cluster.client.create(object);
    if (noWait) return gateway;
    await gateway.untilReady();
    const { hostname, port } = new URL(gateway.url('', { port: Number(spec['mcpPort'] ?? 8080) }));
    await waitUntilReachable(this.cluster, namespace, hostname, Number(port));
    return gateway;
  }

  /** Runs an MCP server whose Service has the label that the registry looks for. */
  async server(options: ServerOptions): Promise<DeployedServer> {
    return deployServer(this.cluster, { ...options, labels: { ...mcpEnabled, ...options.labels } });
  }

  /** Makes one more Service with the registry's label, by default over the pods that a server's Deployment `app` runs. */
  async service(
    namespace: string,
    name: string,
    { app = name, labels = {}, annotations = {}, spec = {} }: ServiceOptions = {},
  ): Promise<KubeObject> {
    return this.cluster.client.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name, labels: { ...mcpEnabled, ...labels }, annotations: named(annotations) },
      spec: { selector: { app }, ports: [{ name: 'mcp', port: 80, targetPort: 8080 }], ...spec },
    });
  }

  /** Changes a Service's labels; null takes one away. */
  async label(namespace: string, service: string, labels: Record<string, string | null>): Promise<void> {
    await this.cluster.client.patch(serviceReference(namespace, service), { metadata: { labels } });
  }

  /** Changes a Service's annotations, named without their prefix; null takes one away. */
  async annotate(namespace: string, service: string, annotations: Record<string, string | null>): Promise<void> {
    await this.cluster.client.patch(serviceReference(namespace, service), {
      metadata: { annotations: named(annotations) },
    });
  }

  /** Has a port of this machine lead to one of a pod, until the scenario has ended. */
  async forwardPort(namespace: string, target: string, port: number): Promise<PortForward> {
    const forward = await this.cluster.forwardPort(namespace, target, port);
    this.#forwards.push(forward);
    return forward;
  }

  /** Connects a client of an era. It is closed when the scenario has ended. */
  async client(url: string, era: keyof typeof clientOf = 'legacy'): Promise<TestClient> {
    const client = await clientOf[era](url);
    this.#clients.push(client);
    return client;
  }

  /** What is to be known of a scenario that failed: its Gateways' status, and what the controller wrote last. */
  async describe(): Promise<string> {
    const statuses = await Promise.all(
      this.#gateways.map(async (gateway) => {
        const object = await this.cluster.client.get<Gateway>(gateway.reference).catch(String);
        return `Gateway ${gateway.namespace}/${gateway.name}: ${JSON.stringify(object)}`;
      }),
    );
    const log = await this.controller.log().catch((error: Error) => [error.message]);
    const last = log
      .filter((line) => this.cluster.namespaces.some((namespace) => line.includes(namespace)))
      .slice(-10)
      .map((line) => line.slice(0, 600));
    return [...statuses, `The controller is ${this.controller.description}; its last lines:`, ...last].join('\n');
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close().catch(() => {})));
    await Promise.all(this.#forwards.map((forward) => forward.close()));
  }
}

export function serviceReference(namespace: string, name: string): Reference {
  return { apiVersion: 'v1', kind: 'Service', namespace, name };
}

function named<T>(annotations: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`mcp.fetchfy.ai/${name}`, value]));
}

/** The tools that a client is offered, as the gateway has them now: the modern SDK keeps a list for as long as it was told it may. */
export async function toolNames(client: TestClient): Promise<string[]> {
  const { tools } = await client.listTools(undefined, { cacheMode: 'refresh' } as object);
  return tools.map(({ name }) => name);
}

/** Waits until the client is offered a tool, or no more. */
export async function untilTool(client: TestClient, tool: string, isThere = true, deadlineMs = 10_000): Promise<void> {
  let seen: string[] = [];
  await until(
    `${tool} to be ${isThere ? 'listed' : 'gone'}`,
    async () => (seen = await toolNames(client)).includes(tool) === isThere,
    { deadlineMs, everyMs: 50, state: () => seen },
  );
}

/** The text that a tool answers. */
export async function callText(client: TestClient, name: string, args: Record<string, unknown>): Promise<string> {
  const result = (await client.callTool({ name, arguments: args })) as {
    content: { text?: string }[];
    isError?: boolean;
  };
  const text = result.content[0]?.text ?? '';
  if (result.isError) throw new Error(`${name} failed: ${text}`);
  return text;
}
