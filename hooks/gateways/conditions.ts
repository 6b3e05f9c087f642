/** metav1.Condition. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
  readonly reason: ConditionReason;
  readonly message: string;
}

export type ConditionType = 'Accepted' | 'Available' | 'Progressing' | 'Protected' | 'Ready';

export type ConditionReason =
  /** Accepted: the spec is valid and no name is taken. */
  | 'GatewayAccepted'
  /** Accepted, Available: the spec has faults; the message names each. */
  | 'ConfigurationError'
  /** Accepted: someone else's object, or one that lost its owner, stands under a name of ours; the message names each. */
  | 'NameConflict'
  /** Available, which mirrors Accepted under the older names. */
  | 'GatewayConfigured'
  /** Progressing: pods are being replaced, started or stopped. */
  | 'RollingOut'
  /** Progressing: nothing remains to be done. */
  | 'RolledOut'
  /** Protected: everyone who reaches the gateway may use everything. */
  | 'NoAuthentication'
  /** Protected: only callers that say who they are come in. */
  | 'Authenticated'
  /** Protected: callers that bring no credential come in, too. */
  | 'AnonymousAllowed'
  /** Protected, and something is amiss: rules that name nothing which is there; the message has their names. */
  | 'RulesUnmatched'
  /** Protected, Unknown: no registry was made of the spec yet, which has faults, or is new. */
  | 'NothingServed'
  /** Ready: an available replica holds a registry. */
  | 'GatewayReady'
  | 'GatewayNotReady';

/** What a condition says, but for the generation that it is of. */
export type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>;

/** A condition before it is compared with the one before it. */
export type ConditionFinding = Omit<Condition, 'lastTransitionTime'>;

/** Dates a condition: its transition time moves only when its status does (metav1.Condition), else nothing ever settles. */
export function datedCondition(finding: ConditionFinding, previous: readonly Condition[], now: string): Condition {
  const before = previous.find(({ type }) => type === finding.type);
  return { ...finding, lastTransitionTime: before?.status === finding.status ? before.lastTransitionTime : now };
}

/** Sentences as one message, the first ones if there are many. */
export function sentences(parts: readonly string[]): string {
  const shown = parts.slice(0, 10);
  return parts.length > shown.length ? `${shown.join(' ')} And ${parts.length - shown.length} more.` : shown.join(' ');
}
