import { fileURLToPath } from 'node:url';
import type { Service } from '../hooks/registry/service.ts';
import { isPortFree } from './free-port.ts';
import type { FiledManifest } from './manifests/folder.ts';
import { Child } from './processes/child.ts';
import { Supervised } from './processes/supervised.ts';

/** The annotation by which a manifest has local mode run one of the samples on the Service's port. */
export const SAMPLE_ANNOTATION = 'local.fetchfy.ai/sample';

const PROGRAMS: Readonly<Record<string, string>> = {
  dice: fileURLToPath(new URL('./samples/dice/main.ts', import.meta.url)),
  almanac: fileURLToPath(new URL('./samples/almanac/main.ts', import.meta.url)),
};

/** A sample that a manifest asks for. */
export interface WantedSample {
  readonly name: string;
  readonly port: number;
  readonly manifest: FiledManifest;
}

/** What a Service's manifest asks for: a sample, nothing, or something that there is not. */
export function wantedSample(manifest: FiledManifest): WantedSample | undefined | { readonly fault: string } {
  const { metadata, spec } = manifest.object as Service;
  const name = metadata.annotations?.[SAMPLE_ANNOTATION];
  if (name === undefined || manifest.object.kind !== 'Service') return undefined;
  if (!Object.hasOwn(PROGRAMS, name)) {
    return { fault: `${SAMPLE_ANNOTATION} is "${name}"; the samples are ${Object.keys(PROGRAMS).join(' and ')}.` };
  }
  const ports = spec?.ports ?? [];
  const port = (ports.find((candidate) => candidate.name === 'mcp') ?? ports[0])?.port;
  if (port === undefined) return { fault: `The sample ${name} needs a port to listen on: give spec.ports one.` };
  return { name, port, manifest };
}

/** Runs the samples that the manifests ask for: each on its port, for as long as its Service is there. */
export class SampleServers {
  readonly #tell: (problem: string) => void;
  readonly #running = new Map<string, Supervised>();

  /** @param tell of what goes wrong, a sentence */
  constructor(tell: (problem: string) => void) {
    this.#tell = tell;
  }

  /** Starts what is wanted and not running, ends what runs and is not wanted. */
  async reconcile(wanted: readonly WantedSample[]): Promise<void> {
    const keyed = new Map(wanted.map((sample) => [`${sample.name} ${sample.port}`, sample]));
    const gone = [...this.#running].filter(([key]) => !keyed.has(key));
    await Promise.all(
      gone.map(async ([key, server]) => {
        this.#running.delete(key);
        await server.stop();
      }),
    );
    for (const [key, sample] of keyed) if (!this.#running.has(key)) await this.#start(key, sample);
  }

  async #start(key: string, { name, port, manifest }: WantedSample): Promise<void> {
    if (!(await isPortFree(port))) {
      this.#tell(
        `Port ${port} is taken, so the sample server ${name} cannot run. End what listens there, or change the port in ${manifest.file}:${manifest.line}.`,
      );
      return;
    }
    const program = PROGRAMS[name] ?? '';
    const start = (): Child => new Child({ args: [program, '--port', String(port)] });
    this.#running.set(key, new Supervised(`The sample server ${name}`, start, this.#tell));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map((server) => server.stop()));
    this.#running.clear();
  }

  kill(): void {
    for (const server of this.#running.values()) server.kill();
  }
}
