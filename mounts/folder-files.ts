import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The names of the files in a folder as a kubelet mounts a Secret or ConfigMap, sorted; none where there is no such folder:
 * a mount may be optional.
 */
export function fileNames(folder: string): string[] {
  try {
    // What begins with two dots is a kubelet's own: ..data, and the folder that it leads to.
    return readdirSync(folder)
      .filter((name) => !name.startsWith('..'))
      .sort();
  } catch {
    return [];
  }
}

/**
 * What one of them holds; undefined: it is gone by now, or is no file that can be read. What comes after that comes with
 * an event of its own (folder-watch.ts).
 */
export function fileContent(folder: string, name: string): Buffer | undefined {
  try {
    return readFileSync(join(folder, name));
  } catch {
    return undefined;
  }
}
