import { readlink, rename, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cached, cacheFolder, contentHash, entryFolder, exists } from '../cluster/build/cache.ts';
import { run } from '../cluster/machine/command.ts';
import { step } from '../cluster/machine/progress.ts';

/** What is installed from PyPI, as pip writes it down. */
export const requirementsFile = join(import.meta.dirname, 'requirements.txt');

// Not the first one on the PATH: what is there may be another Python, without the venv module.
const systemPython = '/usr/bin/python3';

/** Whether the virtual environment is there, as requirements.txt asks for it. */
export async function isPythonReady(): Promise<boolean> {
  const folder = entryFolder('python', await key());
  const target = await readlink(link()).catch(() => undefined);
  return target === basename(folder) && (await exists(folder));
}

/** Makes the virtual environment `python` in the cache folder. */
export async function makePythonEnvironment(): Promise<void> {
  const folder = await cached('python', await key(), (partial) =>
    step('installing the Python packages of test/setup/requirements.txt', async () => {
      await run(systemPython, ['-m', 'venv', partial]);
      const python = join(partial, 'bin', 'python');
      await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirementsFile]);
    }),
  );
  // Under one name for whoever uses it; renamed into place, so that there is always one.
  const next = `${link()}.partial-${process.pid}`;
  await symlink(basename(folder), next);
  await rename(next, link());
}

function link(): string {
  return join(cacheFolder(), 'python');
}

async function key(): Promise<string> {
  return contentHash(import.meta.dirname, ['requirements.txt'], process.arch);
}
