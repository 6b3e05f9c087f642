import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatRegistry } from '../../gateway/contract/format-registry.ts';
import { INDEX_KEY, shardKey } from '../../gateway/contract/names.ts';
import type { AccessRule } from '../../gateway/contract/access-policy.ts';
import type { RegistryPolicy, RejectedService, ServiceEntry } from '../../gateway/contract/registry-document.ts';

/** An entry of the registry for a server at a URL. */
export function entryFor(url: string, entry: Partial<ServiceEntry> & { readonly name: string }): ServiceEntry {
  const { host, pathname } = new URL(url);
  return {
    namespace: 'default',
    type: 'tool',
    created: '',
    prefix: entry.name,
    path: pathname,
    host,
    targets: [host],
    ...entry,
  };
}

/** What a registry has beside its services. */
export interface RegistryExtras {
  readonly rejected?: readonly RejectedService[];
  readonly policy?: RegistryPolicy;
  readonly rules?: readonly AccessRule[];
}

/** Far below what a ConfigMap takes, so that larger registries have several shards here too. */
const bound = { bytes: 50_000, measure: (text: string): number => Buffer.byteLength(text) };

/** A registry as files, written as a kubelet writes a mounted ConfigMap: a new folder, then one swap of `..data`. */
export class RegistryFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'fetchfy-test-registry-'));
  #version = 0;

  /** @returns the revision that was written */
  write(services: readonly ServiceEntry[], more: RegistryExtras = {}): string {
    const { rejected = [], policy = { hosts: [] }, rules = [] } = more;
    const gateway = { namespace: 'default', name: 'test' };
    const content = { gateway, policy, services, rejected, rules };
    const formatted = formatRegistry(content, bound);
    if (formatted === undefined) throw new Error('The test registry does not fit its shards.');
    const folder = `..${++this.#version}`;
    mkdirSync(join(this.path, folder));
    writeFileSync(join(this.path, folder, INDEX_KEY), formatted.index);
    formatted.shards.forEach((text, number) => writeFileSync(join(this.path, folder, shardKey(number)), text));
    const link = join(this.path, '..data_tmp');
    symlinkSync(folder, link);
    renameSync(link, join(this.path, '..data'));
    for (const key of [INDEX_KEY, ...formatted.shards.map((_, number) => shardKey(number))]) {
      const file = join(this.path, key);
      rmSync(file, { force: true });
      symlinkSync(join('..data', key), file);
    }
    return formatted.revision;
  }

  /** Cuts the index off in its middle. */
  corrupt(): void {
    const index = join(this.path, '..data', INDEX_KEY);
    truncateSync(index, Math.floor(statSync(index).size / 2));
    // What watches the folder looks when an entry of it changes.
    writeFileSync(join(this.path, 'touched'), '');
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
