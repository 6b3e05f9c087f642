import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { environment, REPORT_PATH } from '../gateway/contract/environment.ts';
import { parseReport, type GatewayReport } from '../gateway/contract/report.ts';
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

/** The gateway as a process of its own: what the Deployment is in a cluster. It serves one Gateway at a time, or none. */
export class GatewayProcess {
  readonly url: string;
  readonly adminUrl: string;
  readonly #options: GatewayProcessOptions;
  #serving: { readonly gateway: GatewayName; readonly folder: MountedFolder; readonly process: Supervised } | undefined;
  #revision: string | undefined;

  constructor(options: GatewayProcessOptions) {
    this.#options = options;
    this.url = `http://127.0.0.1:${options.port}`;
    this.adminUrl = `http://127.0.0.1:${options.adminPort}`;
  }

  /** Serves this Gateway with this registry; undefined: nothing at all, until there is one. Resolves when it does. */
  async serve(gateway: GatewayName | undefined, registry: PublishedRegistry | undefined): Promise<void> {
    const current = this.#serving?.gateway;
    const isSame = current?.namespace === gateway?.namespace && current?.name === gateway?.name;
    if (!isSame) await this.stop();
    if (gateway === undefined || registry === undefined) return;
    const folder =
      this.#serving?.folder ?? new MountedFolder(join(this.#options.folder, gateway.namespace, gateway.name));
    const { revision } = registry.document;
    if (revision === this.#revision) return;
    await folder.write(registry.files);
    this.#revision = revision;
    this.#serving ??= { gateway, folder, process: this.#start(gateway, folder) };
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

  #start(gateway: GatewayName, folder: MountedFolder): Supervised {
    const { port, adminPort, onLine, tell } = this.#options;
    const env = {
      [environment.gateway]: gateway.name,
      [environment.namespace]: gateway.namespace,
      [environment.registry]: `directory:${folder.path}`,
      [environment.listen]: `127.0.0.1:${port}`,
      [environment.adminListen]: `127.0.0.1:${adminPort}`,
      [environment.logFormat]: 'text',
      [environment.logLevel]: process.env[environment.logLevel] ?? 'warn',
      // Who presses Ctrl-C at a terminal does not wait for clients to leave.
      FETCHFY_DRAIN_TIMEOUT: '1s',
    };
    return new Supervised('The gateway', () => new Child({ args: [PROGRAM], env, onLine }), tell);
  }
}
