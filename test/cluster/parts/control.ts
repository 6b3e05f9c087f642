import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import type { Daemon } from '../machine/daemon.ts';

/** The programs of the cluster that a test may stop for a while. */
export type ProgramName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'containerd'
  | 'kubelet'
  | 'kube-proxy'
  | 'coredns';

/** The socket at which the cluster's own process listens for that. */
export function controlSocket(folder: string): string {
  return join(folder, 'control.sock');
}

/** Serves `POST /NAME/stop` and `POST /NAME/start`. */
export async function serveControl(folder: string, daemons: Map<string, Daemon>): Promise<Server> {
  const server = createServer((incoming, response) => {
    const [, name = '', action] = (incoming.url ?? '').split('/');
    const daemon = daemons.get(name);
    if (!daemon)
      return void response.writeHead(404).end(`no such program; there are ${[...daemons.keys()].join(', ')}\n`);
    if (action === 'start') daemon.start();
    else if (action === 'stop') return void daemon.kill().then(() => response.end());
    else response.writeHead(404);
    response.end();
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(controlSocket(folder), resolve);
  await promise;
  return server;
}

/** Asks the cluster's own process to stop a program at once, as a crash would, or to start it again. */
export async function control(socketPath: string, program: ProgramName, action: 'start' | 'stop'): Promise<void> {
  const dispatcher = new Agent({ connect: { socketPath } });
  try {
    const { statusCode, body } = await request(`http://control/${program}/${action}`, { method: 'POST', dispatcher });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${action} ${program}: ${statusCode} ${text}`);
  } finally {
    await dispatcher.close();
  }
}
