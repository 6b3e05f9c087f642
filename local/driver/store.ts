import type { KubernetesObject, ObjectMeta } from '../../hooks/metacontroller/objects.ts';

/** A type of objects, as Kubernetes' discovery describes it. */
export interface ResourceType {
  readonly apiVersion: string;
  /** Plural and lower case, as rules and paths name it. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Whether the type has the status subresource: its status is then written apart from all else. */
  readonly statusSubresource: boolean;
}

/** How a rule or an object names a type: by resource, or by kind. */
export type TypeName =
  | { readonly apiVersion: string; readonly resource: string }
  | { readonly apiVersion: string; readonly kind: string };

/** An object as the store keeps it. */
export interface StoredObject extends KubernetesObject {
  readonly metadata: StoredMeta;
  readonly [field: string]: unknown;
}

export interface StoredMeta extends ObjectMeta {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly finalizers?: readonly string[];
}

/** One object's change as observed: no `before` means created, no `after` deleted. */
export interface Change {
  readonly type: ResourceType;
  readonly before?: StoredObject;
  readonly after?: StoredObject;
}

/**
 * Where the driver's objects live: a cluster's API server, or the memory of local mode. It promises what Kubernetes
 * does: a write with an old resourceVersion is refused, an owner's deletion takes its dependents along, `generation`
 * rises when anything but metadata and status changes, and a write that changes nothing is no change.
 */
export interface Store {
  /** @returns the one description of that type, always the same object; undefined when no such type is served */
  typeOf(name: TypeName): Promise<ResourceType | undefined>;
  /** Begins to observe a type, once; resolves when all its objects are known. */
  observe(type: ResourceType): Promise<void>;
  /** The objects of a type that is observed, of one namespace or of all, as last seen. */
  list(type: ResourceType, namespace?: string): readonly StoredObject[];
  /** Calls the listener for every change of an observed type, after it can be seen in `list`. */
  onChange(listener: (change: Change) => void): void;

  /** @throws StoreError `AlreadyExists` or `Invalid` */
  create(type: ResourceType, object: KubernetesObject): Promise<void>;
  /** Replaces everything but the status. @returns it as it is stored now @throws StoreError `NotFound`, `Conflict` or `Invalid` */
  update(type: ResourceType, object: StoredObject): Promise<StoredObject>;
  /** Replaces the status alone. @returns it as it is stored now @throws StoreError `NotFound`, `Conflict` or `Invalid` */
  updateStatus(type: ResourceType, object: StoredObject): Promise<StoredObject>;
  /** Deletes the object with this uid, and no other of its name. @throws StoreError `NotFound` or `Conflict` */
  delete(type: ResourceType, object: StoredObject): Promise<void>;
}

/** Why a store refused; the reasons of metav1.Status. */
export type StoreErrorReason = 'NotFound' | 'AlreadyExists' | 'Conflict' | 'Invalid';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly reason: StoreErrorReason;
  constructor(reason: StoreErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** `Service default/dice`, for messages. */
export function describe(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  return `${object.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** Whether two names mean one type. */
export function isType(type: ResourceType, name: TypeName): boolean {
  if (type.apiVersion !== name.apiVersion) return false;
  return 'resource' in name ? type.resource === name.resource : type.kind === name.kind;
}
