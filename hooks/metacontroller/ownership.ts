import { CONTROLLER_UID_LABEL, DECORATOR_ANNOTATION } from './hooks.ts';
import { controllerOf, objectKey, typeKey, type KubernetesObject, type ObjectMap } from './objects.ts';

/**
 * Whether Metacontroller counts an object among a decorator's attachments: its controller is the parent, and its
 * annotation names the decorator. An object that lost either is never updated again, and nothing is reported.
 */
export function isAttachment(object: KubernetesObject, parent: KubernetesObject, decorator: string): boolean {
  return isControlledBy(object, parent) && object.metadata.annotations?.[DECORATOR_ANNOTATION] === decorator;
}

/**
 * Whether Metacontroller counts an object among the children of a composite with `generateSelector: true`: its
 * controller is the parent, and it has the label of the generated selector (without it the object is released).
 */
export function isChild(object: KubernetesObject, parent: KubernetesObject): boolean {
  return (
    isControlledBy(object, parent) && object.metadata.labels?.[CONTROLLER_UID_LABEL] === (parent.metadata.uid ?? '')
  );
}

function isControlledBy(object: KubernetesObject, parent: KubernetesObject): boolean {
  return controllerOf(object)?.uid === (parent.metadata.uid ?? '');
}

/**
 * The object that occupies a name which we would write, if it is not ours. Such a child must not be emitted: under
 * dynamic-apply Metacontroller would try to create it at each sync and swallow the error, under server-side-apply it
 * would overwrite the object, own it, and delete it with the Gateway.
 *
 * @param desired the object that we would write
 * @param observed the children or attachments of the request: what is among them is ours
 * @param isOurs judges an object that is only related, since it may be one of ours that was made a moment ago
 */
export function foreignUnder(
  desired: KubernetesObject,
  observed: ObjectMap,
  related: ObjectMap,
  isOurs: (object: KubernetesObject) => boolean,
): KubernetesObject | undefined {
  const type = typeKey(desired);
  const key = objectKey(desired);
  if (observed[type]?.[key] !== undefined) return undefined;
  const occupant = related[type]?.[key];
  return occupant === undefined || isOurs(occupant) ? undefined : occupant;
}
