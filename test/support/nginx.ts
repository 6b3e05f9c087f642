import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../local/free-port.ts';
import { findExecutable } from '../cluster/machine/command.ts';
import type { Certificate } from './certificates.ts';
import { until } from './until.ts';

/** Where nginx is; undefined: there is none on this machine. */
export const nginx = await findExecutable('nginx');

/** One server of an nginx, which serves HTTPS. */
export interface NginxServer {
  readonly certificate: Certificate;
  /** What stands in `server { … }` beside where it listens and its certificate. */
  readonly directives: readonly string[];
}

/**
 * Runs an nginx; it ends with the test.
 * @returns the ports of the servers, in order
 */
export async function startNginx(
  t: { teardown(end: () => Promise<void>): void },
  servers: readonly NginxServer[],
): Promise<readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-nginx-'));
  // Its worker is another user where it is started by root, and keeps large bodies in there.
  chmodSync(folder, 0o711);
  const ports: number[] = [];
  const blocks: string[] = [];
  for (const [number, { certificate, directives }] of servers.entries()) {
    const port = await findFreePort();
    ports.push(port);
    writeFileSync(join(folder, `${number}.crt`), certificate.cert);
    writeFileSync(join(folder, `${number}.key`), certificate.key);
    blocks.push(
      `server { listen 127.0.0.1:${port} ssl; ssl_certificate ${folder}/${number}.crt; ssl_certificate_key ${folder}/${number}.key; ${directives.join(' ')} }`,
    );
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 256; }
http { access_log off; ${temporary.join(' ')}
${blocks.join('\n')}
}
`,
  );
  const child = spawn(nginx ?? 'nginx', ['-e', join(folder, 'error.log'), '-c', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill();
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  for (const port of ports) await until('nginx to listen', () => accepts(port), { state: () => said });
  return ports;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  return true;
}
