import { randomBytes } from 'node:crypto';
import { imageNames } from '../build/images.ts';
import type { Pod } from './kube-objects.ts';
import { restrictedContainer, restrictedPod } from './restricted.ts';
import type { TestCluster } from './test-cluster.ts';

/**
 * Runs a script of JavaScript (a module) in a pod of its own to its end, and gives what it printed.
 *
 * @throws Error with what it printed, if it fails
 */
export async function runInPod(
  cluster: TestCluster,
  namespace: string,
  script: string,
  options: { labels?: Record<string, string>; deadlineMs?: number; image?: string } = {},
): Promise<string> {
  const name = `script-${randomBytes(3).toString('hex')}`;
  await cluster.client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: options.labels ?? {} },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: restrictedPod,
      containers: [
        {
          name: 'script',
          image: options.image ?? imageNames.base,
          command: ['node', '--input-type=module', '--eval', script],
          securityContext: restrictedContainer,
        },
      ],
    },
  });
  const reference = { apiVersion: 'v1', kind: 'Pod', namespace, name };
  const hasEnded = ({ status }: Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const pod = await cluster.waitFor<Pod>(reference, hasEnded, { deadlineMs: options.deadlineMs ?? 60_000 });
  const output = await cluster.client.logs(namespace, name);
  if (pod.status?.phase === 'Failed') throw new Error(`the script in pod ${namespace}/${name} failed:\n${output}`);
  return output;
}
