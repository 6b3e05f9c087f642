import { fastify, type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

/** What the admin port tells. */
export interface AdminOptions {
  readonly metrics: Registry;
  /** Whether calls may come: not before the hooks listen, and not once they end. */
  readonly isReady: () => boolean;
}

/** Probes and metrics, on a port of their own that no Service has. */
export function buildAdmin({ metrics, isReady }: AdminOptions): FastifyInstance {
  const app = fastify();
  app.get('/healthz', () => 'ok\n');
  app.get('/readyz', (_request, reply) =>
    isReady() ? reply.send('ok\n') : reply.code(503).send('The hooks are starting or ending.\n'),
  );
  app.get('/metrics', (_request, reply) =>
    metrics.metrics().then((text) => reply.header('content-type', metrics.contentType).send(text)),
  );
  return app;
}
