import { startAgent, type RunningAgent } from './start-agent.ts';
import { startServer, type RunningServer } from './start-server.ts';

/** A server of each transport, and an agent whose card is always fetched anew. */
export interface OneOfEach {
  readonly servers: Readonly<Record<'modern' | 'legacy' | 'http-sse', RunningServer>>;
  readonly agent: RunningAgent;
}

/** Starts them; they end with the test. */
export async function oneOfEach(t: { teardown(end: () => Promise<unknown>): void }): Promise<OneOfEach> {
  const servers = {
    modern: await startServer('modern'),
    legacy: await startServer('legacy'),
    'http-sse': await startServer('http-sse'),
  };
  const agent = await startAgent('a2a', { args: ['--card-age', '0'] });
  t.teardown(() => Promise.all([...Object.values(servers), agent].map((each) => each.stop())));
  return { servers, agent };
}
