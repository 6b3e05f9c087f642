import type { KubernetesObject } from '../metacontroller/objects.ts';
import { GENERATION_ANNOTATION } from './deployment.ts';
import type { SpecObject } from './services.ts';

/** The parts of an apps/v1 Deployment that say how far it has come. */
export interface Deployment extends KubernetesObject {
  readonly spec?: { readonly replicas?: number; readonly template?: unknown };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

/** How far the observed Deployment has come towards the desired one. */
export interface Rollout {
  /** Pods that exist. */
  readonly replicas: number;
  readonly desired: number;
  readonly updated: number;
  readonly available: number;
  /** Whether no pod serves an older template than the desired one. */
  readonly current: boolean;
  /** Whether nothing remains to be done. */
  readonly complete: boolean;
  /** What the Deployment itself says is wrong, a sentence. */
  readonly problem?: string;
}

/** Reads the observed Deployment; undefined: there is none. */
export function rolloutOf(observed: Deployment | undefined, desired: SpecObject): Rollout | undefined {
  if (observed === undefined) return undefined;
  const { metadata, spec = {}, status = {} } = observed;
  const { replicas = 0, availableReplicas: available = 0 } = status;
  const wanted = spec.replicas ?? 1;
  const seen =
    metadata.annotations?.[GENERATION_ANNOTATION] === desired.metadata.annotations?.[GENERATION_ANNOTATION] &&
    covers(spec.template, desired.spec['template']) &&
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  // Until the Deployment's controller has seen the desired template, what it counts as updated is an older one.
  const updated = seen ? (status.updatedReplicas ?? 0) : 0;
  const current = seen && updated === replicas;
  const problem = problemOf(observed);
  return {
    replicas,
    desired: wanted,
    updated,
    available,
    current,
    complete: current && updated >= wanted && available >= wanted,
    ...(problem === undefined ? {} : { problem }),
  };
}

function problemOf({ status }: Deployment): string | undefined {
  const failed = status?.conditions?.find(
    ({ type, status: value, reason }) =>
      (type === 'ReplicaFailure' && value === 'True') ||
      (type === 'Progressing' && value === 'False' && reason === 'ProgressDeadlineExceeded'),
  );
  return failed?.message ?? failed?.reason;
}

/** Whether everything that is desired is there; what the API server or a user added does not count. */
function covers(observed: unknown, desired: unknown): boolean {
  if (Array.isArray(desired)) {
    return Array.isArray(observed) && desired.every((item, index) => covers(counterpart(observed, item, index), item));
  }
  if (typeof desired === 'object' && desired !== null) {
    if (typeof observed !== 'object' || observed === null) return false;
    const members = observed as Readonly<Record<string, unknown>>;
    return Object.entries(desired).every(([key, member]) => covers(members[key], member));
  }
  return observed === desired;
}

function counterpart(observed: readonly unknown[], item: unknown, index: number): unknown {
  const name = nameOf(item);
  return name === undefined ? observed[index] : observed.find((candidate) => nameOf(candidate) === name);
}

function nameOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null ? (item as { readonly name?: unknown }).name : undefined;
}
