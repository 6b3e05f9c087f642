import { isIPv6, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { A2aEndpoint } from './a2a/endpoint.ts';
import type { AuditOptions } from './audit/audit.ts';
import type { GatewayConfig } from './config.ts';
import { REPORT_FORMAT_VERSION, type GatewayReport } from './contract/report.ts';
import { Door } from './door.ts';
import { buildAdmin, type Readiness } from './http/admin.ts';
import { listenOn } from './http/listen.ts';
import { Listener } from './http/listener.ts';
import { mutualTls } from './http/mutual-tls.ts';
import { Limits } from './limits/limits.ts';
import type { Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { readerBase } from './overview.ts';
import { registrySource } from './registry/registry-source.ts';
import { folderKeyRing, randomKeyRing } from './sealing/key-ring.ts';
import { Sealer } from './sealing/sealer.ts';
import { Serving } from './serving.ts';
import { openOutlets } from './upstream/outlets.ts';

/**
 * How long a gateway that starts is not ready for the sake of servers that it has not asked yet, in milliseconds. In a
 * rollout it takes the place of one that knows them all; one that does not answer must not keep it from that.
 */
const FIRST_LOOK_MS = 5000;

/** A gateway process without the process. */
export interface Gateway {
  /** Listens; resolves once connections are taken. @throws if a port is taken */
  start(): Promise<{ readonly url: string; readonly adminUrl: string }>;
  /** Not ready from now on; existing work finishes, streams end properly. Resolves when nothing is left. */
  close(): Promise<void>;
}

/** Characters of what a report says of access. */
const MAX_ERROR = 2048;

/** Which part of the time for draining the streams of A2A have: what ends with the rest could not be told. */
const DRAIN_SHARE = 0.8;

/** The one place where the stages of the gateway meet. @param writeAudit takes the audit's lines */
export function createGateway(config: GatewayConfig, log: Logger, writeAudit: AuditOptions['write']): Gateway {
  const { limits } = config;
  const callerLimits = new Limits(limits.requests);
  const source = registrySource(config, log);
  const keys = config.keysDir === undefined ? randomKeyRing() : folderKeyRing(config.keysDir, log);
  const sealer = new Sealer(keys);
  const outlets = openOutlets({
    ...config,
    apiServerUrl: config.kubeApi?.url,
    log,
  });
  const serving = new Serving(limits, callerLimits, sealer, outlets, log, (principal) => door.stillCounts(principal));
  const tls =
    config.tlsDir === undefined
      ? undefined
      : mutualTls({ folder: config.tlsDir, clientCaFolder: config.clientCaDir, log });
  const scheme = tls === undefined ? 'http' : 'https';
  const agents = new A2aEndpoint({
    agentOf: (key) => serving.agentOf(key),
    foundOf: (key) => serving.foundOf(key),
    baseUrl: ({ table }, host) => readerBase(table.document?.policy, scheme, host),
    sealer,
    bodyBytes: limits.bodyBytes,
    callTimeoutMs: limits.callTimeoutMs,
    log,
  });
  let registryError: string | undefined;
  let firstLook: Promise<void> | undefined;
  let hasLooked = false;
  let isDraining = false;

  const door = new Door({
    config,
    callerLimits,
    serving,
    outlets,
    scheme,
    certificates: tls?.clientCertificates,
    agents,
    observe(outcome) {
      metrics.observe(outcome);
      if (log.debugEnabled) log.debug('A request was answered.', { ...outcome });
    },
    writeAudit,
    log,
  });
  const retain = (): void => {
    serving.retain();
    agents.retain(serving.viewOf);
  };
  door.onKeysChange(retain);
  tls?.onClientCaChange(retain);
  const metrics = createMetrics({
    sessions: () => serving.sessions.size,
    activeRequests: () => door.active,
    droppedAnswers: () => serving.droppedAnswers,
    changedServers: () => serving.upstreams.changedCount,
    refusals: () => door.refusals,
    droppedAuditLines: () => door.droppedAuditLines,
    authentication: door.authentication,
  });
  const listener = new Listener({
    ...config.listen,
    ...limits,
    ...(tls !== undefined && { tls }),
    onRequest: (request, response) => door.handle(request, response),
  });

  function ready(): Readiness {
    if (isDraining) return { ok: false, reason: 'The gateway ends: running work finishes.' };
    if (serving.table.document === undefined) {
      return { ok: false, reason: `No registry has been taken yet. ${registryError ?? ''}`.trimEnd() };
    }
    if (tls?.isUsable === false) return { ok: false, reason: tls.status().error ?? 'There is no TLS certificate.' };
    return hasLooked ? { ok: true } : { ok: false, reason: 'The servers are asked for the first time.' };
  }

  async function look(): Promise<void> {
    await Promise.race([serving.settled(), delay(FIRST_LOOK_MS, undefined, { ref: false })]);
    hasLooked = true;
  }

  function report(): GatewayReport {
    const { document } = serving.table;
    const unmatched = serving.unmatchedRules;
    const accessErrors = door.errors;
    const credentialErrors = [
      outlets.credentials.problem,
      document && outlets.credentials.unused([...document.services, ...document.rejected]),
    ].filter((text) => text !== undefined);
    return {
      formatVersion: REPORT_FORMAT_VERSION,
      gateway: config.gateway,
      registry: { revision: document?.revision ?? null, ...(registryError !== undefined && { error: registryError }) },
      ...(tls !== undefined && { tls: tls.status() }),
      ...(outlets.cas.problem !== undefined && { cas: { error: outlets.cas.problem } }),
      ...(credentialErrors.length > 0 && { credentials: { error: credentialErrors.join(' ') } }),
      ...(unmatched !== undefined && { rules: { unmatched } }),
      ...(accessErrors.length > 0 && { access: { error: accessErrors.join(' ').slice(0, MAX_ERROR) } }),
      services: serving.report(),
    };
  }

  const admin = buildAdmin({ ready, report, metrics });

  return {
    async start() {
      source.start({
        document(document) {
          registryError = undefined;
          door.take(document);
          serving.take(document);
          agents.retain(serving.viewOf);
          firstLook ??= look();
          metrics.registryTaken(document);
          log.info('A registry was taken.', { revision: document.revision, services: document.services.length });
        },
        fault(error) {
          registryError = error.message;
          metrics.registryFault();
          log.warn('The registry cannot be taken; the last good one stays.', { reason: error.message });
        },
      });
      await admin.ready();
      await listenOn(admin.server, config.adminListen);
      await listener.listen();
      outlets.guard.takeOwnPorts([portOf(admin.server.address()), portOf(listener.server.address())]);
      return {
        url: `${scheme}://${authority(listener.server.address())}/mcp`,
        adminUrl: `http://${authority(admin.server.address())}`,
      };
    },

    async close() {
      isDraining = true;
      await source.close();
      const drained = listener.drain(limits.drainTimeoutMs);
      agents.endAfter(limits.drainTimeoutMs * DRAIN_SHARE);
      serving.endStreams();
      await drained;
      tls?.close();
      keys.close();
      await serving.close();
      door.close();
      await outlets.close();
      await admin.close();
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What to dial for an address that is listened on, from this machine. */
function authority(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('The listener has no address.');
  const host = address.address === '::' || address.address === '0.0.0.0' ? '127.0.0.1' : address.address;
  return `${isIPv6(host) ? `[${host}]` : host}:${address.port}`;
}
