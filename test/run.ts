import { parseArgs } from 'node:util';
import { lastLine, print, printFailure, printTier, seconds, shortTally } from './runner/report.ts';
import { runTier, type NamedLeaf } from './runner/run-tier.ts';
import { tallyOf } from './runner/tally.ts';
import { endRunningTests } from './runner/tap-process.ts';
import { tiers, type Tier } from './runner/tiers.ts';

const HELP = `Usage: node test/run.ts [unit | gateway | conformance | cluster | all] … [--help]

Runs the tests, all tiers unless some are named, and ends with the line
  N passed, N failed, N skipped
It counts tests that hold no other tests, and fails if one fails, a file crashes or hangs, or nothing ran.

Tiers:
${tiers.map(({ name, description }) => `  ${name.padEnd(13)}${description}`).join('\n')}

Environment:
  FETCHFY_TEST_ALLOWED_SKIPS  a regular expression: a skipped test whose reason does not match it fails the run
`;

function chosenTiers(): readonly Tier[] {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  for (const name of positionals) {
    if (name !== 'all' && !tiers.some((tier) => tier.name === name)) {
      throw new Error(`There is no tier "${name}". Known: ${tiers.map((tier) => tier.name).join(', ')}, all.`);
    }
  }
  return positionals.length === 0 || positionals.includes('all')
    ? tiers
    : tiers.filter((tier) => positionals.includes(tier.name));
}

/** A skip is honest where something is truly missing; where everything should be there, it hides a failure. */
function forbidSkips(results: readonly NamedLeaf[], allowed: RegExp): NamedLeaf[] {
  return results.map(({ name, leaf }) => {
    if (leaf.outcome !== 'skipped' || allowed.test(leaf.reason ?? '')) return { name, leaf };
    const message = `Skipped, which is not allowed here: ${leaf.reason || 'no reason given'}`;
    return { name, leaf: { path: leaf.path, outcome: 'failed' as const, failures: [{ message, diagnostics: {} }] } };
  });
}

async function main(): Promise<void> {
  const chosen = chosenTiers();
  const allowedSkips = new RegExp(process.env['FETCHFY_TEST_ALLOWED_SKIPS'] ?? '');
  const results: NamedLeaf[] = [];
  const times: string[] = [];
  for (const tier of chosen) {
    const started = performance.now();
    printTier(tier.name, tier.description);
    const leaves = forbidSkips(await runTier(tier), allowedSkips);
    results.push(...leaves);
    const took = seconds(performance.now() - started);
    times.push(`${tier.name.padEnd(13)}${shortTally(tallyOf(leaves.map(({ leaf }) => leaf)))} in ${took}`);
    print();
  }

  const failed = results.filter(({ leaf }) => leaf.outcome === 'failed');
  if (chosen.length > 1 && failed.length > 0) {
    print('Failed:');
    for (const { name, leaf } of failed) printFailure(name, leaf.failures);
    print();
  }
  for (const line of times) print(line);
  const total = tallyOf(results.map(({ leaf }) => leaf));
  print(lastLine(total));
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  // The tests have process groups of their own, so a Ctrl-C reaches them only through us.
  process.once(signal, () => void endRunningTests().then(() => process.exit(code)));
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
