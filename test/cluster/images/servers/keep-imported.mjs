// Rewrites package.json so that it asks only for what the test servers and agents import, in the versions of the lock
// file. The image would be six times as large with all that the project's tests and checks need.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const specifiers = ['servers', 'agents']
  .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/(?:from |import\(|resolve\()'([^'.][^']*)'/g)])
  .map(([, specifier]) => specifier)
  .filter((specifier) => !specifier.startsWith('node:'));
const names = new Set(specifiers.map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')));
const dependencies = {};
for (const name of names) {
  const entry = lock.packages[`node_modules/${name}`];
  if (!entry) throw new Error(`a test server imports ${name}, which package-lock.json does not have`);
  dependencies[name] = entry.version;
}
writeFileSync('package.json', JSON.stringify({ private: true, type: 'module', dependencies }));
