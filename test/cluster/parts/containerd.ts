import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cniPlugins } from '../../setup/debian-packages.ts';
import { until } from '../../support/until.ts';
import type { Image } from '../build/buildah.ts';
import { exists } from '../build/cache.ts';
import type { StartDaemon } from './cluster.ts';
import { run } from '../machine/command.ts';
import { imageNames } from '../build/images.ts';
import { network } from '../machine/namespace.ts';

/** containerd's socket in the run's folder. */
export function containerdSocket(folder: string): string {
  return join(folder, 'containerd.sock');
}

/** Starts containerd, with the network plugins for pods, and waits until it answers. */
export async function startContainerd(start: StartDaemon, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const networks = join(folder, 'cni');
  await mkdir(networks);
  await writeFile(join(networks, '10-pods.conflist'), JSON.stringify(podNetwork(folder)));
  const config = join(folder, 'containerd.toml');
  await writeFile(config, configuration(folder, networks));
  start('containerd', [`--config=${config}`, '--log-level=warn']);
  await until('containerd to answer', () => ctr(folder, env, ['version']), { deadlineMs: 60_000, everyMs: 50 });
}

/**
 * Imports those of the images that were not imported yet, or in another state. Blobs that several of them share, above
 * all those of the base image, are read once.
 */
export async function importImages(folder: string, env: NodeJS.ProcessEnv, images: Image[]): Promise<void> {
  const list = join(folder, 'imported.json');
  const imported = (await exists(list)) ? (JSON.parse(await readFile(list, 'utf8')) as Image[]) : [];
  const isImported = ({ name, key }: Image) => imported.some((each) => each.name === name && each.key === key);
  const layouts = images.filter((image) => !isImported(image)).map(({ layout }) => layout);
  if (layouts.length > 0) await importLayouts(folder, env, layouts);
  await writeFile(list, JSON.stringify(images));
}

async function importLayouts(folder: string, env: NodeJS.ProcessEnv, layouts: string[]): Promise<void> {
  const merged = join(folder, `import-${process.pid}`);
  const blobs = join(merged, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const manifests: unknown[] = [];
  for (const layout of layouts) {
    const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as { manifests: unknown[] };
    manifests.push(...index.manifests);
    for (const blob of await readdir(join(layout, 'blobs', 'sha256'))) {
      if (!(await exists(join(blobs, blob)))) await symlink(join(layout, 'blobs', 'sha256', blob), join(blobs, blob));
    }
  }
  await writeFile(join(merged, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  await writeFile(join(merged, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const archive = `${merged}.tar`;
  await run('tar', ['--dereference', '-cf', archive, '-C', merged, 'oci-layout', 'index.json', 'blobs']);
  await ctr(folder, env, ['images', 'import', archive]);
  await run('rm', ['-rf', merged, archive]);
}

/** Runs containerd's own client. */
export async function ctr(folder: string, env: NodeJS.ProcessEnv, args: string[]): Promise<string> {
  return run('ctr', ['--address', containerdSocket(folder), '--namespace', 'k8s.io', ...args], { env });
}

/**
 * A pair of interfaces for each pod, routed by the node. A bridge would pass what one pod answers another past the node's
 * address translation, unless the kernel's br_netfilter is there: with routes it works on any kernel.
 */
function podNetwork(folder: string): unknown {
  const subnet = { subnet: network.pods };
  const ipam = {
    type: 'host-local',
    ranges: [[subnet]],
    routes: [{ dst: '0.0.0.0/0' }],
    dataDir: join(folder, 'cni-addresses'),
  };
  return { cniVersion: '1.0.0', name: 'pods', plugins: [{ type: 'ptp', ipam }] };
}

function configuration(folder: string, networks: string): string {
  const text = (value: string) => JSON.stringify(value);
  return `version = 3
root = ${text(join(folder, 'containerd'))}
state = ${text(join(folder, 'containerd-state'))}
disabled_plugins = ['io.containerd.nri.v1.nri']
[grpc]
address = ${text(containerdSocket(folder))}
[plugins.'io.containerd.cri.v1.runtime']
# Without CAP_SYS_RESOURCE no pod starts otherwise: "can't get final child's PID from pipe: EOF".
restrict_oom_score_adj = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = [${text(cniPlugins)}]
conf_dir = ${text(networks)}
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = ${text(imageNames.pause)}
`;
}
