/**
 * Requests and answers of Metacontroller's webhooks in hook version v2 (Metacontroller 4.17: pkg/controller/.../api/v2).
 * v2 answers are decoded strictly: a field that is not listed here fails the sync.
 */
import type { LabelSelector } from './label-selector.ts';
import type { KubernetesObject, ObjectMap } from './objects.ts';

/** The CompositeController or DecoratorController on whose behalf a hook is called. */
export type ControllerObject = KubernetesObject;

/**
 * A rule of what a parent relates. `names` excludes both selectors, `namespace` excludes `namespaceSelector`; without
 * either namespace field the rule reaches all namespaces. No `labelSelector` and no `names`: every object of the type.
 */
export interface RelatedRule {
  readonly apiVersion: string;
  /** The plural, lower-case resource name. */
  readonly resource: string;
  readonly labelSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly namespace?: string;
  readonly names?: readonly string[];
}

/** Body of a customize call, of either kind of controller. */
export interface CustomizeRequest<Parent extends KubernetesObject = KubernetesObject> {
  readonly controller: ControllerObject;
  readonly parent: Parent;
}

/** Cached by Metacontroller for 20 minutes per parent UID and generation: it may depend on `spec` only. */
export interface CustomizeResponse {
  readonly relatedResources: readonly RelatedRule[];
}

/** Body of a CompositeController's sync call. */
export interface CompositeSyncRequest<Parent extends KubernetesObject = KubernetesObject> {
  readonly controller: ControllerObject;
  readonly parent: Parent;
  readonly children: ObjectMap;
  readonly related: ObjectMap;
  readonly finalizing: boolean;
}

export interface CompositeSyncResponse {
  /** Replaces the parent's whole status; Metacontroller adds `observedGeneration`. No nulls. */
  readonly status: object;
  /** All children that shall exist: one that is left out is deleted. */
  readonly children: readonly KubernetesObject[];
  readonly resyncAfterSeconds?: number;
}

/** Body of a DecoratorController's sync call. */
export interface DecoratorSyncRequest<Parent extends KubernetesObject = KubernetesObject> {
  readonly controller: ControllerObject;
  readonly object: Parent;
  readonly attachments: ObjectMap;
  readonly related: ObjectMap;
  readonly finalizing: boolean;
}

export interface DecoratorSyncResponse {
  /** Labels to set on the object; null removes one, what is not named stays. */
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
  /** Absent or null: the object's status stays as it is. */
  readonly status?: object | null;
  /** All attachments that shall exist: one that is left out is deleted. */
  readonly attachments: readonly KubernetesObject[];
  readonly resyncAfterSeconds?: number;
}

/** The annotation by which a DecoratorController knows its own attachments (beside the owner reference). */
export const DECORATOR_ANNOTATION = 'metacontroller.k8s.io/decorator-controller';

/** The annotation in which dynamic-apply keeps what a hook answered last. */
export const LAST_APPLIED_ANNOTATION = 'metacontroller.k8s.io/last-applied-configuration';

/** The label by which a CompositeController with `generateSelector: true` knows its own children. */
export const CONTROLLER_UID_LABEL = 'controller-uid';
