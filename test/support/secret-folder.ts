import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder as a kubelet mounts a Secret: files behind `..data`, which is moved by one rename. */
export class SecretFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'fetchfy-test-secret-'));
  #version = 0;

  /** Mounts another version of the Secret, with these files and no others. */
  write(files: Readonly<Record<string, string>>): void {
    const version = `..${++this.#version}`;
    mkdirSync(join(this.path, version));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.path, version, name), text);
    symlinkSync(version, join(this.path, '..tmp'));
    renameSync(join(this.path, '..tmp'), join(this.path, '..data'));
    for (const name of Object.keys(files)) {
      rmSync(join(this.path, name), { force: true });
      symlinkSync(join('..data', name), join(this.path, name));
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
