import { isDeepStrictEqual } from 'node:util';
import { objectKey, type KubernetesObject } from '../../hooks/metacontroller/objects.ts';
import {
  describe,
  isType,
  StoreError,
  type Change,
  type ResourceType,
  type Store,
  type StoredMeta,
  type StoredObject,
  type TypeName,
} from './store.ts';

/**
 * A store in memory. Objects get no creationTimestamp, since a folder of manifests knows none: where age decides, all are of
 * one age and their names do.
 */
export class MemoryStore implements Store {
  readonly #types: readonly ResourceType[];
  readonly #objects = new Map<ResourceType, Map<string, StoredObject>>();
  readonly #listeners: ((change: Change) => void)[] = [];
  #revision = 0;
  #uids = 0;

  constructor(types: readonly ResourceType[]) {
    this.#types = types;
    for (const type of types) this.#objects.set(type, new Map());
  }

  async typeOf(name: TypeName): Promise<ResourceType | undefined> {
    return this.type(name);
  }

  /** As `typeOf`, at once. */
  type(name: TypeName): ResourceType | undefined {
    return this.#types.find((type) => isType(type, name));
  }

  async observe(): Promise<void> {
    // Everything in memory is seen as it is.
  }

  list(type: ResourceType, namespace?: string): readonly StoredObject[] {
    const all = [...this.#of(type).values()];
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  async create(type: ResourceType, object: KubernetesObject): Promise<void> {
    const objects = this.#of(type);
    const key = objectKey(object);
    if (objects.has(key)) throw new StoreError('AlreadyExists', `${describe(object)} already exists.`);
    if (type.namespaced !== (object.metadata.namespace !== undefined)) {
      const expected = type.namespaced ? 'needs a namespace' : 'must not have a namespace';
      throw new StoreError('Invalid', `${describe(object)} ${expected}.`);
    }
    const identity = { uid: `local-${++this.#uids}`, resourceVersion: this.#nextRevision(), generation: 1 };
    const metadata: StoredMeta = { ...object.metadata, ...identity };
    const content: Record<string, unknown> = { ...object };
    // The API server drops a status that is given at creation.
    if (type.statusSubresource) delete content['status'];
    this.#put(type, key, { ...content, apiVersion: object.apiVersion, kind: object.kind, metadata });
  }

  async update(type: ResourceType, object: StoredObject): Promise<StoredObject> {
    const current = this.#current(type, object);
    const replaced: Record<string, unknown> = { ...object };
    if (type.statusSubresource) {
      if (current['status'] === undefined) delete replaced['status'];
      else replaced['status'] = current['status'];
    }
    return this.#replace(type, current, replaced as StoredObject);
  }

  async updateStatus(type: ResourceType, object: StoredObject): Promise<StoredObject> {
    const current = this.#current(type, object);
    return this.#replace(type, current, { ...current, status: object['status'] });
  }

  async delete(type: ResourceType, object: StoredObject): Promise<void> {
    const current = this.#of(type).get(objectKey(object));
    if (current === undefined) throw new StoreError('NotFound', `${describe(object)} does not exist.`);
    if (current.metadata.uid !== object.metadata.uid) {
      throw new StoreError('Conflict', `${describe(object)} is another one by now.`);
    }
    this.#remove(type, current);
  }

  #of(type: ResourceType): Map<string, StoredObject> {
    const objects = this.#objects.get(type);
    if (objects === undefined)
      throw new StoreError('NotFound', `No type ${type.resource}.${type.apiVersion} is kept here.`);
    return objects;
  }

  #nextRevision(): string {
    return String(++this.#revision);
  }

  #current(type: ResourceType, object: StoredObject): StoredObject {
    const current = this.#of(type).get(objectKey(object));
    if (current === undefined) throw new StoreError('NotFound', `${describe(object)} does not exist.`);
    const { uid, resourceVersion } = current.metadata;
    if (object.metadata.uid !== uid || object.metadata.resourceVersion !== resourceVersion) {
      throw new StoreError('Conflict', `${describe(object)} has changed since it was read.`);
    }
    return current;
  }

  #replace(type: ResourceType, current: StoredObject, wanted: StoredObject): StoredObject {
    if (isDeepStrictEqual(current, wanted)) return current;
    const { generation = 1 } = current.metadata;
    const metadata: StoredMeta = {
      ...wanted.metadata,
      uid: current.metadata.uid,
      resourceVersion: this.#nextRevision(),
      generation: isDeepStrictEqual(generated(current), generated(wanted)) ? generation : generation + 1,
    };
    return this.#put(type, objectKey(current), { ...wanted, metadata }, current);
  }

  #put(type: ResourceType, key: string, object: StoredObject, before?: StoredObject): StoredObject {
    // Frozen, since readers share it: a hook that changed what it is shown would change the store.
    const after = deepFreeze(structuredClone(object));
    this.#of(type).set(key, after);
    this.#tell(before === undefined ? { type, after } : { type, before, after });
    return after;
  }

  #remove(type: ResourceType, object: StoredObject): void {
    if (!this.#of(type).delete(objectKey(object))) return;
    this.#tell({ type, before: object });
    this.#collectGarbage(object.metadata.uid);
  }

  /** As Kubernetes' garbage collector: what has lost its last owner goes too. */
  #collectGarbage(uid: string): void {
    for (const [type, objects] of this.#objects) {
      for (const object of objects.values()) {
        const owners = object.metadata.ownerReferences ?? [];
        if (owners.some((owner) => owner.uid === uid) && !owners.some((owner) => this.#lives(owner.uid))) {
          this.#remove(type, object);
        }
      }
    }
  }

  #lives(uid: string): boolean {
    for (const objects of this.#objects.values()) {
      for (const object of objects.values()) if (object.metadata.uid === uid) return true;
    }
    return false;
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** What counts for `generation`: all but metadata and status. */
function generated(object: StoredObject): Record<string, unknown> {
  const content: Record<string, unknown> = { ...object };
  delete content['metadata'];
  delete content['status'];
  return content;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
