import type { KubernetesObject } from '../metacontroller/objects.ts';

/** The parts of a core/v1 Service that the registry reads. */
export interface Service extends KubernetesObject {
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly ipFamilies?: readonly string[];
    readonly externalName?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly ServicePort[];
  };
}

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
}

/** The parts of a discovery.k8s.io/v1 EndpointSlice that the hooks read. */
export interface EndpointSlice extends KubernetesObject {
  readonly addressType?: string;
  readonly endpoints?: readonly Endpoint[] | null;
  readonly ports?: readonly EndpointPort[] | null;
}

export interface Endpoint {
  readonly addresses?: readonly string[];
  readonly conditions?: { readonly ready?: boolean | null; readonly terminating?: boolean | null };
  readonly targetRef?: {
    readonly kind?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
  };
}

export interface EndpointPort {
  readonly name?: string | null;
  readonly port?: number | null;
  readonly protocol?: string | null;
}

/** Type keys of what the registry relates. */
export const SERVICE_TYPE = 'Service.v1';
export const ENDPOINT_SLICE_TYPE = 'EndpointSlice.discovery.k8s.io/v1';
export const CONFIG_MAP_TYPE = 'ConfigMap.v1';

/** The label by which an EndpointSlice names its Service; set by Kubernetes, and by whoever writes one by hand. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
