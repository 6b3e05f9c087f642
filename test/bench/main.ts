import { parseArgs } from 'node:util';
import { measureCalls, median, type Measurement } from './calls.ts';
import { hookSync } from './hook-sync.ts';

const help = `Measures Fetchfy and prints figures; docs/benchmarks.md keeps those of a release.

Usage: npm run bench [-- NAME…]

  calls      calls per second of gateway CPU, against nginx in the same run (needs nginx, Go and two cores)
  hook-sync  a registry sync of 1,000, 5,000 and 10,000 Services: time, and memory
`;

const benchmarks: Readonly<Record<string, () => Promise<void>>> = { calls, 'hook-sync': hookSync };

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' } },
  allowPositionals: true,
});
if (values.help === true) process.stdout.write(help);
else {
  for (const name of positionals.length > 0 ? positionals : Object.keys(benchmarks)) {
    const benchmark = benchmarks[name];
    if (benchmark === undefined) {
      process.stderr.write(`There is no benchmark "${name}"; there are: ${Object.keys(benchmarks).join(', ')}.\n`);
      process.exit(2);
    }
    process.stdout.write(`\n${name}\n`);
    await benchmark();
  }
}

async function calls(): Promise<void> {
  for (const padding of [0, 20_000]) {
    const { nginx, gateway, ratio } = await measureCalls({ padding });
    process.stdout.write(`tools/call with ${padding} bytes of argument, 16 connections, one core each:\n`);
    process.stdout.write(
      `  nginx    ${line(nginx)}\n  gateway  ${line(gateway)}\n  gateway / nginx: ${ratio.toFixed(2)}\n`,
    );
  }
}

function line(of: readonly Measurement[]): string {
  const middle = (name: keyof Measurement): string =>
    Math.round(median(of.map((one) => one[name]))).toLocaleString('en');
  return `${middle('callsPerCoreSecond').padStart(8)} calls/core-second  ${middle('callsPerSecond').padStart(8)} calls/s  p50 ${middle('p50Micros')} µs  p99 ${middle('p99Micros')} µs`;
}
