import { fastify, type FastifyInstance, type FastifyBaseLogger } from 'fastify';
import { customizeGateway, reportAddresses, syncGateway } from './gateways/controller.ts';
import type { Gateway } from './gateways/gateway.ts';
import type { FetchReports } from './gateways/reports.ts';
import type { CompositeSyncRequest, CustomizeRequest, DecoratorSyncRequest } from './metacontroller/hooks.ts';
import { customizeRegistry, syncRegistry } from './registry/controller.ts';

export interface AppOptions {
  /** The image of the gateways' containers. */
  readonly gatewayImage: string;
  readonly fetchReports: FetchReports;
  /** Whether ExternalName Services may point to loopback (local mode); default false. */
  readonly allowLoopback?: boolean;
  /** The clock; default the system's. */
  readonly now?: () => Date;
  /** Default: nothing is logged. */
  readonly logger?: FastifyBaseLogger;
}

/** The most that a hook's body may have: a 10,000-Service sync has some 60 MB. */
const BODY_LIMIT = 256 * 1024 * 1024;

/**
 * The hooks as an HTTP application, not yet listening: Metacontroller calls it over a Service, local mode by `inject`.
 */
export function buildApp(options: AppOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    ...(options.logger === undefined ? {} : { loggerInstance: options.logger }),
  }) as unknown as FastifyInstance;
  const now = options.now ?? (() => new Date());

  app.post<{ Body: CustomizeRequest<Gateway> }>('/gateways/customize', (request) =>
    customizeGateway(request.body.parent),
  );
  const syncWithReports = async (body: CompositeSyncRequest<Gateway>) => {
    const { namespace = '', name } = body.parent.metadata;
    const reports = await options.fetchReports({ gateway: { namespace, name }, addresses: reportAddresses(body) });
    return syncGateway(body, { gatewayImage: options.gatewayImage, reports, now: now() });
  };
  app.post<{ Body: CompositeSyncRequest<Gateway> }>('/gateways/sync', (request) => syncWithReports(request.body));
  app.post<{ Body: CustomizeRequest<Gateway> }>('/registry/customize', (request) =>
    customizeRegistry(request.body.parent),
  );
  app.post<{ Body: DecoratorSyncRequest<Gateway> }>('/registry/sync', (request) =>
    syncRegistry(request.body, { allowLoopback: options.allowLoopback ?? false }),
  );
  return app;
}
