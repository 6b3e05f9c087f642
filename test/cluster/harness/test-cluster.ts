import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterDescription } from './cluster-description.ts';
import { until } from '../../support/until.ts';
import { run } from '../machine/command.ts';
import { containerdSocket, ctr } from '../parts/containerd.ts';
import { control, controlSocket, type ProgramName } from '../parts/control.ts';
import { KubeClient } from './kube-client.ts';
import type { KubeObject, Reference } from './kube-objects.ts';
import { forwardPort, type PortForward } from './port-forward.ts';
import { waitForObject, waitUntilGone, type WaitOptions } from './wait-for-object.ts';

/** The cluster as a scenario sees it. What a scenario makes through it is removed when the scenario has ended. */
export class TestCluster {
  readonly client: KubeClient;
  /** The namespaces that the scenario made. */
  readonly namespaces: string[] = [];
  readonly #description: ClusterDescription;
  readonly #stopped = new Set<ProgramName>();

  constructor(description: ClusterDescription) {
    this.client = new KubeClient(description);
    this.#description = description;
  }

  /**
   * Makes a namespace in which pods can be started.
   *
   * @param prefix of its name, to which something random is added
   */
  async namespace(prefix: string, labels: Record<string, string> = {}): Promise<string> {
    const name = `${prefix}-${randomBytes(3).toString('hex')}`;
    await this.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    this.namespaces.push(name);
    // Pods are refused until it has this.
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', name: 'default', namespace: name };
    await waitForObject(this.client, account, () => true, { everyMs: 20 });
    return name;
  }

  /** Waits until the object is as the condition wants it, and returns it. */
  async waitFor<T extends KubeObject = KubeObject>(
    reference: Reference,
    isAsWanted: (object: T) => boolean,
    options?: WaitOptions,
  ): Promise<T> {
    return waitForObject(this.client, reference, isAsWanted, options);
  }

  async waitUntilGone(reference: Reference, options?: WaitOptions): Promise<void> {
    return waitUntilGone(this.client, reference, options);
  }

  /** Whether the tests started it: then Services and pods can be reached from the test itself. */
  get isOwn(): boolean {
    return this.#description.own !== undefined;
  }

  /** Runs the real kubectl and gives its standard output. */
  async kubectl(...args: string[]): Promise<string> {
    const { kubectl, kubeconfig } = this.#description;
    return run(kubectl, ['--kubeconfig', kubeconfig, ...args]);
  }

  /** Runs kubectl on an object as it stands in a file: `kubectlOn(object, 'apply')`. */
  async kubectlOn(object: object, ...args: string[]): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'fetchfy-test-object-'));
    try {
      const file = join(folder, 'object.json');
      await writeFile(file, JSON.stringify(object));
      return await this.kubectl(...args, '--filename', file);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** Has a port of this machine lead to one of a pod: of the one that is named, or of one behind what is named. */
  forwardPort(namespace: string, target: string, port: number): Promise<PortForward> {
    const { kubectl, kubeconfig } = this.#description;
    return forwardPort([kubectl, '--kubeconfig', kubeconfig], namespace, target, port);
  }

  /** `kubectl apply -k` of a folder with a kustomization.yaml, as users install it. */
  async kubectlApply(folder: string): Promise<string> {
    return this.kubectl('apply', '-k', folder);
  }

  /** Whether Metacontroller's image is there. */
  get hasMetacontroller(): boolean {
    return this.#description.metacontroller;
  }

  /** Stops a program of the cluster at once, as a crash would; it is started again when the scenario ends, at the latest. */
  async stop(program: ProgramName): Promise<void> {
    this.#stopped.add(program);
    await control(controlSocket(this.#own().folder), program, 'stop');
  }

  /** Starts a program again, and does nothing if it runs. The API server is waited for until it can do all that it is for. */
  async start(program: ProgramName): Promise<void> {
    await control(controlSocket(this.#own().folder), program, 'start');
    this.#stopped.delete(program);
    if (program !== 'kube-apiserver' && program !== 'etcd') return;
    // It answers a second or more before it can do everything, such as give a Service an address.
    await until('the API server to be ready', () => this.client.raw('/readyz'), { deadlineMs: 60_000, everyMs: 50 });
  }

  /** Kills a pod's container without asking the API server, as the kernel does when memory runs out. */
  async killContainer(namespace: string, pod: string, container: string): Promise<void> {
    const { folder, path } = this.#own();
    const env = { ...process.env, PATH: path };
    const labels = { 'pod.namespace': namespace, 'pod.name': pod, 'container.name': container };
    const filter = Object.entries(labels).map(([name, value]) => `labels."io.kubernetes.${name}"==${value}`);
    const ids = (await ctr(folder, env, ['containers', 'ls', '--quiet', filter.join(',')])).split('\n').filter(Boolean);
    const running = (await ctr(folder, env, ['tasks', 'ls'])).split('\n').filter((line) => line.includes('RUNNING'));
    const id = ids.find((each) => running.some((line) => line.startsWith(each)));
    if (!id)
      throw new Error(`no container ${container} of pod ${namespace}/${pod} runs in ${containerdSocket(folder)}`);
    await ctr(folder, env, ['tasks', 'kill', '--signal', 'SIGKILL', id]);
  }

  /** Starts what the scenario stopped, and deletes what it made, without waiting for that. */
  async close(): Promise<void> {
    for (const program of this.#stopped) await this.start(program);
    for (const name of this.namespaces) await this.client.delete({ apiVersion: 'v1', kind: 'Namespace', name });
    await this.client.close();
  }

  #own(): NonNullable<ClusterDescription['own']> {
    const { own } = this.#description;
    if (!own) throw new Error("a scenario that disturbs the cluster must say needs: ['own cluster']");
    return own;
  }
}
