/**
 * `npm run audit`: what the registry knows of weaknesses in the packages that are installed. It ends with 1 if one of them
 * is neither mended nor accepted, with its reason, in accepted.json. Where the registry offers no advisories it says
 * `not available`, and never `clean`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readAnswer, verdictOn, type Acceptance, type Answer, type Lock } from './verdict.ts';

const root = join(import.meta.dirname, '..', '..');

/** A version that has had advisories for years: a registry that knows of none for it offers none. */
const weak = { name: 'lodash', version: '4.17.4' };

const { values } = parseArgs({
  options: { accepted: { type: 'string', default: join(import.meta.dirname, 'accepted.json') } },
});
const accepted = JSON.parse(await readFile(values.accepted, 'utf8')) as Acceptance[];
const answer = await audit(root);
const { lines, failed } = verdictOn(answer, accepted, answer.kind === 'answered' && (await knowsOfWeak()));
for (const line of lines) process.stdout.write(`npm audit: ${line}\n`);
process.exitCode = failed ? 1 : 0;

/** Audits what a folder's package-lock.json names. */
async function audit(folder: string): Promise<Answer> {
  const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as Lock;
  // Its exit code says whether something was found, or went wrong: the output tells which.
  const child = spawn('npm', ['audit', '--json', '--package-lock-only'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  return readAnswer(output, lock);
}

async function knowsOfWeak(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'fetchfy-audit-'));
  try {
    const { name, version } = weak;
    const own = { name: 'asked', version: '1.0.0', dependencies: { [name]: version } };
    const packages = { '': own, [`node_modules/${name}`]: { version } };
    await writeFile(join(folder, 'package.json'), JSON.stringify(own));
    await writeFile(
      join(folder, 'package-lock.json'),
      JSON.stringify({ ...own, lockfileVersion: 3, requires: true, packages }),
    );
    const answer = await audit(folder);
    return answer.kind === 'answered' && answer.advisories.length > 0;
  } finally {
    await rm(folder, { recursive: true });
  }
}
