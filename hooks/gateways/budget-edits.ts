import { typeKey, type KubernetesObject } from '../metacontroller/objects.ts';

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly unknown[];
}

/** What of a PodDisruptionBudget is looked at here. */
interface Budget extends KubernetesObject {
  readonly spec?: {
    readonly minAvailable?: unknown;
    readonly selector?: Selector;
  };
}

/**
 * Whether a budget of ours has been given what excludes ours: a minimum (it may have one bound only, so that each write
 * of our maximum would be refused), or more in its selector (it would protect no pod). Left out of one answer such a
 * budget is deleted, and the next sync makes it anew: nothing hangs on it as on a Service's address.
 *
 * @param wanted any child; only a budget can be edited so
 * @param observed the child as it is; undefined: there is none
 */
export function isBudgetEdited(wanted: KubernetesObject, observed: KubernetesObject | undefined): boolean {
  if (typeKey(wanted) !== 'PodDisruptionBudget.policy/v1') return false;
  const [own, found]: (Budget['spec'] | undefined)[] = [wanted, observed].map((each: Budget | undefined) => each?.spec);
  return (
    (own?.minAvailable === undefined && found?.minAvailable !== undefined) ||
    selectsLess(own?.selector, found?.selector)
  );
}

/** Whether a selector has been given more than ours says, so that it may select none of our pods. */
export function selectsLess(own: Selector = {}, found: Selector = {}): boolean {
  return (
    (found.matchExpressions ?? []).length > 0 ||
    Object.keys(found.matchLabels ?? {}).some((key) => own.matchLabels?.[key] === undefined)
  );
}
