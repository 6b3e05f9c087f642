import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverRequirements, type RequirementSet } from './requirements.ts';

/** One thing that a scenario looked at. */
export interface Check {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

/** What a scenario found. */
export interface ScenarioResult {
  readonly scenario: string;
  /** Why it does not count towards conformance; absent if it counts. */
  readonly unscored?: string;
  readonly checks: readonly Check[];
  /** What went wrong beside the checks: the scenario broke off, the client under test failed. */
  readonly fault?: string;
}

const program = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'));
/** A whole requirement set takes seconds; what takes longer hangs. */
const SERVER_SUITE_MS = 90_000;
/** How long the client under test may take, in milliseconds: a gateway starts in it. */
const CLIENT_MS = 60_000;

/**
 * Runs every scenario of a requirement set, one after the other, against the server (or gateway) at a URL.
 * @returns a result for each scenario that the set names, also for one that did not run
 */
export async function serverSuite(url: string, set: RequirementSet): Promise<ScenarioResult[]> {
  const args = ['server', '--url', url, '--requirements', set];
  const run = await runSuite(args, SERVER_SUITE_MS);
  return serverRequirements(set).map((requirement) => {
    const checks = run.checks.get(`server-${requirement.scenario}`);
    if (checks !== undefined) return { ...requirement, checks };
    return { ...requirement, checks: [], fault: `It left no result. ${brokenOff(run.output, requirement.scenario)}` };
  });
}

/**
 * Runs one scenario for clients: the suite starts a server, and then `command` with the server's URL as its argument.
 * @param command the program and its arguments; `MCP_CONFORMANCE_SCENARIO` tells it which scenario it is in
 */
export async function clientScenario(
  scenario: string,
  set: RequirementSet,
  command: readonly string[],
): Promise<ScenarioResult> {
  // The suite hands the command to a shell: by these names no path can be misread.
  const names = command.map((_part, index) => `FETCHFY_TEST_COMMAND_${index}`);
  const line = names.map((name) => `"$${name}"`).join(' ');
  const env = Object.fromEntries(names.map((name, index) => [name, command[index]]));
  const args = ['client', '--command', line, '--scenario', scenario, '--spec-version', set];
  const run = await runSuite([...args, '--timeout', String(CLIENT_MS)], CLIENT_MS + 20_000, env);
  const checks = run.checks.get(scenario) ?? [];
  const hasFailure = checks.some(({ status }) => status === 'FAILURE');
  if (checks.length > 0 && (run.code === 0 || hasFailure)) return { scenario, checks };
  return { scenario, checks, fault: `The suite ended with ${run.code}.\n${run.output.slice(-4000)}` };
}

interface SuiteRun {
  readonly code: number | null;
  readonly output: string;
  /** By the name under which the suite filed them. */
  readonly checks: ReadonlyMap<string, readonly Check[]>;
}

async function runSuite(
  args: readonly string[],
  timeoutMs: number,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<SuiteRun> {
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-test-conformance-'));
  try {
    const child = spawn(process.execPath, [program, ...args, '--output-dir', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (output = (output + chunk).slice(-500_000)));
    }
    const timer = setTimeout(() => {
      output += `\nIt took over ${timeoutMs / 1000} s and was ended.`;
      child.kill('SIGKILL');
    }, timeoutMs);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    return { code, output, checks: readChecks(folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads what the suite filed: one folder a scenario, `NAME-TIME/checks.json`. */
function readChecks(folder: string): Map<string, readonly Check[]> {
  const found = new Map<string, readonly Check[]>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const name = /^(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(path)?.[1];
    if (name === undefined) continue;
    const file = join(folder, path, 'checks.json');
    // A scenario that throws leaves an empty folder.
    if (existsSync(file)) found.set(name, JSON.parse(readFileSync(file, 'utf8')) as Check[]);
  }
  return found;
}

function brokenOff(output: string, scenario: string): string {
  const at = output.indexOf(`Failed to run scenario ${scenario}:`);
  return at < 0 ? output.slice(-2000) : output.slice(at, at + 2000);
}
