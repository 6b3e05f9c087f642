import type { Test } from 'tap';
import { until } from '../../../support/until.ts';
import { conditionOf, type KubeObject, type Reference } from '../../harness/kube-objects.ts';
import type { Product } from '../product.ts';
import { nameOf } from '../snapshot.ts';
import { ours, parts, readAll } from './parts.ts';

/** Each object of a Gateway that loses what shows whose it is has it back, or the Gateway's condition names it. */
export async function isRestoredOrNamed(t: Test, product: Product): Promise<void> {
  const gateway = await product.gateway({ namespace: await product.namespace('gateway') });
  const { client } = product.cluster;
  const references = parts(gateway).map(({ reference }) => reference);
  const before = await readAll(product, references);
  const losses: Record<string, keyof KubeObject['metadata']> = {
    labels: 'labels',
    annotations: 'annotations',
    'owner references': 'ownerReferences',
  };

  for (const [what, field] of Object.entries(losses)) {
    for (const reference of references) await lose(reference, field);
    const outcomes = await Promise.all(
      references.map(async (reference, index) => {
        const outcome = await restoredOrNamed(reference, before[index] as KubeObject);
        t.ok(outcome, `${reference.kind} ${reference.name} without ${what}: ${outcome}`);
        return outcome;
      }),
    );
    // As the condition says: delete it, and it is made anew.
    for (const [index, reference] of references.entries()) {
      if (outcomes[index] === 'named') await client.delete(reference);
    }
    await gateway.condition('Accepted', 'True');
    for (const [index, reference] of references.entries()) {
      await product.cluster.waitFor(reference, (object) => ours(object) === ours(before[index] as KubeObject));
    }
  }
  await gateway.untilReady();

  /** Writes it as often as somebody else is faster. */
  async function lose(reference: Reference, field: keyof KubeObject['metadata']): Promise<void> {
    for (let left = 10; ; left--) {
      const object = await product.cluster.waitFor(reference, () => true);
      try {
        const { [field]: _lost, ...metadata } = object.metadata;
        await client.replace({ ...object, metadata: metadata as KubeObject['metadata'] });
        return;
      } catch (error) {
        if (left === 0) throw error;
      }
    }
  }

  async function restoredOrNamed(reference: Reference, wanted: KubeObject): Promise<'restored' | 'named'> {
    const look = async () => {
      const accepted = conditionOf(await gateway.object(), 'Accepted');
      if (accepted?.status === 'False' && accepted.message?.includes(nameOf(reference))) return 'named';
      const object = await client.get(reference);
      if (!object || ours(object) !== ours(wanted)) return undefined;
      // By this Metacontroller knows what it made, and what it wanted of it last.
      const missing = Object.keys(wanted.metadata.annotations ?? {}).filter(
        (key) => object.metadata.annotations?.[key] === undefined,
      );
      return missing.length === 0 ? 'restored' : undefined;
    };
    return until(`${nameOf(reference)} to be restored or named`, look, {
      deadlineMs: 30_000,
      everyMs: 100,
      state: () => wanted,
    });
  }
}
