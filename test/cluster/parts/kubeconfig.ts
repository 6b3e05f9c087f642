import { readFile, writeFile } from 'node:fs/promises';
import type { Certificate, Certificates } from './certificates.ts';

/** Writes a kubeconfig, JSON being YAML too, with which `user` reaches the API server. */
export async function writeKubeconfig(
  path: string,
  server: string,
  certificates: Certificates,
  user: Certificate,
): Promise<string> {
  const base64 = async (file: string) => (await readFile(file)).toString('base64');
  const name = 'fetchfy-test';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [
      {
        name,
        cluster: { server, 'certificate-authority-data': await base64(certificates.authority.certificate) },
      },
    ],
    users: [
      {
        name,
        user: {
          'client-certificate-data': await base64(user.certificate),
          'client-key-data': await base64(user.key),
        },
      },
    ],
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
