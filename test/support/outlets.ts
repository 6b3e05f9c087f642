import { createLogger } from '../../gateway/log.ts';
import { openOutlets, type Outlets, type OutletsOptions } from '../../gateway/upstream/outlets.ts';
import { Pools, type PoolsOptions, type Server } from '../../gateway/upstream/pools.ts';

const log = createLogger({ level: 'error', format: 'text', write: (line) => console.error(line) });

/** What requests leave by in tests, whose servers are on this machine. */
export function testOutlets(options: Partial<OutletsOptions> = {}): Outlets {
  return openOutlets({ allowLoopback: true, log, ...options });
}

/** Pools to servers on this machine, none of which is shown anything. */
export function testPools(options: Partial<PoolsOptions> = {}): Pools {
  return new Pools({ outlets: testOutlets(), ...options });
}

/** The server at an address, of whose name and credential nothing matters. */
export function serverAt(target: string): Server {
  return { namespace: 'default', name: 'test', host: target };
}
