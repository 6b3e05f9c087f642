import { glob } from 'node:fs/promises';
import { run, findExecutable } from '../cluster/machine/command.ts';
import { say, step } from '../cluster/machine/progress.ts';

interface DebianPackage {
  name: string;
  /** What tells that it is there: an executable's name, or a pattern of a path. Other systems package them otherwise. */
  shownBy: string;
  purpose: string;
}

/** Debian's folder of CNI plugins. */
export const cniPlugins = '/usr/lib/cni';

const packages: DebianPackage[] = [
  { name: 'runc', shownBy: 'runc', purpose: 'runs the containers' },
  { name: 'containernetworking-plugins', shownBy: `${cniPlugins}/ptp`, purpose: 'gives pods their network' },
  { name: 'nftables', shownBy: 'nft', purpose: 'is how kube-proxy makes Services' },
  { name: 'conntrack', shownBy: 'conntrack', purpose: 'is what kube-proxy drops stale connections with' },
  { name: 'iproute2', shownBy: 'ip', purpose: 'makes the network of the test cluster' },
  { name: 'openssl', shownBy: 'openssl', purpose: 'makes the certificates of the test cluster' },
  { name: 'buildah', shownBy: 'buildah', purpose: 'builds the images' },
  { name: 'mmdebstrap', shownBy: 'mmdebstrap', purpose: 'makes the base image' },
  { name: 'python3-venv', shownBy: '/usr/lib/python3*/ensurepip', purpose: 'holds the server and agent in Python' },
  { name: 'nginx-light', shownBy: 'nginx', purpose: 'is an Ingress, and what benchmarks compare with' },
  { name: 'chromium', shownBy: 'chromium', purpose: 'opens web pages that call a gateway' },
  { name: 'wrk', shownBy: 'wrk', purpose: 'loads benchmarks' },
];

/** The packages that are not there, of those that the tests need. */
export async function missingPackages(): Promise<DebianPackage[]> {
  const found = await Promise.all(packages.map(isThere));
  return packages.filter((_, index) => !found[index]);
}

/**
 * Installs the packages, naming each.
 *
 * @throws Error that says what to do, where that takes rights or a system that we do not have
 */
export async function installPackages(missing: DebianPackage[]): Promise<void> {
  const names = missing.map(({ name }) => name).join(' ');
  const list = missing.map(({ name, purpose }) => `  ${name.padEnd(28)} ${purpose}`).join('\n');
  if (!(await findExecutable('apt-get'))) {
    throw new Error(
      `the tests need these, under the names that they have on Debian; install them and try again:\n${list}`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new Error(
      `the tests need these Debian packages, and only root can install them:\n${list}\n  sudo apt-get install ${names}`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await step('apt-get update', () => run('apt-get', ['update', '-q'], { env }));
  for (const { name, purpose } of missing) {
    say(`${name} ${purpose}`);
    await step(`installing ${name}`, () =>
      run('apt-get', ['install', '-qy', '--no-install-recommends', name], { env }),
    );
  }
}

async function isThere({ shownBy }: DebianPackage): Promise<boolean> {
  if (!shownBy.startsWith('/')) return (await findExecutable(shownBy)) !== undefined;
  for await (const _ of glob(shownBy)) return true;
  return false;
}
