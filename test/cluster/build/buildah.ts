import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, cacheFolder, contentHash, exists } from './cache.ts';
import { run } from '../machine/command.ts';
import { canHoldOverlay } from '../machine/file-system.ts';
import { step } from '../machine/progress.ts';

export interface ImageBuild {
  /** How people call it. */
  title: string;
  /** The full name under which pods ask for it. */
  name: string;
  /** A hash of all that goes into it. */
  key: string;
  dockerfile: string;
  /** The folder that the Dockerfile copies from, or what fills an empty folder to that end. */
  context: string | ((folder: string) => Promise<void>);
  /** Another file than the context's own .dockerignore. */
  ignoreFile?: string;
  buildArguments?: Record<string, string>;
}

/** An image as an OCI layout: a folder with an index.json and its blobs. */
export interface Image {
  name: string;
  key: string;
  layout: string;
}

const root = join(import.meta.dirname, '..', '..', '..');
const scratchPrefix = 'fetchfy-test-build-';
const certificates = '/etc/ssl/certs/ca-certificates.crt';

/** Builds an image from a Dockerfile, if nothing like it is in the cache. */
export async function buildImage(build: ImageBuild): Promise<Image> {
  const layout = await cached(`image-${build.title}`, build.key, (folder) =>
    step(`building the ${build.title} image`, async (report) => {
      const local = localTag(build);
      await withBuildah(async (buildah, { scratch, driver }) => {
        const context = await contextFolder(build.context, scratch);
        await buildah(
          [
            'build',
            // A container of its own would need a network of its own, and there is none to give.
            '--isolation=chroot',
            '--pull-never',
            // With vfs each layer is a full copy; keeping all of them costs more than doing the steps again.
            driver === 'overlay' ? '--layers' : '--no-cache',
            '--force-rm',
            '--format=oci',
            ...Object.entries(build.buildArguments ?? {}).flatMap(([name, value]) => [
              '--build-arg',
              `${name}=${value}`,
            ]),
            ...(build.ignoreFile ? ['--ignorefile', build.ignoreFile] : []),
            ...(await hostSettings(scratch)),
            '--file',
            build.dockerfile,
            '--tag',
            local,
            context,
          ],
          report,
        );
        await buildah(['push', '--quiet', local, `oci:${folder}:${build.name}`]);
      });
    }),
  );
  return { name: build.name, key: build.key, layout };
}

async function contextFolder(context: ImageBuild['context'], scratch: string): Promise<string> {
  if (typeof context === 'string') return context;
  const folder = join(scratch, 'context');
  await mkdir(folder);
  await context(folder);
  return folder;
}

/** The name of a built image in the builder's own storage: what a Dockerfile takes as its BASE. */
export function localTag({ title, key }: { title: string; key: string }): string {
  return `localhost/fetchfy-test/${title}:${key}`;
}

/** Puts a built image into the builder's storage, for others to build on, where it is not there any more. */
export async function bringToStorage({ title, name, key }: ImageBuild, image: Image): Promise<void> {
  await withBuildah(async (buildah, { scratch }) => {
    const tag = localTag({ title, key });
    const there = await buildah(['inspect', '--type=image', '--format={{.FromImageID}}', tag]).then(
      () => true,
      () => false,
    );
    if (there) return;
    // It makes a name of the path, and takes a short one only.
    await symlink(image.layout, join(scratch, title));
    const id = await buildah(['pull', '--quiet', `oci:${title}:${name}`]);
    await buildah(['tag', id.trim(), tag]);
  });
}

/** Removes the working folders of builds that were killed with no chance to do it themselves. */
export async function removeDeadBuilds(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(scratchPrefix) && name.slice(scratchPrefix.length).split('-')[0];
    if (owner && !(await exists(join('/proc', owner))))
      await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

type Buildah = (args: string[], onLine?: (line: string) => void) => Promise<string>;

async function withBuildah<T>(
  work: (buildah: Buildah, place: { scratch: string; driver: string }) => Promise<T>,
): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), `${scratchPrefix}${process.pid}-`));
  try {
    await mkdir(cacheFolder(), { recursive: true });
    const driver = (await canHoldOverlay(cacheFolder())) ? 'overlay' : 'vfs';
    // A storage for each lock file: it holds all layers that were ever built in it, those with the npm packages are large.
    const key = await contentHash(root, ['package-lock.json']);
    const storage = await cached(`build-storage-${driver}`, key, async () => {}, 2);
    const options = ['--storage-driver', driver, '--root', storage, '--runroot', join(scratch, 'run')];
    const temporary = join(cacheFolder(), 'build-temporary');
    await mkdir(temporary, { recursive: true });
    // TMPDIR is where it keeps what `RUN --mount=type=cache` asks for.
    const env = { ...process.env, TMPDIR: temporary };
    // It leaves mounts behind, those of the storage always, and processes when it is killed; they end with the namespaces.
    const command = ['--mount', '--pid', '--mount-proc', '--fork', '--kill-child', 'buildah', ...options];
    return await work(
      (args, onLine) => run('unshare', [...command, ...args], { cwd: scratch, env, ...(onLine && { onLine }) }),
      { scratch, driver },
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * What a build needs of this machine to reach package registries, mounted and never part of the image: the certificates
 * that it trusts, and the registries that its npm and pip use.
 */
async function hostSettings(scratch: string): Promise<string[]> {
  const npmrc = [`registry=${(await run('npm', ['config', 'get', 'registry'])).trim()}`, 'update-notifier=false'];
  const pip = ['[global]'];
  const index = process.env['PIP_INDEX_URL'];
  if (index) pip.push(`index-url = ${index}`);
  const settings: string[] = [];
  const mount = (from: string, to: string) => settings.push('--volume', `${from}:${to}:ro`);
  if (await exists(certificates)) {
    mount(certificates, certificates);
    npmrc.push(`cafile=${certificates}`);
    pip.push(`cert = ${certificates}`);
  }
  await writeFile(join(scratch, 'npmrc'), `${npmrc.join('\n')}\n`);
  mount(join(scratch, 'npmrc'), '/usr/local/etc/npmrc');
  await writeFile(join(scratch, 'pip.conf'), `${pip.join('\n')}\n`);
  mount(join(scratch, 'pip.conf'), '/etc/pip.conf');
  return settings;
}
