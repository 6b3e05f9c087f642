import type { Server as SecureServer } from 'node:https';
import {
  fastify,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import type { TlsContext } from '../mounts/tls.ts';
import { customizeGateway, reportAddresses, syncGateway } from './gateways/controller.ts';
import type { Gateway } from './gateways/gateway.ts';
import type { FetchReports } from './gateways/reports.ts';
import { silentLogger, type Logger } from './log.ts';
import type { CompositeSyncRequest, CustomizeRequest, DecoratorSyncRequest } from './metacontroller/hooks.ts';
import type { HookMetrics, HookName, HookOutcome } from './metrics.ts';
import { customizeRegistry, syncRegistry } from './registry/controller.ts';
import { compositeSyncSchema, customizeSchema, decoratorSyncSchema } from './schemas.ts';
import type { AcceptedTokens } from './tokens.ts';

export interface AppOptions {
  /** The image of the gateways' containers. */
  readonly gatewayImage: string;
  readonly fetchReports: FetchReports;
  /** Whether ExternalName Services may point to loopback (local mode); default false. */
  readonly allowLoopback?: boolean;
  /** The clock; default the system's. */
  readonly now?: () => Date;
  /** Default: nothing is logged. */
  readonly logger?: Logger;
  /** Serves HTTPS; default HTTP. */
  readonly tls?: TlsContext;
  /** A call must show one of these tokens; default: none is asked for. */
  readonly tokens?: AcceptedTokens;
  /** Default: nothing is counted. */
  readonly metrics?: HookMetrics;
}

/** The most that a hook's body may have: a 10,000-Service sync has some 70 MB. */
const BODY_LIMIT = 256 * 1024 * 1024;
/** Within this a call must have come in as a whole. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * The hooks as an HTTP application, not yet listening: Metacontroller calls it over a Service, local mode by `inject`.
 * 200 is a success to Metacontroller, all else a failure that it retries: a user's mistake is told in a 200, in status.
 */
export function buildApp(options: AppOptions): FastifyInstance {
  const now = options.now ?? (() => new Date());
  const settings = {
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Bodies are read by name, never merged into anything: a ConfigMap may well have a key "__proto__".
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false } },
    schemaErrorFormatter: ([error], dataVar) =>
      new Error(`The field "${fieldName(error)}" of the ${dataVar} ${error?.message ?? 'is not valid'}.`),
  } satisfies FastifyServerOptions;
  const app = options.tls === undefined ? fastify(settings) : secureFastify(settings, options.tls);
  const { tokens } = options;
  if (tokens !== undefined) {
    // Before the body is read: whoever shows no token cannot have us take in 256 MiB.
    app.addHook('onRequest', (request, _reply, done) => {
      const fault = tokens.faultOf(request.headers.authorization);
      done(fault === undefined ? undefined : Object.assign(new Error(fault), { statusCode: 401 }));
    });
  }

  async function syncWithReports(body: CompositeSyncRequest<Gateway>) {
    const { namespace = '', name } = body.parent.metadata;
    const reports = await options.fetchReports({ gateway: { namespace, name }, addresses: reportAddresses(body) });
    return syncGateway(body, { gatewayImage: options.gatewayImage, reports, now: now() });
  }

  app.post<{ Body: CustomizeRequest<Gateway> }>('/gateways/customize', hook(customizeSchema), ({ body }) =>
    customizeGateway(body.parent),
  );
  app.post<{ Body: CompositeSyncRequest<Gateway> }>('/gateways/sync', hook(compositeSyncSchema), ({ body }) =>
    syncWithReports(body),
  );
  app.post<{ Body: CustomizeRequest<Gateway> }>('/registry/customize', hook(customizeSchema), ({ body }) =>
    customizeRegistry(body.parent),
  );
  app.post<{ Body: DecoratorSyncRequest<Gateway> }>('/registry/sync', hook(decoratorSyncSchema), ({ body }) =>
    syncRegistry(body, { allowLoopback: options.allowLoopback ?? false }),
  );

  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, options));
  app.addHook('onResponse', (request, reply, done) => {
    observe(request, reply, options);
    done();
  });
  return app;
}

/** The application over HTTPS. To its routes it is the same, whatever its server's type. */
function secureFastify(settings: FastifyServerOptions<SecureServer>, tls: TlsContext): FastifyInstance {
  const app = fastify({ ...settings, https: tls.options });
  tls.attach(app.server);
  return app;
}

function hook(body: object): { readonly schema: { readonly body: object } } {
  return { schema: { body } };
}

/** `/related/Service.v1/shop~1weather` is no field that a person would look for; `related.Service.v1.shop/weather` is. */
function fieldName(error: { instancePath: string; params: Record<string, unknown> } | undefined): string {
  const parts = (error?.instancePath ?? '').split('/').slice(1);
  const { missingProperty } = error?.params ?? {};
  if (typeof missingProperty === 'string') parts.push(missingProperty);
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')).join('.') || 'body';
}

/** A fault of the caller is told to the caller; one of ours to the log, and to the caller only that it happened. */
function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply, options: AppOptions): void {
  const logger = options.logger ?? silentLogger;
  const status = error.validation === undefined ? (error.statusCode ?? 500) : 400;
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  if (status < 500) {
    // Not the caller's own words: who is refused must not fill the log.
    const path = request.routeOptions.url ?? 'a path that is not served';
    logger.warn(`A call of ${path} was refused: ${error.message}`, { status });
    void reply.code(status).send({ error: error.message });
    return;
  }
  logger.error(`A call of ${request.url} failed.`, { gateway: gatewayOf(request), error });
  void reply.code(500).send({ error: `The hook failed: ${error.message}` });
}

function observe(request: FastifyRequest, reply: FastifyReply, { logger, metrics }: AppOptions): void {
  const name = request.routeOptions.url?.slice(1);
  if (name === undefined) return;
  metrics?.observe(name as HookName, outcomeOf(reply.statusCode), reply.elapsedTime / 1000);
  logger?.debug(`Answered ${name}.`, { gateway: gatewayOf(request), status: reply.statusCode, ms: reply.elapsedTime });
}

function outcomeOf(status: number): HookOutcome {
  if (status < 400) return 'ok';
  if (status === 401) return 'unauthorized';
  return status < 500 ? 'malformed' : 'failed';
}

function gatewayOf(request: FastifyRequest): string | undefined {
  const body = request.body as { parent?: Gateway; object?: Gateway } | undefined;
  const metadata = (body?.parent ?? body?.object)?.metadata;
  return metadata === undefined ? undefined : `${metadata.namespace}/${metadata.name}`;
}
