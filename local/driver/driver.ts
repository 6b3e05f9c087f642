import { isDeepStrictEqual } from 'node:util';
import { CONTROLLER_UID_LABEL } from '../../hooks/metacontroller/hooks.ts';
import { controllerOf, objectKey, typeKey, type KubernetesObject } from '../../hooks/metacontroller/objects.ts';
import type { CallHook } from './answers.ts';
import { readController, type Controller, type ParentType } from './controller.ts';
import { selects } from './label-selector.ts';
import type { Operation } from './plan.ts';
import type { NamespaceLabels, Relation } from './related.ts';
import type { Change, ResourceType, Store, StoredObject } from './store.ts';
import { customize, syncParent } from './sync.ts';
import { WorkQueue } from './work-queue.ts';

export interface DriverOptions {
  /** CompositeController and DecoratorController objects, as Metacontroller would read them. */
  readonly controllers: readonly KubernetesObject[];
  readonly store: Store;
  readonly callHook: CallHook;
  /** The longest that a failing parent waits for its next try, in milliseconds; default 1,000 s as in Metacontroller. */
  readonly maxDelayMs?: number;
  /** Told of every write before it is made. */
  readonly onOperation?: (operation: Operation, parent: StoredObject) => void;
  /** Told of every failed sync. */
  readonly onError?: (
    error: unknown,
    what: { readonly controller: string; readonly parent: string; readonly delayMs: number },
  ) => void;
  /** Told of every sync that went well, with the parent that it was given. */
  readonly onSynced?: (parent: StoredObject, controller: string) => void;
}

/** How long a customize answer is kept for one UID and generation, as in Metacontroller. */
const RELATIONS_KEPT_MS = 20 * 60 * 1000;

const SETTLED_CHECK_MS = 5;

/**
 * The loop that keeps Metacontroller's contract with the hooks where there is no Metacontroller: observe, customize, relate,
 * sync, apply children or attachments, write the status, come back.
 */
export class Driver {
  readonly #loops: readonly ControllerLoop[];

  private constructor(loops: readonly ControllerLoop[]) {
    this.#loops = loops;
  }

  /** Observes what the controllers name and begins to sync. @throws Error for a controller that it cannot keep to */
  static async start(options: DriverOptions): Promise<Driver> {
    const { store } = options;
    const namespaces = await store.typeOf({ apiVersion: 'v1', resource: 'namespaces' });
    if (namespaces !== undefined) await store.observe(namespaces);
    const labelsOfNamespace: NamespaceLabels = (name) => {
      if (namespaces === undefined) return undefined;
      const namespace = store.list(namespaces).find(({ metadata }) => metadata.name === name);
      return namespace && (namespace.metadata.labels ?? {});
    };
    const loops: ControllerLoop[] = [];
    for (const object of options.controllers) {
      loops.push(new ControllerLoop(await readController(object, store), options, labelsOfNamespace));
    }
    store.onChange((change) => {
      for (const loop of loops) loop.seeChange(change);
    });
    for (const loop of loops) loop.start();
    return new Driver(loops);
  }

