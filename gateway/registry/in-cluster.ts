import { join } from 'node:path';
import type { KubeApiOptions } from './kube-api.ts';

/** Where Kubernetes puts a pod's credentials. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The API server as a pod finds it; undefined: this is no pod. */
export function inClusterApi(
  env: Readonly<Record<string, string | undefined>>,
  folder = SERVICE_ACCOUNT,
): KubeApiOptions | undefined {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if (!host || !port) return undefined;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { url: `https://${authority}`, tokenFile: join(folder, 'token'), caFile: join(folder, 'ca.crt') };
}
