import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Python that has the PyPI packages `mcp` and `a2a-sdk`: FETCHFY_TEST_PYTHON, else the one that `npm run test:setup` makes. */
export function pythonPath(): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return process.env['FETCHFY_TEST_PYTHON'] || join(cache, 'fetchfy-test', 'python', 'bin', 'python');
}

/** @throws if there is none, saying what to do */
export function pythonForTests(): string {
  const path = pythonPath();
  if (!existsSync(path)) {
    throw new Error(
      `No Python for the tests at ${path}. Run \`npm run test:setup\`, or set FETCHFY_TEST_PYTHON to a Python that has the packages of test/setup/requirements.txt.`,
    );
  }
  return path;
}
