import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A port of this machine that leads to one of a pod. */
export interface PortForward {
  /** `http://localhost:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

/** How long kubectl may take to listen, in milliseconds. */
const LISTEN_MS = 20_000;

/**
 * Runs `kubectl port-forward`, as users do who have no other way in.
 * @param kubectl the program and the options that name the cluster
 * @param target e.g. `deployment/main-mcp`
 * @throws Error with what kubectl said, if it does not listen
 */
export async function forwardPort(
  [file = '', ...options]: readonly string[],
  namespace: string,
  target: string,
  port: number,
): Promise<PortForward> {
  const child = spawn(file, [...options, 'port-forward', '--namespace', namespace, target, `:${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4000)));
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  const failure = (how: string): Error => new Error(`kubectl port-forward ${target} ${how}: ${errors.trim()}`);
  const lines = createInterface(child.stdout);
  const timer = setTimeout(() => child.kill('SIGTERM'), LISTEN_MS);
  try {
    // "Forwarding from 127.0.0.1:37123 -> 8080"
    const [line] = (await Promise.race([
      once(lines, 'line'),
      ended.then(() => Promise.reject(failure(`did not listen within ${LISTEN_MS / 1000} s, or ended`))),
    ])) as [string];
    const local = /^Forwarding from 127\.0\.0\.1:(\d+) /.exec(line)?.[1];
    if (local === undefined) throw failure(`said ${JSON.stringify(line)}`);
    return { url: `http://localhost:${local}`, close };
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
