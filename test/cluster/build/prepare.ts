import { buildBinaries } from './binaries.ts';
import { buildImages, type BuiltImages } from './images.ts';
import { findMetacontroller } from './prerequisites.ts';
import { say } from '../machine/progress.ts';

export interface Prepared extends BuiltImages {
  /** The folders of the cluster's programs. */
  binaries: string[];
}

/** Builds what the cluster is made of, as far as it is not in the cache. All of it needs the network outside. */
export async function prepare(): Promise<Prepared> {
  const metacontroller = await findMetacontroller();
  if (!metacontroller) {
    say('No Metacontroller was handed in (FETCHFY_TEST_METACONTROLLER): what only the real one can show is skipped.');
  }
  const folders = await buildBinaries();
  const { images, errors } = await buildImages(`${folders['pause']}/pause`, metacontroller);
  for (const [title, message] of Object.entries(errors)) say(`The ${title} image could not be built: ${message}`);
  return { binaries: Object.values(folders), images, errors };
}
