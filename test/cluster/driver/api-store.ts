import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import {
  isType,
  StoreError,
  type Change,
  type ResourceType,
  type Store,
  type StoreErrorReason,
  type StoredObject,
  type TypeName,
} from '../../../local/driver/store.ts';
import { Informer } from './informer.ts';
import { KubeHttp, StatusError, type KubeAccess } from './kube-http.ts';

interface ApiResourceList {
  readonly resources: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/** A cluster as the driver's store: objects are read from watches and written to the API server. */
export class ApiStore implements Store {
  readonly #http: KubeHttp;
  readonly #types = new Map<string, readonly ResourceType[]>();
  readonly #informers = new Map<ResourceType, Informer>();
  readonly #listeners: ((change: Change) => void)[] = [];

  constructor(access: KubeAccess) {
    this.#http = new KubeHttp(access);
  }

  async typeOf(name: TypeName): Promise<ResourceType | undefined> {
    const known = this.#types.get(name.apiVersion)?.find((type) => isType(type, name));
    if (known !== undefined) return known;
    await this.#discover(name.apiVersion);
    return this.#types.get(name.apiVersion)?.find((type) => isType(type, name));
  }

  async observe(type: ResourceType): Promise<void> {
    let informer = this.#informers.get(type);
    if (informer === undefined) {
      informer = new Informer(this.#http, type, collection(type), (change) => {
        for (const listener of this.#listeners) listener(change);
      });
      this.#informers.set(type, informer);
    }
    await informer.synced;
  }

  list(type: ResourceType, namespace?: string): readonly StoredObject[] {
    const all = this.#informers.get(type)?.list() ?? [];
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  async create(type: ResourceType, object: KubernetesObject): Promise<void> {
    await this.#write(() => this.#http.json('POST', collection(type, object.metadata.namespace), object));
  }

  async update(type: ResourceType, object: StoredObject): Promise<StoredObject> {
    return this.#write(() => this.#http.json<StoredObject>('PUT', pathOf(type, object), object));
  }

  async updateStatus(type: ResourceType, object: StoredObject): Promise<StoredObject> {
    return this.#write(() => this.#http.json<StoredObject>('PUT', `${pathOf(type, object)}/status`, object));
  }

  async delete(type: ResourceType, object: StoredObject): Promise<void> {
    const { uid } = object.metadata;
    const options = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      preconditions: { uid },
    };
    await this.#write(() => this.#http.json('DELETE', pathOf(type, object), options));
  }

  /** Ends all watches. */
  async close(): Promise<void> {
    for (const informer of this.#informers.values()) informer.stop();
    await this.#http.close();
  }

  /** Types that are known stay the same objects: they are keys. */
  async #discover(apiVersion: string): Promise<void> {
    const before = this.#types.get(apiVersion) ?? [];
    const list = await this.#resources(apiVersion);
    const subresources = new Set(list.map(({ name }) => name));
    const types = list
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced }) => {
        const statusSubresource = subresources.has(`${name}/status`);
        const type = { apiVersion, resource: name, kind, namespaced, statusSubresource };
        return before.find((known) => known.resource === name) ?? type;
      });
    this.#types.set(apiVersion, types);
  }

  async #resources(apiVersion: string): Promise<ApiResourceList['resources']> {
    try {
      return (await this.#http.json<ApiResourceList>('GET', groupPath(apiVersion))).resources;
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return [];
      throw error;
    }
  }

  async #write<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (error instanceof StatusError && isReason(error.reason)) {
        throw new StoreError(error.reason, error.message, { cause: error });
      }
      throw error;
    }
  }
}

const REASONS: readonly string[] = ['NotFound', 'AlreadyExists', 'Conflict', 'Invalid'] satisfies StoreErrorReason[];

function isReason(reason: string): reason is StoreErrorReason {
  return REASONS.includes(reason);
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function collection({ apiVersion, resource }: ResourceType, namespace?: string): string {
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${groupPath(apiVersion)}${within}/${resource}`;
}

function pathOf(type: ResourceType, { metadata }: KubernetesObject): string {
  return `${collection(type, metadata.namespace)}/${metadata.name}`;
}
