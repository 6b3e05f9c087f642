import { isDeepStrictEqual } from 'node:util';
import type {
  CompositeSyncRequest,
  CustomizeResponse,
  DecoratorSyncRequest,
  DecoratorSyncResponse,
} from '../../hooks/metacontroller/hooks.ts';
import { objectKey, typeKey, type KubernetesObject, type ObjectMap } from '../../hooks/metacontroller/objects.ts';
import { readCompositeAnswer, readCustomizeAnswer, readDecoratorAnswer, type CallHook } from './answers.ts';
import type { Controller } from './controller.ts';
import { claim, plan, plannedStatus, type Candidate, type Operation } from './plan.ts';
import { readRelation, type NamespaceLabels, type Relation } from './related.ts';
import { describe, StoreError, type Store, type StoredObject } from './store.ts';

/** What one sync needs of the world. */
export interface SyncContext {
  readonly controller: Controller;
  readonly store: Store;
  readonly callHook: CallHook;
  readonly relations: (parent: StoredObject) => Promise<readonly Relation[]>;
  readonly labelsOfNamespace: NamespaceLabels;
  /** Told of every write that changed something, before it is made. */
  readonly onOperation?: (operation: Operation, parent: StoredObject) => void;
}

/**
 * One sync of one parent: observe, relate, call the hook, apply its answer.
 *
 * @returns seconds after which the hook wants to be called again, if it does
 * @throws HookError, StoreError: the parent is to be tried again later
 */
export async function syncParent(context: SyncContext, parent: StoredObject): Promise<number | undefined> {
  const { controller, callHook, store } = context;
  const candidates = controller.children.flatMap(({ type }) =>
    store.list(type, parent.metadata.namespace).map((object) => ({ type, object })),
  );
  const { owned, operations } = claim(controller, parent, candidates);
  await write(context, parent, operations);
  const observed = objectMap(controller, owned);
  const related = relatedObjects(context, await context.relations(parent));
  const common = { controller: controller.object, related, finalizing: false };

  if (controller.kind === 'DecoratorController') {
    const body: DecoratorSyncRequest = { ...common, object: parent, attachments: observed };
    const answer = readDecoratorAnswer(controller.syncHook, await callHook(controller.syncHook, body));
    await decorate(context, parent, answer);
    if (isStaying(parent)) await write(context, parent, plan(controller, parent, owned, answer.attachments));
    return answer.resyncAfterSeconds;
  }

  const body: CompositeSyncRequest = { ...common, parent, children: observed };
  const answer = readCompositeAnswer(controller.syncHook, await callHook(controller.syncHook, body));
  const failures: unknown[] = [];
  try {
    if (isStaying(parent)) await write(context, parent, plan(controller, parent, owned, answer.children));
  } catch (error) {
    // The status is written all the same: it may say what is wrong.
    failures.push(error);
  }
  await writeStatus(context, parent, plannedStatus(parent, answer.status));
  if (failures.length > 0) throw failures[0];
  return answer.resyncAfterSeconds;
}

/** Asks the customize hook what a parent relates. */
export async function customize(
  controller: Controller,
  parent: StoredObject,
  store: Store,
  callHook: CallHook,
): Promise<readonly Relation[]> {
  const hook = controller.customizeHook;
  if (hook === undefined) return [];
  const answer: CustomizeResponse = readCustomizeAnswer(
    hook,
    await callHook(hook, { controller: controller.object, parent }),
  );
  const relations: Relation[] = [];
  for (const rule of answer.relatedResources) {
    const type = await store.typeOf({ apiVersion: rule.apiVersion, resource: rule.resource });
    if (type === undefined)
      throw new Error(`${controller.name} relates ${rule.resource} of ${rule.apiVersion}, an unknown type.`);
    await store.observe(type);
    relations.push(readRelation(rule, type));
  }
  return relations;
}

function isStaying(parent: StoredObject): boolean {
  return parent.metadata.deletionTimestamp === undefined;
}