  /** Resolves when everything that was seen so far has been synced, as far as it can be: what failed waits for its time. */
  async settled(): Promise<void> {
    while (!this.#loops.every((loop) => loop.isIdle))
      await new Promise((resolve) => setTimeout(resolve, SETTLED_CHECK_MS));
  }

  /** Resolves when no sync runs any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }
}

class ControllerLoop {
  readonly #controller: Controller;
  readonly #options: DriverOptions;
  readonly #labelsOfNamespace: NamespaceLabels;
  readonly #queue: WorkQueue;
  readonly #relations = new Map<
    string,
    { readonly generation: number; readonly until: number; readonly relations: readonly Relation[] }
  >();
  #ticker: NodeJS.Timeout | undefined;
  /** Changes of which it is not known yet whom they concern. */
  #unjudged = 0;

  constructor(controller: Controller, options: DriverOptions, labelsOfNamespace: NamespaceLabels) {
    this.#controller = controller;
    this.#options = options;
    this.#labelsOfNamespace = labelsOfNamespace;
    this.#queue = new WorkQueue((key) => this.#sync(key), {
      ...(options.maxDelayMs === undefined ? {} : { maxDelayMs: options.maxDelayMs }),
      onError: (parent, error, delayMs) => options.onError?.(error, { controller: controller.name, parent, delayMs }),
    });
  }

  start(): void {
    this.#enqueueAll();
    const { resyncPeriodSeconds } = this.#controller;
    if (resyncPeriodSeconds === undefined) return;
    // The tick comes regardless of failures and their back-off.
    this.#ticker = setInterval(() => this.#enqueueAll(), Math.max(resyncPeriodSeconds, 1) * 1000);
  }

  get isIdle(): boolean {
    return this.#unjudged === 0 && this.#queue.isIdle;
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    await this.#queue.stop();
  }

  /** Enqueues the parents that a change concerns: as parent, as child, or as something that they relate. */
  seeChange(change: Change): void {
    this.#seeParent(change);
    this.#seeChild(change);
    void this.#seeRelated(change);
  }

  #seeParent({ type, before, after }: Change): void {
    const parentType = this.#controller.parents.find((parent) => parent.type === type);
    const object = after ?? before;
    if (parentType === undefined || object === undefined) return;
    if (after === undefined) this.#relations.delete(object.metadata.uid);
    if (
      parentType.ignoreStatusChanges &&
      before !== undefined &&
      after !== undefined &&
      isStatusChange(before, after)
    ) {
      return;
    }
    if (isHandled(parentType, object)) this.#queue.add(keyOf(type, object));
  }

  #seeChild({ type, before, after }: Change): void {
    if (!this.#controller.children.some((child) => child.type === type)) return;
    const uids = new Set<string>();
    for (const child of [before, after]) {
      const owner = child && controllerOf(child)?.uid;
      // An orphan that carries a parent's label is adopted.
      const uid =
        owner ?? (this.#controller.generateSelector ? child?.metadata.labels?.[CONTROLLER_UID_LABEL] : undefined);
      if (uid !== undefined) uids.add(uid);
    }
    this.#enqueueAll((parent) => uids.has(parent.metadata.uid));
  }

  async #seeRelated({ type, before, after }: Change): Promise<void> {
    this.#unjudged++;
    for (const [parentType, parent] of this.#parents()) {
      let relates = true;
      try {
        const relations = await this.#relationsOf(parent);
        relates = [before, after].some(
          (object) =>
            object !== undefined &&
            relations.some((relation) => relation.type === type && relation.reaches(object, this.#labelsOfNamespace)),
        );
      } catch {
        // Whether it is related cannot be told now. The sync asks again, and fails in a way that is reported and retried.
      }
      if (relates && isHandled(parentType, parent)) this.#queue.add(keyOf(parentType.type, parent));
    }
    this.#unjudged--;
  }

  *#parents(): Iterable<[ParentType, StoredObject]> {
    for (const parentType of this.#controller.parents) {
      for (const parent of this.#options.store.list(parentType.type)) yield [parentType, parent];
    }
  }

  #enqueueAll(filter: (parent: StoredObject) => boolean = () => true): void {
    for (const [parentType, parent] of this.#parents()) {
      if (filter(parent) && isHandled(parentType, parent)) this.#queue.add(keyOf(parentType.type, parent));
    }
  }

  async #relationsOf(parent: StoredObject): Promise<readonly Relation[]> {
    const { uid, generation = 0 } = parent.metadata;
    const kept = this.#relations.get(uid);
    if (kept !== undefined && kept.generation === generation && performance.now() < kept.until) return kept.relations;
    const { store, callHook } = this.#options;
    const relations = await customize(this.#controller, parent, store, callHook);
    this.#relations.set(uid, { generation, until: performance.now() + RELATIONS_KEPT_MS, relations });
    return relations;
  }

  async #sync(key: string): Promise<void> {
    const found = [...this.#parents()].find(([{ type }, parent]) => keyOf(type, parent) === key);
    // It is gone: Kubernetes' garbage collector takes what it owned.
    if (found === undefined) return;
    const [parentType, parent] = found;
    if (!isHandled(parentType, parent)) return;
    const { store, callHook, onOperation, onSynced } = this.#options;
    const again = await syncParent(
      {
        controller: this.#controller,
        store,
        callHook,
        relations: (object) => this.#relationsOf(object),
        labelsOfNamespace: this.#labelsOfNamespace,
        ...(onOperation === undefined ? {} : { onOperation }),
      },
      parent,
    );
    if (again !== undefined && again > 0) this.#queue.addAfter(key, again * 1000);
    onSynced?.(parent, this.#controller.name);
  }
}

function isHandled({ labelSelector }: ParentType, parent: StoredObject): boolean {
  return labelSelector === undefined || selects(labelSelector)(parent.metadata.labels);
}

/** Whether nothing but the status (or what the API server keeps for itself) differs. */
function isStatusChange(before: StoredObject, after: StoredObject): boolean {
  return (
    before.metadata.generation === after.metadata.generation &&
    after.metadata.deletionTimestamp === undefined &&
    isDeepStrictEqual(before.metadata.labels, after.metadata.labels) &&
    isDeepStrictEqual(before.metadata.annotations, after.metadata.annotations)
  );
}

function keyOf(type: ResourceType, object: StoredObject): string {
  return `${typeKey(type)} ${objectKey(object)}`;
}
