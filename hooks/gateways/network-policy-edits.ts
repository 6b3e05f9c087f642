import { typeKey, type KubernetesObject } from '../metacontroller/objects.ts';
import { selectsLess } from './budget-edits.ts';

/** What of a NetworkPolicy is looked at here: its lists are replaced as a whole. */
interface Policy extends KubernetesObject {
  readonly spec?: { readonly podSelector?: Parameters<typeof selectsLess>[0] };
}

/**
 * Whether a policy of ours has been given more in its selector, and so protects no pod. Left out of one answer it is
 * deleted, and the next sync makes it anew; what it kept out it did not keep out any more.
 *
 * @param wanted any child; only a policy can be edited so
 * @param observed the child as it is; undefined: there is none
 */
export function isNetworkPolicyEdited(wanted: Policy, observed: Policy | undefined): boolean {
  if (typeKey(wanted) !== 'NetworkPolicy.networking.k8s.io/v1') return false;
  return selectsLess(wanted.spec?.podSelector, observed?.spec?.podSelector);
}
