import { isDeepStrictEqual } from 'node:util';
import { objectKey } from '../../hooks/metacontroller/objects.ts';
import { namespaces } from '../cluster-types.ts';
import type { MemoryStore } from '../driver/memory-store.ts';
import type { StoredObject } from '../driver/store.ts';
import type { FiledManifest, FolderContent } from './folder.ts';

/** What happened to one object because its manifest did. */
export interface AppliedChange {
  readonly kind: 'added' | 'changed' | 'deleted';
  readonly manifest: FiledManifest;
}

/** Keeps a store in step with a folder: what stands in a manifest is there, what stood in one and is gone is deleted. */
export class ManifestApplier {
  readonly #store: MemoryStore;
  #applied: ReadonlyMap<string, FiledManifest> = new Map();

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  /** @returns the changes, in the order of the folder, deletions last */
  async apply({ manifests }: FolderContent): Promise<AppliedChange[]> {
    const changes: AppliedChange[] = [];
    for (const manifest of manifests.values()) {
      await this.#ensureNamespace(manifest);
      if (await this.#write(manifest)) {
        changes.push({ kind: this.#wasApplied(manifest) ? 'changed' : 'added', manifest });
      }
    }
    for (const [key, manifest] of this.#applied) {
      if (manifests.has(key)) continue;
      const object = this.#find(manifest);
      if (object !== undefined) await this.#store.delete(manifest.type, object);
      changes.push({ kind: 'deleted', manifest });
    }
    this.#applied = manifests;
    return changes;
  }

  #wasApplied({ type, object }: FiledManifest): boolean {
    const applied = [...this.#applied.values()];
    return applied.some((before) => before.type === type && objectKey(before.object) === objectKey(object));
  }

  #find({ type, object }: FiledManifest): StoredObject | undefined {
    return this.#store
      .list(type, object.metadata.namespace)
      .find(({ metadata }) => metadata.name === object.metadata.name);
  }

  /** Whether anything changed. */
  async #write(manifest: FiledManifest): Promise<boolean> {
    const { type, object } = manifest;
    const current = this.#find(manifest);
    if (current === undefined) {
      await this.#store.create(type, object);
      return true;
    }
    const { uid, resourceVersion, generation, ownerReferences } = current.metadata;
    const kept = { uid, resourceVersion, ...(generation === undefined ? {} : { generation }) };
    const owners = ownerReferences === undefined ? {} : { ownerReferences };
    const wanted = { ...object, metadata: { ...object.metadata, ...kept, ...owners } };
    const result = await this.#store.update(type, wanted);
    return !isDeepStrictEqual(result.metadata.resourceVersion, resourceVersion);
  }

  /** A folder says nothing of namespaces unless their labels matter; those that it uses are there. */
  async #ensureNamespace({ object }: FiledManifest): Promise<void> {
    const { namespace } = object.metadata;
    if (namespace === undefined || this.#store.list(namespaces).some(({ metadata }) => metadata.name === namespace))
      return;
    const labels = { 'kubernetes.io/metadata.name': namespace };
    await this.#store.create(namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels },
    });
  }
}
