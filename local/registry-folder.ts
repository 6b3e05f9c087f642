import { mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A folder that holds texts as files the way a kubelet mounts a ConfigMap: the files are links into `..data`, itself a link to a
 * folder that is written aside and takes over in one step, so that a reader never sees half of a change.
 */
export class MountedFolder {
  readonly path: string;
  #generation = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder hold exactly these files. Calls must not overlap. */
  async write(files: ReadonlyMap<string, string | Buffer>): Promise<void> {
    const data = `..${Date.now()}_${++this.#generation}`;
    await mkdir(join(this.path, data), { recursive: true });
    for (const [name, text] of files) await writeFile(join(this.path, data, name), text);
    const before = await linkTarget(join(this.path, '..data'));
    await symlink(data, join(this.path, '..data_tmp'));
    await rename(join(this.path, '..data_tmp'), join(this.path, '..data'));

    const present = new Set((await readdir(this.path)).filter((name) => !name.startsWith('..')));
    for (const name of files.keys()) {
      if (!present.delete(name)) await symlink(join('..data', name), join(this.path, name));
    }
    for (const name of present) await rm(join(this.path, name));
    if (before !== undefined) await rm(join(this.path, before), { recursive: true });
  }
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch {
    return undefined;
  }
}
