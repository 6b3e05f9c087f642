import { conditionOf, type Condition, type KubeObject, type Reference } from '../harness/kube-objects.ts';
import type { TestCluster } from '../harness/test-cluster.ts';
import type { WaitOptions } from '../harness/wait-for-object.ts';

/** What a Gateway's status says of one Service. */
export interface ServiceStatus {
  namespace: string;
  name: string;
  type: string;
  protocol?: 'mcp' | 'a2a';
  endpoint?: string;
  status: 'Available' | 'Pending' | 'Unavailable';
  reason?: string;
  message?: string;
  note?: string;
  toolCount?: number;
  toolsDigest?: string;
  skillCount?: number;
  lastUpdated: string;
}

/** A Gateway as the API server has it. */
export interface Gateway extends KubeObject {
  spec: Record<string, unknown>;
  status?: {
    address?: string;
    observedGeneration?: number;
    replicas?: number;
    selector?: string;
    serviceCount?: number;
    agentCount?: number;
    registryRevision?: string;
    conditions?: Condition[];
    mcpServices?: ServiceStatus[];
  };
}

/** A Gateway of a scenario. */
export class TestGateway {
  readonly #cluster: TestCluster;
  readonly name: string;
  readonly namespace: string;

  constructor(cluster: TestCluster, namespace: string, name: string) {
    this.#cluster = cluster;
    this.namespace = namespace;
    this.name = name;
  }

  /** What names the Gateway itself. */
  get reference(): Reference {
    return this.#named('gateways.fetchfy.ai/v1alpha1', 'Gateway', '');
  }

  /** What names an object of the workload, `<gateway>-mcp`, e.g. `workload('apps/v1', 'Deployment')`. */
  workload(apiVersion: string, kind: string): Reference {
    return this.#named(apiVersion, kind, '-mcp');
  }

  /** What names a ConfigMap of the registry: the index, or the shard with a number. */
  registry(shard?: number): Reference {
    return this.#named('v1', 'ConfigMap', shard === undefined ? '-registry' : `-registry-${shard}`);
  }

  /** The URL of /mcp under the Service's name in the cluster, or of a path below it: `url('/shop/dice')`. */
  url(path = '', { port = 8080, scheme = 'http' } = {}): string {
    return `${scheme}://${this.name}-mcp.${this.namespace}.svc.cluster.local:${port}/mcp${path}`;
  }

  /** The Gateway as it is now. */
  async object(): Promise<Gateway> {
    const found = await this.#cluster.client.get<Gateway>(this.reference);
    if (!found) throw new Error(`Gateway ${this.namespace}/${this.name} is gone`);
    return found;
  }

  /** Waits until the Gateway is as wanted; what `isAsWanted` throws counts as no. */
  async waitFor(isAsWanted: (gateway: Gateway) => boolean, options?: WaitOptions): Promise<Gateway> {
    return this.#cluster.waitFor<Gateway>(this.reference, isAsWanted, options);
  }

  /** Waits until a condition has a status and, if given, a message that matches. */
  async condition(
    type: string,
    status: Condition['status'],
    message: RegExp = /./,
    options?: WaitOptions,
  ): Promise<Condition> {
    const isSo = (gateway: Gateway) => {
      const condition = conditionOf(gateway, type);
      return condition?.status === status && message.test(condition.message ?? '');
    };
    const found = conditionOf(await this.waitFor(isSo, options), type);
    if (!found) throw new Error(`no condition ${type}`);
    return found;
  }

  /** Waits until the status lists a Service in a state, and gives what it says of it. */
  async service(
    namespace: string,
    name: string,
    isAsWanted: ServiceStatus['status'] | ((status: ServiceStatus) => boolean),
    options?: WaitOptions,
  ): Promise<ServiceStatus> {
    const find = ({ status }: Gateway) =>
      status?.mcpServices?.find((each) => each.namespace === namespace && each.name === name);
    const gateway = await this.waitFor((each) => {
      const found = find(each);
      if (!found) return false;
      return typeof isAsWanted === 'string' ? found.status === isAsWanted : isAsWanted(found);
    }, options);
    const found = find(gateway);
    if (!found) throw new Error(`no Service ${namespace}/${name} in the status`);
    return found;
  }

  /** Changes fields of the spec; null removes one. */
  async edit(spec: Record<string, unknown>): Promise<Gateway> {
    return this.#cluster.client.patch<Gateway>(this.reference, { spec });
  }

  /** `kubectl wait --for=condition=Ready mcpgw/NAME`, as users write it. */
  async untilReady({ timeoutSeconds = 60 } = {}): Promise<void> {
    const { namespace, name } = this;
    const wait = ['wait', '--for=condition=Ready', `mcpgw/${name}`, '-n', namespace, `--timeout=${timeoutSeconds}s`];
    try {
      await this.#cluster.kubectl(...wait);
    } catch (error) {
      const { status } = await this.object();
      throw new Error(`Gateway ${namespace}/${name} is not ready: ${JSON.stringify(status)}`, { cause: error });
    }
  }

  async delete(): Promise<void> {
    await this.#cluster.client.delete(this.reference);
  }

  #named(apiVersion: string, kind: string, suffix: string): Reference {
    return { apiVersion, kind, namespace: this.namespace, name: `${this.name}${suffix}` };
  }
}
