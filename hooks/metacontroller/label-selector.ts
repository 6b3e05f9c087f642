/** metav1.LabelSelector. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/**
 * Checks a selector by Kubernetes' own rules (apimachinery: metav1.LabelSelectorAsSelector, validation.IsQualifiedName,
 * validation.IsValidLabelValue). Metacontroller never calls sync of a parent whose customize answer holds a selector
 * that breaks them, so the hooks must find out first.
 *
 * @param field the path of the selector, for the sentence
 * @returns a sentence on the first fault, or undefined if the selector is valid
 */
export function labelSelectorFault(selector: LabelSelector, field: string): string | undefined {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    const fault = keyFault(key) ?? valueFault(value);
    if (fault !== undefined) return `${field}.matchLabels: ${fault}`;
  }
  for (const [index, requirement] of (selector.matchExpressions ?? []).entries()) {
    const fault = requirementFault(requirement);
    if (fault !== undefined) return `${field}.matchExpressions[${index}]: ${fault}`;
  }
  return undefined;
}

/** Whether a selector selects everything: to Kubernetes an empty selector matches every object. */
export function selectsEverything(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

function requirementFault(requirement: LabelSelectorRequirement): string | undefined {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) return `operator ${requirement.operator} needs at least one value.`;
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) return `operator ${requirement.operator} takes no values.`;
      break;
    default:
      return `operator ${JSON.stringify(requirement.operator)} is none of In, NotIn, Exists and DoesNotExist.`;
  }
  return keyFault(requirement.key) ?? values.map(valueFault).find((fault) => fault !== undefined);
}

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function keyFault(key: string): string | undefined {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const valid =
    parts.length <= 2 &&
    name.length <= 63 &&
    NAME.test(name) &&
    (prefix === undefined || (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix)));
  return valid ? undefined : `${JSON.stringify(key)} is not a label key, such as "example.com/name".`;
}

function valueFault(value: string): string | undefined {
  if (typeof value === 'string' && (value === '' || (value.length <= 63 && NAME.test(value)))) return undefined;
  return `${JSON.stringify(value)} is not a label value: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit.`;
}
