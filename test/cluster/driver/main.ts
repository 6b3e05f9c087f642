/**
 * Takes Metacontroller's place in the cluster that FETCHFY_TEST_CLUSTER describes, until it is told to end:
 *   node test/cluster/driver/main.ts
 * It needs the types of Metacontroller's controllers there (test/cluster/product/metacontroller/types), and the cluster's DNS to call hooks.
 * Each write and each failure is a line on standard output.
 */
import { readClusterDescription } from '../harness/cluster-description.ts';
import { startClusterDriver } from './cluster-driver.ts';

const description = readClusterDescription();
if (description === undefined) throw new Error('FETCHFY_TEST_CLUSTER does not name a cluster.');
const driver = startClusterDriver({
  ...description,
  log: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
  // A process of the node asks the node's own resolver, which knows no search domains.
  hookUrl: (url) => url.replace(/^(https?:\/\/[^/:]+\.[^/:]+)/, '$1.svc.cluster.local'),
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void driver.stop().then(() => process.exit(0)));
}
