import type { Test } from 'tap';
import { until } from '../../../support/until.ts';
import type { KubeObject, Reference } from '../../harness/kube-objects.ts';
import type { ApplyStrategy } from '../controller.ts';
import { callText, type Product } from '../product.ts';
import { exclusiveEdit, ours, parts, readAll } from './parts.ts';

/** Each object of a Gateway, edited or deleted, is as it was, and clients are served. */
export async function isRestored(t: Test, product: Product, strategy: ApplyStrategy = 'dynamic-apply'): Promise<void> {
  const shop = await product.namespace('shop');
  const [gateway] = await Promise.all([
    product.gateway({ namespace: await product.namespace('gateway') }),
    product.server({ namespace: shop, program: 'modern', name: 'dice' }),
  ]);
  await gateway.service(shop, 'dice', 'Available');
  const { client } = product.cluster;
  const all = parts(gateway);
  const references = all.map(({ reference }) => reference);
  const before = await readAll(product, references);
  const isRestored = (index: number) => (object: KubeObject) => ours(object) === ours(before[index] as KubeObject);

  let begun = performance.now();
  for (const { reference, edit } of all) await client.patch(reference, edit);
  await Promise.all(
    references.map(async (reference, index) => {
      await product.cluster.waitFor(reference, isRestored(index));
      t.pass(`${reference.kind} ${reference.name}, edited, is restored`);
    }),
  );
  t.comment(`edits of ${all.length} objects → restored: ${(performance.now() - begun).toFixed(0)} ms`);

  const named = gateway.workload('v1', 'Service');
  await patch(named, { spec: { type: 'ExternalName', externalName: 'example.com' } });
  await product.cluster.waitFor(named, isRestored(references.findIndex(({ kind }) => kind === 'Service')));
  t.pass('the Service, made the name of another host, has its pods again');
  await restoresExclusiveEdit();

  begun = performance.now();
  for (const reference of references) await client.delete(reference);
  await Promise.all(
    references.map(async (reference, index) => {
      const restored = await product.cluster.waitFor(reference, isRestored(index));
      t.not(
        restored.metadata.uid,
        before[index]?.metadata.uid,
        `${reference.kind} ${reference.name}, deleted, is back`,
      );
    }),
  );
  t.comment(`deletion of ${all.length} objects → back: ${(performance.now() - begun).toFixed(0)} ms`);

  await servesNew('cards');

  // Its pods hold tokens of the account that is gone.
  await client.delete(gateway.workload('v1', 'ServiceAccount'));
  await servesNew('coins');

  /** As `kubectl patch` does: items of lists are found by their names. */
  async function patch({ kind, namespace = '', name }: Reference, change: object): Promise<void> {
    await product.cluster.kubectl('patch', '-n', namespace, `${kind}/${name}`, '--patch', JSON.stringify(change));
  }

  async function restoresExclusiveEdit(): Promise<void> {
    const reference = gateway.workload('apps/v1', 'Deployment');
    await patch(reference, exclusiveEdit);
    if (strategy === 'dynamic-apply') {
      await product.cluster.waitFor(reference, isRestored(references.findIndex(({ kind }) => kind === 'Deployment')));
      t.pass('what excludes something of ours in the pods is taken back');
      return;
    }
    const edits =
      /edited.*\(readinessProbe, livenessProbe, lifecycle, variable FETCHFY_LISTEN, volume keys\).*delete it/;
    await gateway.condition('Progressing', 'True', edits);
    await gateway.condition('Ready', 'True', edits);
    t.pass('what cannot be taken back in the pods is named, and the pods that are there serve on');
  }

  async function servesNew(name: string): Promise<void> {
    await product.service(shop, name, { app: 'dice' });
    await gateway.service(shop, name, 'Available', { deadlineMs: 90_000 });
    await gateway.condition('Accepted', 'True');
    await gateway.condition('Ready', 'True', /is ready with \d+ services$/, { deadlineMs: 60_000 });
    // kube-proxy is a moment behind: a session may have begun with a pod that ends. A client begins anew then.
    const answers = async () => {
      const session = await product.client(gateway.url());
      return [
        await callText(session, `${name}_echo`, { text: 'two' }),
        await callText(session, 'dice_echo', { text: 'six' }),
      ];
    };
    const answered = await until(`${name} and dice to be called`, answers, { deadlineMs: 30_000, everyMs: 200 });
    t.strictSame(answered, ['two', 'six'], `a new Service ${name} is served beside the one that was there`);
  }
}
