import type { RelatedRule } from '../../hooks/metacontroller/hooks.ts';
import type { KubernetesObject } from '../../hooks/metacontroller/objects.ts';
import { selects, type LabelPredicate } from './label-selector.ts';
import type { ResourceType } from './store.ts';

/** A rule of what a parent relates, with its type looked up and its selectors read. */
export interface Relation {
  readonly type: ResourceType;
  /** Whether the rule reaches an object of its type. */
  readonly reaches: (object: KubernetesObject, labelsOfNamespace: NamespaceLabels) => boolean;
}

/** The labels of a namespace; undefined if there is no such namespace. */
export type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>> | undefined;

/**
 * Reads a rule as hook version v2 means it: objects of ANY namespace are in reach unless the rule confines it.
 *
 * @throws TypeError for what Metacontroller refuses: an invalid selector, `names` beside a selector, `namespace` beside
 * `namespaceSelector`, a namespaceSelector on a cluster-scoped type
 */
export function readRelation(rule: RelatedRule, type: ResourceType): Relation {
  const { labelSelector, namespaceSelector, namespace = '', names = [] } = rule;
  const what = `The related rule for ${rule.resource}`;
  if (names.length > 0 && (labelSelector !== undefined || namespaceSelector !== undefined)) {
    throw new TypeError(`${what} has names beside a selector; only one of them may be given.`);
  }
  if (namespace !== '' && namespaceSelector !== undefined) {
    throw new TypeError(`${what} has a namespace beside a namespaceSelector; only one of them may be given.`);
  }
  if (namespaceSelector !== undefined && !type.namespaced) {
    throw new TypeError(`${what} has a namespaceSelector, but ${rule.resource} have no namespace.`);
  }
  const labelled = selects(labelSelector);
  const namespaceLabelled: LabelPredicate | undefined =
    namespaceSelector === undefined ? undefined : selects(namespaceSelector);
  const named = names.length === 0 ? undefined : new Set(names);

  return {
    type,
    reaches: ({ metadata }, labelsOfNamespace) => {
      if (named !== undefined && !named.has(metadata.name)) return false;
      if (type.namespaced && namespace !== '' && metadata.namespace !== namespace) return false;
      if (!labelled(metadata.labels)) return false;
      if (namespaceLabelled === undefined) return true;
      const labels = labelsOfNamespace(metadata.namespace ?? '');
      return labels !== undefined && namespaceLabelled(labels);
    },
  };
}
