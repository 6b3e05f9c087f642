import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServiceEntry } from '../../gateway/contract/registry-document.ts';
import type { GatewayReport } from '../../gateway/contract/report.ts';
import { RegistryFolder, type RegistryExtras } from './registry-folder.ts';
import { until } from './until.ts';

/** The least that is kept of what a gateway writes, in characters. */
const KEPT_OF_LOG = 2_000_000;

/** The program. */
export const gatewayMain = fileURLToPath(new URL('../../gateway/main.ts', import.meta.url));

export interface StartGatewayOptions {
  /** What the first registry has beside its services. */
  readonly registry?: RegistryExtras;
  readonly env?: Readonly<Record<string, string>>;
  /** How long until it listens, in milliseconds. */
  readonly deadlineMs?: number;
}

/** A gateway that runs as a process of its own, over a registry folder. */
export interface RunningGateway {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** The endpoint of all servers. */
  readonly url: string;
  readonly adminUrl: string;
  readonly pid: number;
  /** Writes another registry. @returns its revision; that the gateway has taken it is in its log */
  write(services: readonly ServiceEntry[]): string;
  /** Writes another registry; resolves when the gateway serves it. */
  publish(services: readonly ServiceEntry[], more?: RegistryExtras): Promise<void>;
  /** Makes the registry one that cannot be taken. */
  breakRegistry(): void;
  report(): Promise<GatewayReport>;
  /** What it has logged so far. */
  log(): string;
  /** Sends SIGTERM and gives the exit code. */
  stop(): Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The variables of a gateway that serves what is in a folder, at ports of this machine that are free. */
export function gatewayEnvironment(registryFolder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    FETCHFY_GATEWAY: 'test',
    FETCHFY_NAMESPACE: 'default',
    FETCHFY_REGISTRY: `directory:${registryFolder}`,
    FETCHFY_LISTEN: '127.0.0.1:0',
    FETCHFY_ADMIN_LISTEN: '127.0.0.1:0',
    FETCHFY_ALLOW_LOOPBACK: 'true',
  };
}

/** Starts a gateway and waits until it serves these services. @throws with its log if it does not */
export async function startGateway(
  services: readonly ServiceEntry[],
  { registry, env, deadlineMs = 20_000 }: StartGatewayOptions = {},
): Promise<RunningGateway> {
  const folder = new RegistryFolder();
  const child = spawn(process.execPath, [gatewayMain], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...gatewayEnvironment(folder.path), ...env },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
      // The rest of what a test could ask for; now and then, since each time all of it is copied.
      if (log.length > 2 * KEPT_OF_LOG) log = log.slice(-KEPT_OF_LOG);
    });
  }
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 40_000);
    const code = await exited;
    clearTimeout(timer);
    folder.remove();
    return code;
  };
  try {
    const { url, adminUrl } = await until(
      'the gateway to listen',
      () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
        return listening(log);
      },
      { deadlineMs, state: () => log },
    );
    const report = async (): Promise<GatewayReport> =>
      (await (await fetch(new URL('/services', adminUrl))).json()) as GatewayReport;
    const gateway: RunningGateway = {
      origin: new URL(url).origin,
      url,
      adminUrl,
      pid: child.pid ?? 0,
      write: (entries) => folder.write(entries),
      async publish(entries, more) {
        const revision = folder.write(entries, more);
        await until('the gateway to serve the registry', async () => (await report()).registry.revision === revision, {
          deadlineMs,
          state: () => log,
        });
      },
      breakRegistry: () => folder.corrupt(),
      report,
      log: () => log,
      stop,
      [Symbol.asyncDispose]: async () => void (await stop()),
    };
    await gateway.publish(services, registry);
    return gateway;
  } catch (cause) {
    await stop();
    throw new Error(`The gateway did not start: ${(cause as Error).message}`, { cause });
  }
}

function listening(log: string): { url: string; adminUrl: string } | undefined {
  for (const line of log.split('\n')) {
    if (!line.includes('"adminUrl"')) continue;
    return JSON.parse(line) as { url: string; adminUrl: string };
  }
  return undefined;
}
