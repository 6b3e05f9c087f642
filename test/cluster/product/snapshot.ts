import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '../harness/kube-client.ts';
import type { KubeObject, Reference } from '../harness/kube-objects.ts';

/** Objects as they are to the byte, without their resourceVersion; what is not there is told as such. */
export async function snapshot(client: KubeClient, references: readonly Reference[]): Promise<Record<string, string>> {
  const texts = references.map(async (reference): Promise<[string, string]> => {
    const object = await client.get(reference);
    return [nameOf(reference), object ? JSON.stringify(withoutVersion(object), null, 1) : 'not there'];
  });
  return Object.fromEntries(await Promise.all(texts));
}

/** `Service shop/dice`, for messages. */
export function nameOf({ kind, namespace, name }: Reference): string {
  return `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
}

/** The kinds of all objects that a Gateway is made of. */
export const productKinds = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
] as const;

/** What Kubernetes itself makes of them. */
const derivedKinds = [
  { apiVersion: 'v1', kind: 'Pod' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
] as const;

/**
 * The objects of a Gateway's kinds in a namespace that are not there in every namespace.
 *
 * @param derived also what Kubernetes makes of them: pods, replica sets, endpoint slices
 */
export async function objectsIn(client: KubeClient, namespace: string, derived = false): Promise<KubeObject[]> {
  const kinds = derived ? [...productKinds, ...derivedKinds] : productKinds;
  const lists = await Promise.all(kinds.map((kind) => client.list(kind, { namespace })));
  const isInEvery = (object: KubeObject) =>
    ['kube-root-ca.crt', 'default'].includes(object.metadata.name) && object.metadata.ownerReferences === undefined;
  return lists.flat().filter((object) => !isInEvery(object));
}

/**
 * Looks again and again for a time whether something stays true.
 *
 * @param check gives what is wrong, or nothing
 * @returns the first wrong that was seen
 */
export async function firstWrong<T>(
  check: () => T | undefined | Promise<T | undefined>,
  forMs: number,
  everyMs = 250,
): Promise<T | undefined> {
  const end = performance.now() + forMs;
  do {
    const wrong = await check();
    if (wrong !== undefined) return wrong;
    await delay(everyMs);
  } while (performance.now() < end);
  return undefined;
}

function withoutVersion(object: KubeObject): KubeObject {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
