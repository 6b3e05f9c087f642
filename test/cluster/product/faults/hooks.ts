import { setTimeout as delay } from 'node:timers/promises';
import { imageNames } from '../../build/images.ts';
import { conditionOf, type KubeObject, type Pod } from '../../harness/kube-objects.ts';
import { restrictedContainer, restrictedPod } from '../../harness/restricted.ts';
import type { TestCluster } from '../../harness/test-cluster.ts';
import { podsOf, rollout, untilPodsGone } from './workloads.ts';

const NAMESPACE = 'fetchfy-system';
const NAME = 'fetchfy-hooks';
const LABEL = 'app.kubernetes.io/name';

interface Deployment extends KubeObject {
  status?: { readyReplicas?: number };
}

/** Takes all pods of the hooks away; Metacontroller finds nobody to ask. */
export async function takeHooksAway(cluster: TestCluster): Promise<void> {
  const pods = await podsOf(cluster, NAMESPACE, `${LABEL}=${NAME}`);
  await cluster.kubectl('scale', '-n', NAMESPACE, `deployment/${NAME}`, '--replicas=0');
  await untilPodsGone(cluster, pods);
}

/** Brings them back, as many as the manifests say, and returns when the first is ready. */
export async function bringHooksBack(cluster: TestCluster): Promise<void> {
  await cluster.kubectl('scale', '-n', NAMESPACE, `deployment/${NAME}`, '--replicas=2');
  const reference = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: NAMESPACE, name: NAME };
  const hasOne = ({ status }: Deployment) => (status?.readyReplicas ?? 0) > 0;
  await cluster.waitFor<Deployment>(reference, hasOne, { deadlineMs: 120_000, everyMs: 50 });
}

/** Waits until all pods of the hooks are ready. */
export async function untilHooksComplete(cluster: TestCluster): Promise<void> {
  await rollout(cluster, NAMESPACE, NAME);
}

/** A hook that the impostor was asked, and what became of it. */
export interface AskedHook {
  readonly path: string;
  /** Of the Gateway that it was asked for. */
  readonly namespace: string;
  /** `failed`: it was answered 500; `given up`: the caller went away without an answer. */
  readonly end: 'failed' | 'given up';
}

const impostorScript = (answer: 'fails' | 'hangs'): string => `
  import { createServer } from 'node:http';
  createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk)).on('end', () => {
      const body = JSON.parse(text);
      const { namespace } = (body.parent ?? body.object).metadata;
      const tell = (end) => console.log(JSON.stringify({ path: request.url, namespace, end }));
      if (${answer === 'fails'}) response.writeHead(500).end('broken', () => tell('failed'));
      else response.on('close', () => tell('given up'));
    });
  }).listen(8080, '0.0.0.0');
  process.on('SIGTERM', () => process.exit(0));`;

/**
 * Has the hooks' Service lead to a pod that answers every call with 500, or never. `restore` leads it back.
 *
 * @returns what it was asked so far
 */
export async function replaceHooks(
  cluster: TestCluster,
  answer: 'fails' | 'hangs',
): Promise<{ asked(): Promise<AskedHook[]>; restore(): Promise<void> }> {
  const name = `impostor-${answer}`;
  const pod = { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name };
  const service = { apiVersion: 'v1', kind: 'Service', namespace: NAMESPACE, name: NAME };
  await cluster.client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: NAMESPACE, name, labels: { impostor: answer } },
    spec: {
      automountServiceAccountToken: false,
      securityContext: restrictedPod,
      containers: [
        {
          name: 'impostor',
          image: imageNames.base,
          command: ['node', '--input-type=module', '--eval', impostorScript(answer)],
          ports: [{ name: 'http', containerPort: 8080 }],
          readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
          securityContext: restrictedContainer,
        },
      ],
    },
  });
  await cluster.waitFor<Pod>(pod, (found) => conditionOf(found, 'Ready')?.status === 'True', { deadlineMs: 60_000 });
  const hooks = await podsOf(cluster, NAMESPACE, `${LABEL}=${NAME}`);
  await cluster.client.patch(service, { spec: { selector: { [LABEL]: null, impostor: answer } } });
  // A connection that is open goes on leading to where it did: the pods at their ends are replaced.
  for (const { metadata } of hooks) {
    const reference = { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name: metadata.name };
    await cluster.client.delete(reference, { gracePeriodSeconds: 1 });
  }
  await untilPodsGone(cluster, hooks);
  return {
    async asked() {
      const log = await cluster.client.logs(NAMESPACE, name);
      return log
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as AskedHook);
    },
    async restore() {
      await cluster.client.patch(service, { spec: { selector: { [LABEL]: NAME, impostor: null } } });
      await cluster.client.delete(pod, { gracePeriodSeconds: 1 });
    },
  };
}

/** Lets a fault last, for as long as all goes well: the first wrong ends it. */
export async function lasts(seconds: number, since: number, wrong: () => readonly string[]): Promise<void> {
  const end = since + seconds * 1000;
  while (performance.now() < end && wrong().length === 0) await delay(100);
}
