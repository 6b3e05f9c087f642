import t, { type Test } from 'tap';
import { readClusterDescription } from './cluster-description.ts';
import { describeNamespace } from './describe-namespace.ts';
import type { ImageTitle } from '../build/images.ts';
import { TestCluster } from './test-cluster.ts';

/** What a scenario cannot do without: an image, or a cluster that is ours to disturb. */
export type Need = ImageTitle | 'own cluster';

const description = readClusterDescription();
const missing = process.env['FETCHFY_TEST_CLUSTER_MISSING'];

/**
 * A test in the cluster, as `t.test` is one without. It is skipped, with the reason, where there is no cluster or what it
 * needs was not handed in; it fails where an image that it needs could not be built. When it fails, what happened in its
 * namespaces is printed.
 */
export function scenario(
  name: string,
  { needs = [], timeoutMs = 300_000 }: { needs?: Need[]; timeoutMs?: number },
  body: (t: Test, cluster: TestCluster) => Promise<void>,
): void {
  const skip = reasonToSkip(needs);
  void t.test(name, { timeout: timeoutMs, skip: skip ?? false }, async (t) => {
    if (!description) return;
    for (const need of needs) {
      const error = need === 'own cluster' ? undefined : description.imageErrors[need];
      if (error) throw new Error(`the ${need} image could not be built: ${error}`);
    }
    const cluster = new TestCluster(description);
    try {
      await body(t, cluster);
      if (!t.passing()) await explain(t, cluster);
    } catch (error) {
      await explain(t, cluster);
      throw error;
    } finally {
      await cluster.close();
    }
  });
}

async function explain(t: Test, cluster: TestCluster): Promise<void> {
  for (const namespace of cluster.namespaces) {
    t.comment(await describeNamespace(cluster.client, namespace).catch((error: Error) => error.message));
  }
}

function reasonToSkip(needs: Need[]): string | undefined {
  if (missing) return missing;
  if (!description) return 'it needs a cluster: run it by node test/cluster/main.ts FILE';
  if (!description.own && needs.includes('own cluster')) return 'it would disturb others in the cluster that was named';
  if (!description.metacontroller && needs.includes('metacontroller')) {
    return 'only the real Metacontroller can show it, and none was handed in (FETCHFY_TEST_METACONTROLLER)';
  }
  return undefined;
}
