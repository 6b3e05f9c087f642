/**
 * `npm run test:setup`: what the tests need beside npm packages, from Debian, PyPI and the Go module proxy. It may be run
 * again at any time and does only what is missing.
 */
import { buildBinaries, missingBinaries } from './cluster/build/binaries.ts';
import { cacheFolder } from './cluster/build/cache.ts';
import { say } from './cluster/machine/progress.ts';
import { installPackages, missingPackages } from './setup/debian-packages.ts';
import { isPythonReady, makePythonEnvironment } from './setup/python-environment.ts';

try {
  const missing = await missingPackages();
  if (missing.length > 0) await installPackages(missing);
  if (!(await isPythonReady())) await makePythonEnvironment();
  if ((await missingBinaries()).length > 0) await buildBinaries();
  say(`Everything that the tests need is there; what was built is kept in ${cacheFolder()}.`);
} catch (error) {
  say(`test:setup: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
