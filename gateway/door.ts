import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Admission } from './access/admission.ts';
import { ApiKeys } from './access/api-keys.ts';
import { AuthenticationCounts } from './access/authentication-counts.ts';
import type { ClientCertificates } from './access/client-certificate-method.ts';
import { authenticationMethod } from './access/methods.ts';
import { ResourceUrls } from './access/resource-urls.ts';
import type { Principal } from './access/principal.ts';
import { VerifiedTokens } from './access/verified-tokens.ts';
import { Audit, type AuditOptions } from './audit/audit.ts';
import { RequestAudit } from './audit/request-audit.ts';
import type { GatewayConfig } from './config.ts';
import type { RegistryDocument, RegistryPolicy } from './contract/registry-document.ts';
import type { HopMark } from './hop-mark.ts';
import { Front, type FrontOptions } from './http/front.ts';
import { clusterDomainsOf } from './http/hosts.ts';
import { Screening } from './http/screening.ts';
import type { Limits } from './limits/limits.ts';
import type { LimitName } from './limits/limit-error.ts';
import type { Logger } from './log.ts';
import { readerBase } from './overview.ts';
import type { OwnPlace } from './own-names.ts';
import { pages } from './pages.ts';
import type { Serving } from './serving.ts';
import type { Outlets } from './upstream/outlets.ts';

export interface DoorOptions extends Pick<FrontOptions, 'agents' | 'observe'> {
  readonly config: GatewayConfig;
  readonly callerLimits: Limits;
  readonly serving: Serving;
  readonly outlets: Outlets;
  readonly scheme: 'http' | 'https';
  /** Of clients; undefined: they are not asked for certificates. */
  readonly certificates: ClientCertificates | undefined;
  /** Takes the audit's lines. */
  readonly writeAudit: AuditOptions['write'];
  readonly log: Logger;
}

/** What the bodies of large requests may take together; the process is bounded by what its container may have. */
const LARGE_BODIES_BYTES = 64 * 1024 * 1024;

/**
 * The part of the gateway that a request passes before it is served: what it must be like, who it is of, whether that one
 * may ask for more, and what is written of it. Each registry says anew what holds.
 */
export class Door {
  readonly authentication = new AuthenticationCounts();
  readonly #place: OwnPlace;
  readonly #limits: Limits;
  readonly #audit: Audit;
  readonly #apiKeys: ApiKeys | undefined;
  readonly #admission: Admission;
  readonly #front: Front;
  readonly #mark: HopMark;
  #screening: Screening;
  #resources: ResourceUrls;

  constructor({
    config,
    callerLimits,
    serving,
    outlets,
    scheme,
    certificates,
    writeAudit,
    log,
    ...served
  }: DoorOptions) {
    const { limits } = config;
    this.#place = { gateway: config.gateway, clusterDomains: clusterDomainsOf(resolvConf()) };
    this.#limits = callerLimits;
    this.#audit = new Audit({ format: config.log.format, write: writeAudit });
    this.#mark = outlets.mark;
    this.#screening = this.#screeningBy(undefined);
    this.#resources = this.#resourcesBy(undefined);
    this.#apiKeys = config.apiKeysDir === undefined ? undefined : new ApiKeys(config.apiKeysDir, log);
    const methodContext = {
      apiKeys: this.#apiKeys,
      certificates,
      fetchOf: (allowsPrivate: boolean) => (allowsPrivate ? outlets.fetch : outlets.publicFetch),
      kubeApi: config.kubeApi,
      tokens: new VerifiedTokens(),
      resources: () => this.#resources,
      counts: this.authentication,
      log,
    };
    const admission = new Admission({
      methodOf: (method) => authenticationMethod(method, methodContext),
      baseOf: ({ headers }) => readerBase(serving.table.document?.policy, scheme, headers.host),
      counts: this.authentication,
    });
    this.#admission = admission;
    this.#front = new Front({
      table: () => serving.table,
      screen: (request, response) => this.#screening.answers(request, response),
      admit: (request, path) => admission.admit(request, path),
      challenge: (request, path, scopes) => admission.challenge(request, path, scopes),
      open: (path, request) => admission.metadata(request, path),
      mcp: serving.endpoint,
      ...served,
      maxRequests: limits.requests,
      limits: this.#limits,
      audit: new RequestAudit(this.#audit, () => serving.table),
      maxBodies: Math.max(LARGE_BODIES_BYTES, 4 * limits.bodyBytes),
      onFault: (thrown) => log.error('A request failed by a fault of the gateway.', { error: thrown }),
      ...pages({ gateway: config.gateway, scheme, cardOf: (key) => serving.agentOf(key)?.known?.card }),
    });
  }

  /** Serves one request. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#front.handle(request, response);
  }

  /** Requests that wait for an answer now. */
  get active(): number {
    return this.#front.active;
  }

  /** How many requests each limit has refused. */
  get refusals(): Readonly<Record<LimitName, number>> {
    return this.#limits.refusals;
  }

  /** Lines of the audit that nobody read. */
  get droppedAuditLines(): number {
    return this.#audit.dropped;
  }

  /** Why somebody may not be let in who should be, a sentence each. */
  get errors(): readonly string[] {
    return this.#admission.errors;
  }

  /** Whether a credential that let its caller in would still do so. */
  stillCounts(principal: Principal): boolean {
    return this.#admission.stillCounts(principal);
  }

  /** @param listener told when there are other API keys than before */
  onKeysChange(listener: () => void): void {
    this.#apiKeys?.onChange(listener);
  }

  /** Holds to what another registry says. To be called before it is served: what is new in it is for those alone whom it lets in. */
  take(document: RegistryDocument): void {
    const { policy } = document;
    this.#limits.take(policy.limits, policy.auth !== undefined);
    this.#audit.take(policy.audit);
    this.#screening = this.#screeningBy(policy);
    this.#resources = this.#resourcesBy(policy);
    this.#admission.take(document);
  }

  /** Nothing comes any more. */
  close(): void {
    this.#admission.close();
    this.#apiKeys?.close();
    this.#audit.close();
  }

  #screeningBy(policy: RegistryPolicy | undefined): Screening {
    return new Screening({ ...this.#place, policy }, this.#mark);
  }

  #resourcesBy(policy: RegistryPolicy | undefined): ResourceUrls {
    return new ResourceUrls({ ...this.#place, policy });
  }
}

/** What the process resolves names by; empty where there is no such file. */
function resolvConf(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    return '';
  }
}
