import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { environment, REPORT_PATH } from '../gateway/contract/environment.ts';
import { parseReport, type GatewayReport } from '../gateway/contract/report.ts';
import type { MountedObject } from './mounted-objects.ts';
import { Child } from './processes/child.ts';
import { Supervised } from './processes/supervised.ts';
import type { PublishedRegistry } from './published-registry.ts';
import { MountedFolder } from './registry-folder.ts';

const PROGRAM = fileURLToPath(new URL('../gateway/main.ts', import.meta.url));
const ANSWER_MS = 1000;
/** How long it may take to start, and to take up another registry. */
const SERVING_MS = 10_000;
const POLL_MS = 20;

export interface GatewayProcessOptions {
  readonly port: number;
  readonly adminPort: number;
  /** A folder of our own, for the registry. */
  readonly folder: string;
  /** What is told of crashes. */
  readonly tell: (problem: string) => void;
  /** Each line that it logs. */
  readonly onLine: (line: string) => void;
}

export interface GatewayName {
  readonly namespace: string;
  readonly name: string;
}

interface Serving {
  readonly gateway: GatewayName;
  readonly folder: MountedFolder;
  /** The variables of what is mounted beside the registry. */
  readonly mounts: string;
  readonly process: Supervised;
}

/** The gateway as a process of its own: what the Deployment is in a cluster. It serves one Gateway at a time, or none. */
export class GatewayProcess {
  readonly url: string;
  readonly adminUrl: string;
  readonly #options: GatewayProcessOptions;
  #serving: Serving | undefined;
  /** Folder → what was written there last. */
  readonly #mounted = new Map<string, string>();
  #revision: string | undefined;

  constructor(options: GatewayProcessOptions) {
    this.#options = options;
    this.url = `http://127.0.0.1:${options.port}`;
    this.adminUrl = `http://127.0.0.1:${options.adminPort}`;
  }

  /**
   * Serves this Gateway with this registry; undefined: nothing at all, until there is one. Resolves when it does.
   * @param mounted the Secrets and ConfigMaps that the Gateway names; with others of them it is another process, as in a
   *   cluster it is other pods
   */
  async serve(
    gateway: GatewayName | undefined,
    registry: PublishedRegistry | undefined,
    mounted: readonly MountedObject[] = [],
  ): Promise<void> {
    const mounts = mounted.map(({ variable }) => variable).join();
    const current = this.#serving;
    const isSame =
      current?.gateway.namespace === gateway?.namespace &&
      current?.gateway.name === gateway?.name &&
      current?.mounts === mounts;
    if (!isSame) await this.stop();
    if (gateway === undefined || registry === undefined) return;
    const place = join(this.#options.folder, gateway.namespace, gateway.name);
    const environment = await this.#mount(place, mounted);
    const folder = this.#serving?.folder ?? new MountedFolder(join(place, 'registry'));
    const { revision } = registry.document;
    if (revision === this.#revision) return;
    await folder.write(registry.files);
    this.#revision = revision;
    this.#serving ??= { gateway, folder, mounts, process: this.#start(gateway, folder, environment) };
    const deadline = performance.now() + SERVING_MS;
    while (performance.now() < deadline && (await this.report())?.registry.revision !== revision) await delay(POLL_MS);
  }

  /** What the gateway says of itself; undefined while it does not answer. */
  async report(): Promise<GatewayReport | undefined> {
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const response = await fetch(this.adminUrl + REPORT_PATH, { signal });
      return response.ok ? parseReport(await response.text()) : undefined;
    } catch {
      return undefined;
    }
  }

  async stop(): Promise<void> {
    const serving = this.#serving;
    this.#serving = undefined;
    this.#revision = undefined;
    await serving?.process.stop();
  }

  kill(): void {
    this.#serving?.process.kill();
  }

  /** Writes what has changed. @returns the variables that say where it is */
  async #mount(place: string, mounted: readonly MountedObject[]): Promise<Record<string, string>> {
    const variables: Record<string, string> = {};
    for (const { name, variable, files } of mounted) {
      const folder = new MountedFolder(join(place, name));
      const content = JSON.stringify([...files].map(([file, text]) => [file, text.toString()]));
      if (this.#mounted.get(folder.path) !== content) await folder.write(files);
      this.#mounted.set(folder.path, content);
      variables[variable] = folder.path;
    }
    return variables;
  }

  #start(gateway: GatewayName, folder: MountedFolder, mounted: Readonly<Record<string, string>>): Supervised {
    const { port, adminPort, onLine, tell } = this.#options;
    const env = {
      [environment.gateway]: gateway.name,
      [environment.namespace]: gateway.namespace,
      [environment.registry]: `directory:${folder.path}`,
      [environment.listen]: `127.0.0.1:${port}`,
      [environment.adminListen]: `127.0.0.1:${adminPort}`,
      [environment.allowLoopback]: 'true',
      [environment.logFormat]: 'text',
      [environment.logLevel]: process.env[environment.logLevel] ?? 'warn',
      // Who presses Ctrl-C at a terminal does not wait for clients to leave.
      FETCHFY_DRAIN_TIMEOUT: '1s',
      ...mounted,
    };
    return new Supervised('The gateway', () => new Child({ args: [PROGRAM], env, onLine }), tell);
  }
}
