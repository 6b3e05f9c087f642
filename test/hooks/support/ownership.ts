import type { Gateway } from '../../../hooks/gateways/gateway.ts';
import { CONTROLLER_UID_LABEL, DECORATOR_ANNOTATION } from '../../../hooks/metacontroller/hooks.ts';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import { registryController } from './registry.ts';

/** The object as Metacontroller stores it for a composite with a generated selector. */
export function asChild<T extends KubernetesObject>(object: T, parent: Gateway): T {
  const labels = { ...object.metadata.labels, [CONTROLLER_UID_LABEL]: parent.metadata.uid ?? '' };
  return owned(object, parent, { labels });
}

/** The object as Metacontroller stores it for our decorator. */
export function asAttachment<T extends KubernetesObject>(object: T, parent: Gateway): T {
  const annotations = { ...object.metadata.annotations, [DECORATOR_ANNOTATION]: registryController.metadata.name };
  return owned(object, parent, { annotations });
}

function owned<T extends KubernetesObject>(
  object: T,
  parent: Gateway,
  marks: Partial<KubernetesObject['metadata']>,
): T {
  const { apiVersion, kind } = parent;
  const { name, uid = '' } = parent.metadata;
  const ownerReferences = [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }];
  return { ...object, metadata: { ...object.metadata, ...marks, ownerReferences } };
}
