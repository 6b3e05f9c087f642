/** Kubernetes objects as Metacontroller hands them to a hook: plain JSON, of which a hook trusts only what it checks. */

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  /** Absent on cluster-scoped objects. */
  readonly namespace?: string;
  readonly uid?: string;
  readonly generation?: number;
  /** RFC 3339; absent on objects that no API server has stored (local mode). */
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/**
 * Observed objects: type, as `Kind.version` or `Kind.group/version`, then `namespace/name` (the bare name where the
 * object is cluster-scoped). Hook version v2 keys children, attachments and related objects alike in this way.
 */
export type ObjectMap = Readonly<Record<string, Readonly<Record<string, KubernetesObject>>>>;

/** The key of an object's type in an ObjectMap. */
export function typeKey(object: { readonly apiVersion: string; readonly kind: string }): string {
  return `${object.kind}.${object.apiVersion}`;
}

/** The key of an object under its type in an ObjectMap. */
export function objectKey(object: {
  readonly metadata: { readonly namespace?: string; readonly name: string };
}): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** All observed objects of one type. */
export function objectsOf(map: ObjectMap, type: string): readonly KubernetesObject[] {
  return Object.values(map[type] ?? {});
}

/** The reference of the object's controller; undefined if nobody controls it. */
export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}
