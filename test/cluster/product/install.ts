import { join } from 'node:path';
import type { Test } from 'tap';
import type { TestCluster } from '../harness/test-cluster.ts';
import { chosenController, startDriver, startMetacontroller, type Controller } from './controller.ts';

/** What users install. */
export const manifests = join(import.meta.dirname, '..', '..', '..', 'manifests');

let installed: Promise<Controller> | undefined;

/**
 * Installs the controller and our manifests, as they are, and waits until the hooks answer; once in a process, and what
 * is there already stays.
 */
export async function install(cluster: TestCluster): Promise<Controller> {
  installed ??= installNow(cluster);
  return installed;
}

/** For a test that has taken the product away: the next scenario installs it anew. */
export async function forgetInstallation(): Promise<void> {
  const controller = await installed;
  installed = undefined;
  await controller?.stop();
}

/** Ends what the installation runs in this process, when the test file has ended. */
export function stopControllerAfter(t: Test): void {
  t.teardown(() => forgetInstallation());
}

async function installNow(cluster: TestCluster): Promise<Controller> {
  const start = chosenController() === 'metacontroller' ? startMetacontroller : startDriver;
  const controller = await start(cluster);
  await applyManifests(cluster);
  return controller;
}

/** `kubectl apply -k manifests`, until the hooks' pods are ready. */
export async function applyManifests(cluster: TestCluster): Promise<string> {
  const output = await cluster.kubectlApply(manifests);
  await cluster.kubectl('wait', '--for=condition=Established', '--timeout=30s', 'crd/gateways.gateways.fetchfy.ai');
  await cluster.kubectl('rollout', 'status', '-n', 'fetchfy-system', 'deployment/fetchfy-hooks', '--timeout=120s');
  return output;
}
