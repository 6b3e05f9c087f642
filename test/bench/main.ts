import { parseArgs } from 'node:util';
import { access } from './access.ts';
import { agents } from './agents.ts';
import { authentication } from './authentication.ts';
import { bridges } from './bridges.ts';
import { calls } from './calls.ts';
import { labelToCall, memory } from './figures-of-tests.ts';
import { hookSync } from './hook-sync.ts';
import { limitsAndAudit } from './limits-and-audit.ts';
import { reload } from './reload.ts';
import { watchedServers } from './watched-servers.ts';

interface Benchmark {
  readonly name: string;
  readonly description: string;
  /** About how long it takes, on a machine of two cores. */
  readonly takes: string;
  /** Prints the figures. @throws if it cannot take them */
  readonly run: () => Promise<void>;
}

const benchmarks: readonly Benchmark[] = [
  {
    name: 'calls',
    description: 'calls per second of gateway CPU, against nginx in the same run (needs nginx, Go and two cores)',
    takes: '2 minutes',
    run: calls,
  },
  {
    name: 'access',
    description: 'what 500 rules cost: a list of 1,000 tools, 10,000 decisions, and calls (needs Go and two cores)',
    takes: '2 minutes',
    run: access,
  },
  {
    name: 'bridges',
    description: 'what a call costs between clients and servers of either era (needs Go and two cores)',
    takes: '2 minutes',
    run: bridges,
  },
  {
    name: 'agents',
    description: 'calls of agents per second of gateway CPU, next to those of a server (needs Go and two cores)',
    takes: '1 minute',
    run: agents,
  },
  {
    name: 'limits-and-audit',
    description: 'what limits and audit lines cost a call (needs Go and two cores)',
    takes: '2 minutes',
    run: limitsAndAudit,
  },
  {
    name: 'authentication',
    description: 'what finding out who a call is of costs (needs Go and two cores)',
    takes: '3 minutes',
    run: authentication,
  },
  {
    name: 'reload',
    description: 'times of calls while a registry of 1,000 servers is replaced, and without (needs Go and two cores)',
    takes: '3 minutes',
    run: reload,
  },
  {
    name: 'hook-sync',
    description: 'a registry sync of 1,000, 5,000 and 10,000 Services: time, and memory',
    takes: '1 minute',
    run: hookSync,
  },
  {
    name: 'memory',
    description: 'what 10,000 idle sessions and answers of 100 MiB cost of the gateway’s memory',
    takes: '2 minutes',
    run: memory,
  },
  {
    name: 'watched-servers',
    description: 'what 1,000 servers cost the gateway in memory and idle CPU, with a stream from each',
    takes: '2 minutes',
    run: watchedServers,
  },
  {
    name: 'label-to-call',
    description:
      'from a label on a Service to a call of its tool, with 1 and 10 Gateways (starts a cluster: root, Linux)',
    takes: '5 minutes, and 15 more when the cluster’s programs are to be built',
    run: labelToCall,
  },
];

const help = `Measures Fetchfy and prints figures; docs/benchmarks.md keeps those of a release.

Usage: npm run bench [-- NAME…]     all, unless some are named

${benchmarks.map(({ name, description, takes }) => `  ${name.padEnd(17)}${description}\n${' '.repeat(19)}takes about ${takes}`).join('\n')}
`;

/** @throws Error that names an unknown benchmark */
function chosen(names: readonly string[]): readonly Benchmark[] {
  if (names.length === 0) return benchmarks;
  return names.map((name) => {
    const benchmark = benchmarks.find((one) => one.name === name);
    if (benchmark !== undefined) return benchmark;
    throw new Error(`There is no benchmark "${name}"; there are: ${benchmarks.map((one) => one.name).join(', ')}.`);
  });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  for (const { name, takes, run } of chosen(positionals)) {
    process.stdout.write(`\n${name} (takes about ${takes})\n`);
    try {
      await run();
    } catch (error) {
      // One that lacks something here does not keep the others from being taken.
      process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
