import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { objectKey, typeKey, type KubernetesObject } from '../../hooks/metacontroller/objects.ts';
import type { Manifest, ManifestCheck } from './checks.ts';
import { ManifestSyntaxError, readManifestText, type Fault } from './manifest-text.ts';

/** Something to tell of a file. */
export interface FileNote extends Fault {
  /** Relative to the folder. */
  readonly file: string;
  /** `fault`: what the file says there is not taken; `ignored`: it does no harm, but is of no use here. */
  readonly kind: 'fault' | 'ignored';
}

/** A manifest and the file that it comes from. */
export interface FiledManifest extends Manifest {
  readonly file: string;
}

/** What the folder holds. */
export interface FolderContent {
  /** By type and name; each object once. */
  readonly manifests: ReadonlyMap<string, FiledManifest>;
  readonly notes: readonly FileNote[];
}

/** One file as it was read, with its text so that it need not be read anew. */
interface ReadFile {
  readonly text: string;
  readonly manifests: readonly FiledManifest[];
  readonly notes: readonly FileNote[];
}

/** What is added to a fault, as there is something to keep. */
const STAYS = ' What it said before stays in force.';

const MANIFEST_FILE = /\.(ya?ml|json)$/i;

/**
 * Reads a folder of manifests again and again. A file that has become unreadable as YAML counts as it was before: who is in the
 * middle of an edit should not lose what runs. A single bad object in a good file counts as it was before, too, as it would if an
 * API server refused it; one that never was good is left out, and the others of its file are not.
 */
export class ManifestFolder {
  readonly path: string;
  readonly #check: ManifestCheck;
  #files = new Map<string, ReadFile>();

  constructor(path: string, check: ManifestCheck) {
    this.path = path;
    this.#check = check;
  }

  /** @throws Error, a sentence, if the folder itself cannot be read */
  async read(): Promise<FolderContent> {
    const names = await this.#entries();
    const files = names
      .filter((entry) => !entry.isDirectory() && MANIFEST_FILE.test(entry.name))
      .map((entry) => relative(this.path, join(entry.parentPath, entry.name)))
      // What editors and mounts hide is not meant to be read.
      .filter((file) => !file.split('/').some((part) => part.startsWith('.')))
      .sort();
    const read = new Map<string, ReadFile>();
    for (const file of files) {
      const content = await this.#readFile(file);
      if (content !== undefined) read.set(file, content);
    }
    this.#files = read;
    return merge([...read.values()]);
  }

  async #entries(): Promise<Dirent[]> {
    try {
      return await readdir(this.path, { recursive: true, withFileTypes: true });
    } catch (cause) {
      const message = `The folder of manifests cannot be read: ${(cause as Error).message}. What it said before stays in force.`;
      throw new Error(message, { cause });
    }
  }

  async #readFile(file: string): Promise<ReadFile | undefined> {
    const before = this.#files.get(file);
    let text: string;
    try {
      text = await readFile(join(this.path, file), 'utf8');
    } catch (error) {
      // Deleted between the listing and now.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      const message = `It cannot be read: ${(error as Error).message}.`;
      return { text: '', manifests: before?.manifests ?? [], notes: [{ file, kind: 'fault', line: 1, message }] };
    }
    if (before?.text === text) return before;
    try {
      return { text, ...this.#readText(file, text, before?.manifests ?? []) };
    } catch (error) {
      if (!(error instanceof ManifestSyntaxError)) throw error;
      const kept = before?.manifests ?? [];
      const { line, message } = error.fault;
      const told = kept.length > 0 ? message + STAYS : message;
      return { text, manifests: kept, notes: [{ file, kind: 'fault', line, message: told }] };
    }
  }

  #readText(
    file: string,
    text: string,
    before: readonly FiledManifest[],
  ): { manifests: FiledManifest[]; notes: FileNote[] } {
    const manifests: FiledManifest[] = [];
    const notes: FileNote[] = [];
    const note = (kind: FileNote['kind'], faults: readonly Fault[]): void =>
      void notes.push(...faults.map((fault) => ({ ...fault, file, kind })));
    for (const document of readManifestText(text)) {
      const checked = this.#check(document);
      if ('manifest' in checked) {
        manifests.push({ ...checked.manifest, file });
        note('ignored', checked.notes);
      } else if ('ignored' in checked) note('ignored', [checked.ignored]);
      else {
        const { faults, object } = checked;
        const kept = object && before.find((each) => keyOf(each.object) === keyOf(object));
        if (kept !== undefined) manifests.push(kept);
        note('fault', kept === undefined ? faults : withEnd(faults, STAYS));
      }
    }
    return { manifests, notes };
  }
}

/** The faults, of which the last ends in another sentence. */
function withEnd(faults: readonly Fault[], end: string): Fault[] {
  return faults.map((fault, index) =>
    index === faults.length - 1 ? { ...fault, message: fault.message + end } : fault,
  );
}

function keyOf(object: KubernetesObject): string {
  return `${typeKey(object)} ${objectKey(object)}`;
}

/** Of two manifests of one object the first counts, by the order of files; the second is told. */
function merge(files: readonly ReadFile[]): FolderContent {
  const manifests = new Map<string, FiledManifest>();
  const notes: FileNote[] = [];
  for (const read of files) {
    notes.push(...read.notes);
    for (const manifest of read.manifests) {
      const key = keyOf(manifest.object);
      const first = manifests.get(key);
      if (first === undefined) {
        manifests.set(key, manifest);
        continue;
      }
      const { file, line, object } = manifest;
      const message = `${object.kind} ${objectKey(object)} stands in ${first.file}:${first.line} already, which counts.`;
      notes.push({ file, line, kind: 'fault', message });
    }
  }
  return { manifests, notes };
}
