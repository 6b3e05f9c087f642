import type { LabelSelector } from '../../hooks/metacontroller/label-selector.ts';
import type { KubernetesObject } from '../../hooks/metacontroller/objects.ts';
import type { ResourceType, Store } from './store.ts';

/** How a child that differs from what the hook wants is brought in line. */
export type UpdateMethod = 'OnDelete' | 'Recreate' | 'InPlace';

export interface ChildType {
  readonly type: ResourceType;
  readonly updateMethod: UpdateMethod;
}

/** A CompositeController or DecoratorController, with the types that it names looked up. */
export interface Controller {
  readonly kind: 'CompositeController' | 'DecoratorController';
  readonly name: string;
  /** The object itself, as each hook's request carries it. */
  readonly object: KubernetesObject;
  readonly parents: readonly ParentType[];
  readonly children: readonly ChildType[];
  /** Composite: children are known by the label controller-uid, which the driver adds. */
  readonly generateSelector: boolean;
  readonly resyncPeriodSeconds?: number;
  readonly syncHook: Webhook;
  readonly customizeHook?: Webhook;
}

/** Where a hook is to be called. */
export interface Webhook {
  /** For those who call hooks without a network. */
  readonly path: string;
  /** As Metacontroller makes it of `service`: `http://name.namespace:port/path`, which needs the cluster's DNS. */
  readonly url: string;
  readonly timeoutMs: number;
}

export interface ParentType {
  readonly type: ResourceType;
  readonly labelSelector?: LabelSelector;
  readonly ignoreStatusChanges: boolean;
}

/** The parts of both kinds' specs that the driver keeps to (metacontroller.k8s.io/v1alpha1). */
interface ControllerSpec {
  readonly parentResource?: ParentRule;
  readonly resources?: readonly ParentRule[];
  readonly childResources?: readonly ChildRule[];
  readonly attachments?: readonly ChildRule[];
  readonly generateSelector?: boolean;
  readonly resyncPeriodSeconds?: number;
  readonly hooks?: { readonly sync?: Hook; readonly customize?: Hook; readonly finalize?: Hook };
}

interface ResourceRule {
  readonly apiVersion: string;
  readonly resource: string;
}

interface ParentRule extends ResourceRule {
  readonly labelSelector?: LabelSelector;
  readonly ignoreStatusChanges?: boolean;
}

interface ChildRule extends ResourceRule {
  readonly updateStrategy?: { readonly method?: string };
}

interface Hook {
  readonly version?: string;
  readonly webhook?: {
    readonly url?: string;
    readonly path?: string;
    readonly timeout?: string;
    readonly service?: {
      readonly name: string;
      readonly namespace: string;
      readonly port?: number;
      readonly protocol?: string;
    };
  };
}

/**
 * Reads a controller object, the same that Metacontroller reads, and begins to observe its types.
 *
 * @throws Error naming what the driver cannot keep to: an unknown type, a hook of version v1, a finalize hook
 */
export async function readController(object: KubernetesObject, store: Store): Promise<Controller> {
  const { kind } = object;
  const { name } = object.metadata;
  if (kind !== 'CompositeController' && kind !== 'DecoratorController') {
    throw new Error(`${kind} ${name} is neither a CompositeController nor a DecoratorController.`);
  }
  const { spec = {} } = object as KubernetesObject & { readonly spec?: ControllerSpec };
  const fail = (what: string): Error => new Error(`${kind} ${name}: ${what}`);

  const typeOf = async ({ apiVersion, resource }: ResourceRule): Promise<ResourceType> => {
    const type = await store.typeOf({ apiVersion, resource });
    if (type === undefined) throw fail(`no type "${resource}" of ${apiVersion} is known.`);
    await store.observe(type);
    return type;
  };

  const parents: ParentType[] = [];
  const parentRules = spec.parentResource === undefined ? (spec.resources ?? []) : [spec.parentResource];
  for (const { labelSelector, ignoreStatusChanges = false, ...rule } of parentRules) {
    const type = await typeOf(rule);
    parents.push({ type, ignoreStatusChanges, ...(labelSelector === undefined ? {} : { labelSelector }) });
  }
  const children: ChildType[] = [];
  for (const rule of spec.childResources ?? spec.attachments ?? []) {
    children.push({ type: await typeOf(rule), updateMethod: updateMethod(rule, fail) });
  }

  const { sync, customize, finalize } = spec.hooks ?? {};
  if (finalize !== undefined) throw fail('finalize hooks are not kept to by this driver.');
  if (sync === undefined) throw fail('it has no sync hook.');
  return {
    kind,
    name,
    object,
    parents,
    children,
    generateSelector: spec.generateSelector ?? false,
    syncHook: webhook(sync, fail),
    ...(customize === undefined ? {} : { customizeHook: webhook(customize, fail) }),
    ...(spec.resyncPeriodSeconds === undefined ? {} : { resyncPeriodSeconds: spec.resyncPeriodSeconds }),
  };
}

function updateMethod(rule: ChildRule, fail: (what: string) => Error): UpdateMethod {
  // Metacontroller's default: a child is written once and never updated.
  const method = rule.updateStrategy?.method ?? 'OnDelete';
  if (method === 'OnDelete' || method === 'Recreate' || method === 'InPlace') return method;
  throw fail(`the update method ${method} of ${rule.resource} is not kept to by this driver.`);
}

/** Metacontroller's own defaults. */
const DEFAULT_TIMEOUT = '10s';
const DEFAULT_PORT = 80;

function webhook({ version, webhook = {} }: Hook, fail: (what: string) => Error): Webhook {
  if (version !== 'v2') throw fail(`hook version ${version ?? 'v1'} is not kept to by this driver, only v2.`);
  const { url, path, service, timeout = DEFAULT_TIMEOUT } = webhook;
  const timeoutMs = milliseconds(timeout);
  if (timeoutMs === undefined) throw fail(`the timeout "${timeout}" of a hook is not kept to by this driver.`);
  if (url !== undefined) return { url, path: new URL(url).pathname, timeoutMs };
  if (service === undefined || path === undefined) throw fail('a hook has neither a url nor a service and a path.');
  const { name, namespace, port = DEFAULT_PORT, protocol = 'http' } = service;
  return { url: `${protocol}://${name}.${namespace}:${port}${path}`, path, timeoutMs };
}

/** Reads the durations that people write: `500ms`, `30s`, `2m`. */
function milliseconds(duration: string): number | undefined {
  const [, count, unit] = /^(\d+)(ms|s|m)$/.exec(duration) ?? [];
  return count === undefined ? undefined : Number(count) * { ms: 1, s: 1000, m: 60_000 }[unit as 'ms' | 's' | 'm'];
}
