import { LAST_APPLIED_ANNOTATION } from './hooks.ts';
import type { KubernetesObject } from './objects.ts';

/**
 * Whether Metacontroller runs with --apply-strategy=server-side-apply, as an object shows that it wrote: it then takes away
 * the annotation of what it wanted last, and the API server keeps who set which field. What somebody else set too stays
 * then, although it is no longer wanted; dynamic-apply takes away what was wanted before, whoever set it.
 *
 * @param observed a child as it is in the cluster
 */
export function isAppliedByServer({ metadata }: KubernetesObject): boolean {
  const { managedFields = [] } = metadata as { readonly managedFields?: readonly { readonly operation?: string }[] };
  return (
    metadata.annotations?.[LAST_APPLIED_ANNOTATION] === undefined &&
    managedFields.some(({ operation }) => operation === 'Apply')
  );
}
