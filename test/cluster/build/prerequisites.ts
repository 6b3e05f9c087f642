import { join } from 'node:path';
import { missingPackages } from '../../setup/debian-packages.ts';
import { missingBinaries } from './binaries.ts';
import { cacheFolder } from './cache.ts';
import { findExecutable, isExecutable, run } from '../machine/command.ts';

/** What this machine lacks for a cluster of its own, in a sentence that says what to do; undefined if it lacks nothing. */
export async function missingPrerequisite(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `the test cluster needs Linux; this is ${process.platform}`;
  if (process.getuid?.() !== 0)
    return 'the test cluster needs root, for namespaces, mounts and containers; run it with sudo';
  const refused = await run('unshare', ['--net', '--mount', '--pid', '--fork', 'true']).catch((error: Error) => error);
  if (refused instanceof Error) return `the test cluster needs namespaces of its own: ${refused.message}`;
  const packages = await missingPackages();
  if (packages.length > 0) {
    return `the test cluster needs ${packages.map(({ name }) => name).join(', ')}; npm run test:setup installs them`;
  }
  const binaries = await missingBinaries();
  if (binaries.length > 0 && !(await findExecutable('go'))) {
    return `the test cluster needs Go 1.26 or later on the PATH, once, to build ${binaries.join(', ')}`;
  }
  return undefined;
}

/**
 * The executable of Metacontroller that was handed in: what FETCHFY_TEST_METACONTROLLER names, else `metacontroller` in
 * the cache folder, else none.
 *
 * @throws if the variable names something that cannot be executed
 */
export async function findMetacontroller(): Promise<string | undefined> {
  const named = process.env['FETCHFY_TEST_METACONTROLLER'];
  if (named) {
    if (await isExecutable(named)) return named;
    throw new Error(`FETCHFY_TEST_METACONTROLLER names ${named}, which is no executable`);
  }
  const kept = join(cacheFolder(), 'metacontroller');
  return (await isExecutable(kept)) ? kept : undefined;
}
