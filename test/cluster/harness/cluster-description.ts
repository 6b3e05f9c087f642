import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containerdSocket } from '../parts/containerd.ts';
import type { ImageTitle } from '../build/images.ts';

const fileName = 'cluster.json';

/** What a scenario is told of the cluster, in the file that FETCHFY_TEST_CLUSTER names. */
export interface ClusterDescription {
  /** The API server, or a proxy to it. */
  server: string;
  credentials?: { authority: string; certificate: string; key: string };
  /** For kubectl. */
  kubeconfig: string;
  kubectl: string;
  /** Why an image is not there. */
  imageErrors: Partial<Record<ImageTitle, string>>;
  /** Whether the image of Metacontroller is there. */
  metacontroller: boolean;
  /** The cluster that the tests started themselves; absent for one that was named to them. */
  own?: {
    /** Data, logs and sockets. */
    folder: string;
    /** PATH with the cluster's programs. */
    path: string;
  };
}

/** Writes the description into the run's folder. */
export async function writeClusterDescription(folder: string, description: ClusterDescription): Promise<void> {
  await writeFile(join(folder, fileName), JSON.stringify(description), { mode: 0o600 });
}

/** The environment in which scenarios run, or a shell for people. */
export async function clusterEnvironment(folder: string): Promise<NodeJS.ProcessEnv> {
  const { kubeconfig, own } = await readDescriptionIn(folder);
  return {
    ...process.env,
    FETCHFY_TEST_CLUSTER: join(folder, fileName),
    // For people, in a shell; the tests themselves do not look at them.
    KUBECONFIG: kubeconfig,
    ...(own && { PATH: own.path, CONTAINERD_ADDRESS: containerdSocket(own.folder), CONTAINERD_NAMESPACE: 'k8s.io' }),
  };
}

/** @throws if there is none, since the cluster is not up yet */
export async function readDescriptionIn(folder: string): Promise<ClusterDescription> {
  return JSON.parse(await readFile(join(folder, fileName), 'utf8')) as ClusterDescription;
}

/** The cluster that this process was told of, if it was. */
export function readClusterDescription(): ClusterDescription | undefined {
  const path = process.env['FETCHFY_TEST_CLUSTER'];
  return path ? (JSON.parse(readFileSync(path, 'utf8')) as ClusterDescription) : undefined;
}
