import { fastify, type FastifyInstance } from 'fastify';
import { REPORT_PATH } from '../contract/environment.ts';
import type { GatewayReport } from '../contract/report.ts';

/** Whether this replica may get traffic. */
export interface Readiness {
  readonly ok: boolean;
  /** Why not: a sentence. */
  readonly reason?: string;
}

export interface AdminOptions {
  /** Asked for each probe: a registry and, for HTTPS, a certificate are held, and the process does not drain. */
  readonly ready: () => Readiness;
  readonly report: () => GatewayReport;
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
}

const TEXT = 'text/plain; charset=utf-8';

/**
 * What stands on the admin port: probes, metrics and the report. It is on no Service and needs no authentication; none
 * of its answers holds a secret.
 */
export function buildAdmin(options: AdminOptions): FastifyInstance {
  const app = fastify({
    // A scraper that keeps its connection open must not hold up the end of the process.
    forceCloseConnections: true,
    // It takes no bodies.
    bodyLimit: 1024,
  });
  app.get('/healthz', (_request, reply) => reply.type(TEXT).send('ok\n'));
  app.get('/readyz', (_request, reply) => {
    const { ok, reason } = options.ready();
    return reply
      .code(ok ? 200 : 503)
      .type(TEXT)
      .send(ok ? 'ok\n' : `${reason ?? 'Not ready.'}\n`);
  });
  app.get('/metrics', async (_request, reply) => {
    const text = await options.metrics.render();
    return reply.type(options.metrics.contentType).send(text);
  });
  app.get(REPORT_PATH, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(JSON.stringify(options.report())),
  );
  app.setNotFoundHandler((request, reply) => {
    const paths = `/healthz, /readyz, /metrics, ${REPORT_PATH}`;
    return reply
      .code(404)
      .type(TEXT)
      .send(`There is no ${request.method} ${request.url.slice(0, 128)}; there are GET ${paths}.\n`);
  });
  return app;
}
