import { isDeepStrictEqual } from 'node:util';
import { CONTROLLER_UID_LABEL, DECORATOR_ANNOTATION } from '../../hooks/metacontroller/hooks.ts';
import {
  controllerOf,
  objectKey,
  typeKey,
  type KubernetesObject,
  type OwnerReference,
} from '../../hooks/metacontroller/objects.ts';
import { applied, withLastApplied } from './apply.ts';
import type { ChildType, Controller } from './controller.ts';
import type { ResourceType, StoredObject } from './store.ts';

/** One write. All of a plan are tried, also when one fails: a failed deletion must not hold up a creation. */
export type Operation =
  | { readonly kind: 'create'; readonly type: ResourceType; readonly object: KubernetesObject }
  | { readonly kind: 'update'; readonly type: ResourceType; readonly object: StoredObject }
  | { readonly kind: 'delete'; readonly type: ResourceType; readonly object: StoredObject };

/** An observed object of one of the controller's child types. */
export interface Candidate {
  readonly type: ResourceType;
  readonly object: StoredObject;
}

/** What is the parent's own, and the writes that make it so. */
export interface Claim {
  readonly owned: readonly Candidate[];
  readonly operations: readonly Operation[];
}

/**
 * Tells the parent's children among the objects of its child types.
 *
 * A composite with `generateSelector` goes by the label: it adopts what carries the label and is nobody's, and RELEASES what it
 * controls without the label. A decorator goes by owner and annotation; it neither adopts nor releases.
 */
export function claim(controller: Controller, parent: StoredObject, candidates: readonly Candidate[]): Claim {
  const mine = (candidate: Candidate): boolean => controllerOf(candidate.object)?.uid === parent.metadata.uid;
  if (controller.kind === 'DecoratorController') {
    const made = ({ object }: Candidate): boolean =>
      object.metadata.annotations?.[DECORATOR_ANNOTATION] === controller.name;
    return { owned: candidates.filter((candidate) => mine(candidate) && made(candidate)), operations: [] };
  }

  const owned: Candidate[] = [];
  const operations: Operation[] = [];
  const parentStays = parent.metadata.deletionTimestamp === undefined;
  for (const candidate of candidates) {
    const { type, object } = candidate;
    const labelled = object.metadata.labels?.[CONTROLLER_UID_LABEL] === parent.metadata.uid;
    const orphan = controllerOf(object) === undefined;
    if (mine(candidate) && labelled) {
      owned.push(candidate);
    } else if (mine(candidate) && parentStays) {
      operations.push({ kind: 'update', type, object: released(object, parent) });
    } else if (orphan && labelled && parentStays && object.metadata.deletionTimestamp === undefined) {
      owned.push(candidate);
      operations.push({ kind: 'update', type, object: withOwner(object, parent) });
    }
  }
  return { owned, operations };
}

/**
 * What to write so that the parent has exactly the children that its hook wants.
 *
 * @param wanted what the hook answered; a namespace that it left out is the parent's
 * @throws Error for a child of a type that the controller does not name, and for one that is wanted twice
 */
export function plan(
  controller: Controller,
  parent: StoredObject,
  owned: readonly Candidate[],
  wanted: readonly KubernetesObject[],
): Operation[] {
  const observed = new Map(owned.map((candidate) => [identity(candidate.object), candidate]));
  const desired = new Map<string, { readonly object: KubernetesObject; readonly child: ChildType }>();
  for (const answered of wanted) {
    const object = marked(controller, parent, inNamespace(answered, parent));
    const child = controller.children.find(({ type }) => typeKey(type) === typeKey(object));
    const name = identity(object);
    if (child === undefined) throw new Error(`${controller.name} wants ${name}, but does not name its type.`);
    if (desired.has(name)) throw new Error(`${controller.name} wants ${name} twice.`);
    desired.set(name, { object, child });
  }

  const operations: Operation[] = [];
  for (const [name, { type, object }] of observed) {
    const leaving = object.metadata.deletionTimestamp !== undefined;
    if (!desired.has(name) && !leaving) operations.push({ kind: 'delete', type, object });
  }
  // As Metacontroller: by group, so core comes first.
  const inOrder = [...desired].sort(([a], [b]) => (orderOf(a) < orderOf(b) ? -1 : 1));
  for (const [name, { object, child }] of inOrder) {
    const operation = write(child, observed.get(name)?.object, object, parent);
    if (operation !== undefined) operations.push(operation);
  }
  return operations;
}

function write(
  { type, updateMethod }: ChildType,
  observed: StoredObject | undefined,
  wanted: KubernetesObject,
  parent: StoredObject,
): Operation | undefined {
  if (observed === undefined) {
    // The note comes first: who owns it is not part of what the hook wants.
    return { kind: 'create', type, object: withOwner(withLastApplied(wanted), parent) };
  }
  const object = applied(observed, wanted);
  if (object === undefined || observed.metadata.deletionTimestamp !== undefined) return undefined;
  if (updateMethod === 'InPlace') return { kind: 'update', type, object };
  // The deletion is seen, and the sync that follows creates it anew.
  if (updateMethod === 'Recreate') return { kind: 'delete', type, object: observed };
  return undefined;
}

/**
 * The status that a composite's sync writes: the hook's, with the generation that this very sync has seen.
 *
 * @returns undefined if it stands so already
 */
export function plannedStatus(parent: StoredObject, status: object): StoredObject | undefined {
  const complete = { ...status, observedGeneration: parent.metadata.generation ?? 0 };
  return isDeepStrictEqual(parent['status'], complete) ? undefined : { ...parent, status: complete };
}

function inNamespace(object: KubernetesObject, parent: StoredObject): KubernetesObject {
  const { namespace } = parent.metadata;
  if (object.metadata.namespace !== undefined || namespace === undefined) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** Adds the mark by which the next sync knows the child. It is part of what is wanted, so its loss is mended. */
function marked(controller: Controller, parent: StoredObject, object: KubernetesObject): KubernetesObject {
  const { metadata } = object;
  if (controller.kind === 'DecoratorController') {
    const annotations = { ...metadata.annotations, [DECORATOR_ANNOTATION]: controller.name };
    return { ...object, metadata: { ...metadata, annotations } };
  }
  const labels = { ...metadata.labels, [CONTROLLER_UID_LABEL]: parent.metadata.uid };
  return { ...object, metadata: { ...metadata, labels } };
}

function reference(parent: StoredObject): OwnerReference {
  const { apiVersion, kind } = parent;
  const { name, uid } = parent.metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

function withOwner<T extends KubernetesObject>(object: T, parent: StoredObject): T {
  const ownerReferences = [...(object.metadata.ownerReferences ?? []), reference(parent)];
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}

function released(object: StoredObject, parent: StoredObject): StoredObject {
  const ownerReferences = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== parent.metadata.uid);
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}

function identity(object: KubernetesObject): string {
  return `${typeKey(object)} ${objectKey(object)}`;
}

/** `Kind.group/version name` → group, version, kind, name; the core group is empty and so comes first. */
function orderOf(name: string): string {
  const [type = '', key = ''] = name.split(' ');
  const dot = type.indexOf('.');
  const apiVersion = type.slice(dot + 1);
  const grouped = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  return `${grouped} ${type.slice(0, dot)} ${key}`;
}
