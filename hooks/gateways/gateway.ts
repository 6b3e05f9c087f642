import type {
  AccessRule,
  AuditPolicy,
  CorsPolicy,
  JwtMethod,
  LimitPolicy,
  RateLimit,
  ServiceAccountMethod,
} from '../../gateway/contract/access-policy.ts';
import type { LabelSelector } from '../metacontroller/label-selector.ts';
import type { KubernetesObject } from '../metacontroller/objects.ts';

/** The API group and version of Gateways. */
export const GATEWAY_API_VERSION = 'gateways.fetchfy.ai/v1alpha1';
export const GATEWAY_KIND = 'Gateway';

/** Whether an apiVersion is one of Gateways, whatever its version. */
export function isGatewayApi(apiVersion: string): boolean {
  return apiVersion.startsWith('gateways.fetchfy.ai/');
}

/** A Gateway as its CRD admits it; fields that have a default in the schema may still be absent in local mode. */
export interface Gateway extends KubernetesObject {
  readonly spec?: GatewaySpec;
  readonly status?: Readonly<Record<string, unknown>>;
}

export interface GatewaySpec {
  /** The port of the gateway's Service; the container always listens on 8080. */
  readonly mcpPort?: number;
  readonly serviceSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly enableTls?: boolean;
  /** The name of a kubernetes.io/tls Secret in the Gateway's namespace. */
  readonly tlsSecretRef?: string;
  /** The name of a Secret in the Gateway's namespace whose ca.crt has signed the certificates of clients. */
  readonly clientCaSecretRef?: string;
  /** The name of a ConfigMap with the CAs that are trusted beside the public ones. */
  readonly caConfigMapRef?: string;
  /** The name of a Secret with what is shown to servers, by `<namespace>.<service>`. */
  readonly credentialsSecretRef?: string;
  /** Absent: everyone who reaches the gateway may use everything. */
  readonly auth?: AuthSpec;
  readonly cors?: CorsPolicy;
  readonly limits?: LimitSpec;
  /** Default `Warn`. */
  readonly toolPolicy?: 'Warn' | 'Enforce';
  readonly audit?: Partial<AuditPolicy>;
  /** Patterns of the host names that ExternalName Services may point to. */
  readonly externalNames?: readonly string[];
  /** Host names under which clients from outside reach the gateway. */
  readonly hosts?: readonly string[];
  readonly publicUrl?: string;
  /** Absent: left to an autoscaler, which targets the Gateway's scale subresource. */
  readonly replicas?: number;
  readonly resources?: ResourceRequirements;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[];
}

export interface AuthSpec {
  readonly methods: readonly AuthMethodSpec[];
  readonly rules?: readonly AccessRuleSpec[];
}

/** Exactly one member; what has a default in the schema may be absent. */
export interface AuthMethodSpec {
  readonly jwt?: Pick<JwtMethod, 'issuer'> & Partial<JwtMethod>;
  readonly serviceAccount?: Partial<ServiceAccountMethod>;
  readonly apiKey?: { readonly secretRef: string; readonly header?: string };
  readonly clientCertificate?: Readonly<Record<string, never>>;
  readonly anonymous?: Readonly<Record<string, never>>;
}

export type AccessRuleSpec = Omit<AccessRule, 'effect'> & { readonly effect?: AccessRule['effect'] };

type RateSpec = Pick<RateLimit, 'requests'> & Partial<RateLimit>;

export interface LimitSpec extends Omit<LimitPolicy, 'perPrincipal' | 'perServer' | 'perTool'> {
  readonly perPrincipal?: RateSpec;
  readonly perServer?: RateSpec;
  readonly perTool?: RateSpec;
}

export interface ResourceRequirements {
  readonly requests?: Readonly<Record<string, string | number>>;
  readonly limits?: Readonly<Record<string, string | number>>;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}
