import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** How the tests of one kind are run. */
export type Tier =
  | {
      readonly name: string;
      readonly kind: 'files';
      readonly description: string;
      readonly files: () => readonly string[];
      /** Seconds a file may take before tap names the test that hangs. */
      readonly fileSeconds: number;
      readonly parallel: number;
    }
  | {
      readonly name: string;
      readonly kind: 'program';
      readonly description: string;
      /** Prints TAP on stdout and progress on stderr. */
      readonly command: readonly [string, ...string[]];
      /** Seconds the whole program may take. */
      readonly seconds: number;
    };

const ELSEWHERE = ['test/end-to-end/', 'test/cluster/', 'test/bench/'];

/** Every test file that is not another tier's: a file in a new folder is never forgotten. */
function unitFiles(): string[] {
  return globSync('test/**/*.test.ts')
    .filter((file) => !ELSEWHERE.some((folder) => file.startsWith(folder)))
    .sort();
}

/**
 * The tiers, in the order in which they run.
 *
 * The cluster tier is a program of its own, since its tests run in network and mount namespaces that it makes. What it
 * owes: `node test/cluster/main.ts --reporter tap` prints TAP of all scenarios on stdout (one subtest a scenario, a
 * scenario that cannot run as `ok N - name # SKIP why`), everything else on stderr, and exits 0 only if none failed.
 */
export const tiers: readonly Tier[] = [
  {
    name: 'unit',
    kind: 'files',
    description: 'in this process tree only, seconds',
    files: unitFiles,
    fileSeconds: 60,
    parallel: availableParallelism(),
  },
  {
    name: 'gateway',
    kind: 'files',
    description: 'real servers, gateways and clients as processes',
    files: () => globSync('test/end-to-end/**/*.test.ts').sort(),
    fileSeconds: 180,
    parallel: availableParallelism(),
  },
  {
    name: 'conformance',
    kind: 'program',
    description: "the MCP conformance suite's scenarios, without a gateway and with it",
    command: ['test/conformance/main.ts'],
    seconds: 300,
  },
  {
    name: 'cluster',
    kind: 'program',
    description: 'a real Kubernetes cluster',
    command: ['test/cluster/main.ts', '--reporter', 'tap'],
    seconds: 3600,
  },
];
