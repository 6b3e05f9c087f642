/**
 * Who may come to a gateway, and what each may use: the parts of the registry document that a gateway must understand,
 * or else refuse (`REGISTRY_FORMAT_VERSION` 2). Fields are named as in the Gateway's spec.
 */

/** Who is let in. Absent from the policy: everyone who reaches the gateway. */
export interface AuthPolicy {
  /** In order: the first that a request brings a credential for decides. */
  readonly methods: readonly AuthMethod[];
}

/** One way to say who one is: exactly one member. */
export type AuthMethod =
  | { readonly jwt: JwtMethod }
  | { readonly serviceAccount: ServiceAccountMethod }
  | { readonly apiKey: ApiKeyMethod }
  /** Certificates that the Gateway's client CA has signed. */
  | { readonly clientCertificate: Readonly<Record<string, never>> }
  /** Whoever brings no credential at all. */
  | { readonly anonymous: Readonly<Record<string, never>> };

/** Access tokens in the form of a JWT (RFC 9068 or alike) of one issuer. */
export interface JwtMethod {
  /** As the tokens' `iss` has it, to the letter. */
  readonly issuer: string;
  /** One of them must be among the tokens' `aud`; absent: the URL of the endpoint that is called (RFC 8707). */
  readonly audiences?: readonly string[];
  /** Where the issuer's keys are; absent: its metadata says so (RFC 8414, OpenID Connect Discovery). */
  readonly jwksUri?: string;
  /** JWS algorithms (RFC 7518), asymmetric ones only. */
  readonly algorithms: readonly string[];
  readonly clockSkewSeconds: number;
  /** The claims that hold a user's name, groups and scopes. */
  readonly userClaim: string;
  readonly groupsClaim: string;
  readonly scopesClaim: string;
  /** Whether the issuer may be at an address of a private network, as one inside the cluster is. */
  readonly allowPrivateAddresses: boolean;
}

/** Tokens of the cluster's ServiceAccounts. */
export interface ServiceAccountMethod {
  /** One of them must be among the tokens' audiences. */
  readonly audiences: readonly string[];
}

/** Keys whose hashes are in the Gateway's mounted Secret. */
export interface ApiKeyMethod {
  /** The header that has the key; `Authorization: Bearer` is taken, too. Lower case. */
  readonly header: string;
}

/** What callers may, or may not, use. */
export interface AccessRule {
  /** Unique in the document. */
  readonly name: string;
  readonly effect: 'Allow' | 'Deny';
  /** Any of these; absent: everyone who was let in. */
  readonly from?: readonly AccessSource[];
  /** Any of these; absent: everything. */
  readonly to?: readonly AccessTarget[];
}

/**
 * Callers: all members that are there must hold, of each member's values one is enough, but of `scopes` all are needed.
 * Values are patterns, in which `*` stands for any characters; issuers, scopes and the names of claims are not.
 */
export interface AccessSource {
  /** Users of JWT issuers. */
  readonly users?: readonly string[];
  readonly issuers?: readonly string[];
  readonly groups?: readonly string[];
  readonly scopes?: readonly string[];
  readonly claims?: readonly { readonly name: string; readonly values: readonly string[] }[];
  /** `<namespace>/<name>`. */
  readonly serviceAccounts?: readonly string[];
  /** Names of keys. */
  readonly apiKeys?: readonly string[];
  /** Identities of client certificates. */
  readonly certificates?: readonly string[];
  /** Those who brought no credential. */
  readonly anonymous?: boolean;
}

/**
 * Things that can be used. Without any of the last four members: all that the Services have; with some: only those kinds.
 * Values are patterns, in which `*` stands for any characters; names and URIs are the servers' own.
 */
export interface AccessTarget {
  /** `<namespace>/<name>`; absent: all. */
  readonly services?: readonly string[];
  readonly tools?: readonly string[];
  readonly prompts?: readonly string[];
  /** URIs, and URI templates. */
  readonly resources?: readonly string[];
  /** Agents, as `<namespace>/<name>`: all of their tools, and their own endpoint for A2A clients. */
  readonly agents?: readonly string[];
}

/** So many requests a period; `burst` of them may come at once. */
export interface RateLimit {
  readonly requests: number;
  readonly periodSeconds: number;
  readonly burst: number;
}

/** How much callers may ask for; each replica counts for itself. */
export interface LimitPolicy {
  /** Of each caller. */
  readonly perPrincipal?: RateLimit;
  /** Of each server, by all callers. */
  readonly perServer?: RateLimit;
  /** Of each tool, by all callers. */
  readonly perTool?: RateLimit;
  /** How many requests may be in work at one time, of one caller and at one server. */
  readonly concurrentPerPrincipal?: number;
  readonly concurrentPerServer?: number;
}

/** What is written of each request. */
export interface AuditPolicy {
  readonly mode: 'None' | 'Denied' | 'All';
  /** Whether the arguments of calls are written, too. */
  readonly arguments: boolean;
}

/** Web pages of other origins that may call. */
export interface CorsPolicy {
  /** `https://example.com`, `https://*.example.com`, or `*`. */
  readonly allowOrigins: readonly string[];
}
