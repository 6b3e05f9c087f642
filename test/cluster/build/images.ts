import { basename, dirname, join } from 'node:path';
import manifest from '../../../package.json' with { type: 'json' };
import { baseKey, baseName, buildBaseImage } from './base-image.ts';
import { buildImage, localTag, type Image } from './buildah.ts';
import { contentHash } from './cache.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const folder = 'test/cluster/images';
const npmSettings = ['.npmrc', 'package.json', 'package-lock.json'];

/** The names under which pods ask for the images: those of the manifests, where they are the manifests' images. */
export const imageNames = {
  /** The gateway and the hooks, from the project's own Dockerfile. */
  product: `ghcr.io/fetchfy/fetchfy:${manifest.version}`,
  metacontroller: 'ghcr.io/metacontroller/metacontroller:v4.17.2',
  /** Debian with node, for scripts. */
  base: baseName,
  /** test/support/servers and test/support/agents, with what they import. */
  servers: 'localhost/fetchfy-test/servers:1',
  python: 'localhost/fetchfy-test/python:1',
  pause: 'localhost/fetchfy-test/pause:1',
};

/** An image of which a scenario can say that it needs it. */
export type ImageTitle = 'product' | 'servers' | 'python' | 'metacontroller';

/** What could be built, and why the rest could not: that fails the scenarios which need it, not the others. */
export interface BuiltImages {
  images: Image[];
  errors: Partial<Record<ImageTitle, string>>;
}

/**
 * Builds the images whose content changed since they were built last.
 *
 * @param pause          the program `pause`
 * @param metacontroller the executable, if one was handed in
 * @throws if what every pod needs cannot be built
 */
export async function buildImages(pause: string, metacontroller: string | undefined): Promise<BuiltImages> {
  const images = [await buildBaseImage(), await executableImage('pause', pause)];
  const errors: BuiltImages['errors'] = {};
  const builds: Partial<Record<ImageTitle, () => Promise<Image>>> = {
    product: productImage,
    servers: () => testImage('servers', [...npmSettings, 'test/support/servers', 'test/support/agents']),
    python: () =>
      testImage('python', [
        'test/setup/requirements.txt',
        'test/support/servers/python',
        'test/support/agents/skills.json',
        'test/support/agents/python',
      ]),
    ...(metacontroller && { metacontroller: () => executableImage('metacontroller', metacontroller) }),
  };
  for (const [title, build] of Object.entries(builds)) {
    try {
      images.push(await build());
    } catch (error) {
      errors[title as ImageTitle] = error instanceof Error ? error.message : String(error);
    }
  }
  return { images, errors };
}

async function productImage(): Promise<Image> {
  const settings = ['tsconfig.json', 'tsconfig.build.json', '.dockerignore', 'Dockerfile'];
  const key = await contentHash(root, ['gateway', 'hooks', 'mounts', ...npmSettings, ...settings], await baseKey());
  return buildImage({
    title: 'product',
    name: imageNames.product,
    key,
    dockerfile: join(root, 'Dockerfile'),
    context: root,
    buildArguments: { BASE: await base(), VERSION: manifest.version },
  });
}

/** An image whose Dockerfile copies the inputs from the project. */
async function testImage(title: 'servers' | 'python', inputs: string[]): Promise<Image> {
  return buildImage({
    title,
    name: imageNames[title],
    key: await contentHash(root, [`${folder}/${title}`, ...inputs], await baseKey()),
    dockerfile: join(root, folder, title, 'Dockerfile'),
    context: root,
    ignoreFile: join(root, folder, 'ignored'),
    buildArguments: { BASE: await base() },
  });
}

/** An image whose Dockerfile copies one executable. */
async function executableImage(title: 'pause' | 'metacontroller', executable: string): Promise<Image> {
  return buildImage({
    title,
    name: imageNames[title],
    key: await contentHash(root, [`${folder}/${title}`, executable], await baseKey()),
    dockerfile: join(root, folder, title, 'Dockerfile'),
    context: dirname(executable),
    buildArguments: { BASE: await base(), EXECUTABLE: basename(executable) },
  });
}

async function base(): Promise<string> {
  return localTag({ title: 'base', key: await baseKey() });
}
