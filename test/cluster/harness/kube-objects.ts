/** Metadata as far as tests look at it. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
}

/** Any object of the API. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** What names a kind of object. */
export interface Kind {
  apiVersion: string;
  kind: string;
}

/** What names one object. */
export interface Reference extends Kind {
  name: string;
  /** Absent for what is in no namespace. */
  namespace?: string | undefined;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  observedGeneration?: number;
}

export interface Pod extends KubeObject {
  spec: { nodeName?: string; containers: { name: string; image: string }[] };
  status?: {
    phase?: string;
    podIP?: string;
    conditions?: Condition[];
    containerStatuses?: { name: string; ready: boolean; restartCount: number; state?: unknown }[];
  };
}

/** What names the object. */
export function referenceTo({ apiVersion, kind, metadata }: KubeObject): Reference {
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
}

/** The object's condition of the type, if it has it. */
export function conditionOf(object: KubeObject | undefined, type: string): Condition | undefined {
  const status = object?.['status'] as { conditions?: Condition[] } | undefined;
  return status?.conditions?.find((condition) => condition.type === type);
}
