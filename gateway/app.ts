import type { GatewayConfig } from './config.ts';
import { Front } from './http/front.ts';
import { Listener } from './http/listener.ts';
import type { Logger } from './log.ts';
import { registrySource } from './registry/registry-source.ts';
import { Serving } from './serving.ts';

/** A gateway process without the process. */
export interface Gateway {
  /** Listens; resolves once connections are taken. @throws if a port is taken */
  start(): Promise<{ readonly url: string; readonly adminUrl: string }>;
  /** Not ready from now on; existing work finishes, streams end properly. Resolves when nothing is left. */
  close(): Promise<void>;
}

/** The one place where the stages of the gateway meet. */
export function createGateway(config: GatewayConfig, log: Logger): Gateway {
  const { limits } = config;
  const serving = new Serving(limits, log);
  const source = registrySource(config, log);
  const front = new Front({
    table: () => serving.table,
    mcp: serving.endpoint,
    maxRequests: limits.requests,
    observe: () => undefined,
    plain: {},
  });
  const listener = new Listener({
    ...config.listen,
    ...limits,
    onRequest: (request, response) => front.handle(request, response),
  });
  return {
    async start() {
      source.start({
        document: (document) => serving.take(document),
        fault: (error) => log.warn('The registry cannot be taken; the last good one stays.', { error }),
      });
      const port = await listener.listen();
      return { url: `http://127.0.0.1:${port}/mcp`, adminUrl: '' };
    },
    async close() {
      await source.close();
      serving.endStreams();
      await listener.drain(limits.drainTimeoutMs);
      await serving.close();
    },
  };
}
