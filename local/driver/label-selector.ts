import type { LabelSelector, LabelSelectorRequirement } from '../../hooks/metacontroller/label-selector.ts';

export type Labels = Readonly<Record<string, string>>;
export type LabelPredicate = (labels: Labels | undefined) => boolean;

/**
 * A selector as a predicate over labels, by Kubernetes' rules (metav1.LabelSelectorAsSelector): no selector and an empty one match
 * everything, all requirements must hold, and `NotIn` holds where the label is absent.
 *
 * @throws TypeError if Kubernetes would refuse it; Metacontroller then never calls sync
 */
export function selects(selector: LabelSelector | undefined): LabelPredicate {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const requirements = [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, operator: 'In', values: [value] })),
    ...matchExpressions,
  ].map(requirementHolds);
  return (labels = {}) => requirements.every((holds) => holds(labels));
}

function requirementHolds({ key, operator, values = [] }: LabelSelectorRequirement): (labels: Labels) => boolean {
  checkKey(key);
  const value = (labels: Labels): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  switch (operator) {
    case 'In':
    case 'NotIn': {
      if (values.length === 0)
        throw new TypeError(`A selector's requirement on "${key}" with ${operator} needs values.`);
      for (const wanted of values) checkValue(key, wanted);
      const wanted = new Set(values);
      if (operator === 'In') return (labels) => value(labels) !== undefined && wanted.has(value(labels) ?? '');
      return (labels) => value(labels) === undefined || !wanted.has(value(labels) ?? '');
    }
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0)
        throw new TypeError(`A selector's requirement on "${key}" with ${operator} takes no values.`);
      return (labels) => (value(labels) !== undefined) === (operator === 'Exists');
    default:
      throw new TypeError(`A selector's requirement on "${key}" has the unknown operator "${operator}".`);
  }
}

const NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** A qualified name: an optional DNS subdomain and `/`, then a name of at most 63 characters. */
function checkKey(key: string): void {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  const [prefix] = parts.length === 2 ? parts : [undefined];
  const prefixFits = prefix === undefined || (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix));
  if (parts.length > 2 || !NAME.test(name) || !prefixFits) throw new TypeError(`"${key}" is not a label's key.`);
}

function checkValue(key: string, value: string): void {
  if (typeof value !== 'string' || (value !== '' && !NAME.test(value))) {
    throw new TypeError(`"${value}" is not a label's value (label "${key}").`);
  }
}
