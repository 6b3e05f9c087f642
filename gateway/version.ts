import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version of this build, from the package.json nearest above this file (also when it runs compiled, from dist/). */
export function readVersion(): string {
  const path = findPackageJSON(import.meta.url);
  const { version } = JSON.parse(path === undefined ? '{}' : readFileSync(path, 'utf8')) as { version?: string };
  if (version === undefined) throw new Error(`No package.json with a version stands above ${import.meta.filename}.`);
  return version;
}