function objectMap(controller: Controller, owned: readonly Candidate[]): ObjectMap {
  // Every type that the controller names has its key, also when there are no objects of it.
  const map: Record<string, Record<string, KubernetesObject>> = {};
  for (const { type } of controller.children) map[typeKey(type)] = {};
  for (const { object } of owned) insert(map, object);
  return map;
}

function relatedObjects(context: SyncContext, relations: readonly Relation[]): ObjectMap {
  const map: Record<string, Record<string, KubernetesObject>> = {};
  for (const { type, reaches } of relations) {
    map[typeKey(type)] ??= {};
    for (const object of context.store.list(type)) {
      if (reaches(object, context.labelsOfNamespace)) insert(map, object);
    }
  }
  return map;
}

function insert(map: Record<string, Record<string, KubernetesObject>>, object: KubernetesObject): void {
  (map[typeKey(object)] ??= {})[objectKey(object)] = object;
}

/** Sets what a decorator's answer says of the object itself. */
async function decorate(context: SyncContext, parent: StoredObject, answer: DecoratorSyncResponse): Promise<void> {
  const labels = changed(parent.metadata.labels, answer.labels);
  const annotations = changed(parent.metadata.annotations, answer.annotations);
  let current = parent;
  if (labels !== undefined || annotations !== undefined) {
    const metadata = {
      ...parent.metadata,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    };
    const update = { ...parent, metadata };
    current = await ifStillThere(() => context.store.update(typeOfParent(context, parent), update), parent);
  }
  // No status, or null: it stays as it is.
  if (answer.status !== undefined && answer.status !== null && !isDeepStrictEqual(current['status'], answer.status)) {
    await writeStatus(context, parent, { ...current, status: answer.status });
  }
}

/** @returns undefined if nothing changes; null takes a member away */
function changed(
  current: Readonly<Record<string, string>> = {},
  changes: Readonly<Record<string, string | null>> = {},
): Record<string, string> | undefined {
  const all = Object.entries({ ...current, ...changes });
  const result = Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
  return isDeepStrictEqual(current, result) ? undefined : result;
}

async function writeStatus(
  context: SyncContext,
  parent: StoredObject,
  planned: StoredObject | undefined,
): Promise<void> {
  if (planned === undefined) return;
  await ifStillThere(() => context.store.updateStatus(typeOfParent(context, parent), planned), planned);
}

/** A parent that was deleted or changed meanwhile is no failure: another sync is on its way. */
async function ifStillThere<T>(write: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isReason(error, 'NotFound', 'Conflict')) return otherwise;
    throw error;
  }
}

function typeOfParent({ controller }: SyncContext, parent: StoredObject): Controller['parents'][number]['type'] {
  const found = controller.parents.find(({ type }) => typeKey(type) === typeKey(parent));
  if (found === undefined) throw new Error(`${describe(parent)} is not of a type that ${controller.name} handles.`);
  return found.type;
}

/** Makes all writes, then fails with what failed. */
async function write(context: SyncContext, parent: StoredObject, operations: readonly Operation[]): Promise<void> {
  const failures: unknown[] = [];
  for (const operation of operations) {
    context.onOperation?.(operation, parent);
    try {
      await perform(context.store, operation);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1)
    throw new AggregateError(failures, `${failures.length} writes for ${describe(parent)} failed.`);
}

async function perform(store: Store, { kind, type, object }: Operation): Promise<void> {
  try {
    if (kind === 'create') await store.create(type, object);
    else if (kind === 'update') await store.update(type, object);
    else await store.delete(type, object);
  } catch (error) {
    // A name that is taken is not reported, just as in Metacontroller under dynamic-apply: hooks must see it coming.
    // What changed or went since it was observed brings another sync by itself.
    if (!isReason(error, 'AlreadyExists', 'NotFound', 'Conflict')) throw error;
  }
}

function isReason(error: unknown, ...reasons: readonly StoreError['reason'][]): boolean {
  return error instanceof StoreError && reasons.includes(error.reason);
}
