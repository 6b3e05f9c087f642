/** Defects of the gateway's own. No request is known to lead to one, so a module that is loaded before it makes them. */
import t from 'tap';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const defect = "process.on('SIGUSR2', () => void Promise.reject(new Error('left alone')))";

t.test('a promise that fails and that nobody waits for is logged, and ends nothing', async (t) => {
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(defect)}` };
  await using gateway = await startGateway([], { env });
  process.kill(gateway.pid, 'SIGUSR2');
  await until('the log to tell of it', () => gateway.log().includes('left alone'), { state: () => gateway.log() });
  t.match(gateway.log(), /"level":"error".*A defect of the gateway/);
  t.equal((await gateway.report()).registry.error, undefined, 'it answers');
  t.equal(await gateway.stop(), 0, 'it ends as always');
});
