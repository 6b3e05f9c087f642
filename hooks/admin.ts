import { fastify, type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

/** What the admin port tells. */
export interface AdminOptions {
  readonly metrics: Registry;
  /** Why no call may come now, as a sentence; undefined: calls may come. */
  readonly whyNotReady: () => string | undefined;
}

/** Probes and metrics, on a port of their own that no Service has. */
export function buildAdmin({ metrics, whyNotReady }: AdminOptions): FastifyInstance {
  const app = fastify();
  app.get('/healthz', () => 'ok\n');
  app.get('/readyz', (_request, reply) => {
    const reason = whyNotReady();
    return reason === undefined ? reply.send('ok\n') : reply.code(503).send(`${reason}\n`);
  });
  app.get('/metrics', (_request, reply) =>
    metrics.metrics().then((text) => reply.header('content-type', metrics.contentType).send(text)),
  );
  return app;
}
