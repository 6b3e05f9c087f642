import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bringToStorage, buildImage, type Image } from './buildah.ts';
import { cached, contentHash } from './cache.ts';
import { run } from '../machine/command.ts';
import { step } from '../machine/progress.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const folder = join(import.meta.dirname, '..', 'images', 'base');
const suite = 'bookworm';
// What a container never reads, as in Docker's own slim images.
const left = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*'];

export const baseName = 'localhost/fetchfy-test/base:1';

/** The hash of all that the base image is made from: Debian's release, Node and npm. */
export async function baseKey(): Promise<string> {
  const node = await readFile(join(root, 'node_modules', 'node', 'package.json'), 'utf8');
  return contentHash(folder, ['Dockerfile', 'package-lock.json'], process.arch, suite, versionOf(node));
}

/** A base image with node and npm, made from packages, since no registry of images can be assumed. */
export async function buildBaseImage(): Promise<Image> {
  const dockerfile = join(folder, 'Dockerfile');
  const build = { title: 'base', name: baseName, key: await baseKey(), dockerfile, context: gather };
  const image = await buildImage(build);
  await bringToStorage(build, image);
  return image;
}

async function gather(context: string): Promise<void> {
  await cp(join(await debian(), 'debian.tar'), join(context, 'debian.tar'));
  await cp(join(root, 'node_modules', 'node', 'bin', 'node'), join(context, 'node'));
  await cp(join(folder, 'package.json'), join(context, 'package.json'));
  await cp(join(folder, 'package-lock.json'), join(context, 'package-lock.json'));
  await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: context });
  await cp(join(context, 'node_modules', 'npm'), join(context, 'npm'), { recursive: true });
}

async function debian(): Promise<string> {
  return cached('debian', await contentHash(folder, [], process.arch, suite, ...left), (made) =>
    step(`making a Debian ${suite} from its packages`, async () => {
      const options = ['--variant=minbase', '--mode=root', '--include=ca-certificates'];
      const excluded = left.map((pattern) => `--dpkgopt=path-exclude=${pattern}`);
      const emptied = `--customize-hook=rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/*`;
      await run('mmdebstrap', [...options, ...excluded, emptied, suite, join(made, 'debian.tar')]);
    }),
  );
}

function versionOf(packageJson: string): string {
  return (JSON.parse(packageJson) as { version: string }).version;
}
