import { fileURLToPath } from 'node:url';
import type { Service } from '../hooks/registry/service.ts';
import { isPortFree, untilListening } from './free-port.ts';
import type { FiledManifest } from './manifests/folder.ts';
import { Child } from './processes/child.ts';
import { Supervised } from './processes/supervised.ts';

/** The annotation by which a manifest has local mode run one of the samples on the Service's port. */
export const SAMPLE_ANNOTATION = 'local.fetchfy.ai/sample';

const PROGRAMS: Readonly<Record<string, string>> = {
  dice: fileURLToPath(new URL('./samples/dice/main.ts', import.meta.url)),
  almanac: fileURLToPath(new URL('./samples/almanac/main.ts', import.meta.url)),
  travel: fileURLToPath(new URL('./samples/travel/main.ts', import.meta.url)),
};

const LISTENING_MS = 5000;

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
    return { fault: `${SAMPLE_ANNOTATION} is "${name}"; the samples are ${Object.keys(PROGRAMS).join(', ')}.` };
  }
  const ports = spec?.ports ?? [];
  const port = (ports.find((candidate) => candidate.name === 'mcp') ?? ports[0])?.port;
  if (port === undefined) return { fault: `The sample ${name} needs a port to listen on: give spec.ports one.` };
  return { name, port, manifest };
}

/** Runs the samples that the manifests ask for: each on its port, for as long as its Service is there. */
export class SampleServers {
  readonly #tell: (problem: string) => void;
  readonly #running = new Map<string, { readonly sample: WantedSample; readonly server: Supervised }>();
  /** Those whose port is another program's, as was told. */
  readonly #blocked = new Set<string>();

  /** @param tell of what goes wrong, a sentence */
  constructor(tell: (problem: string) => void) {
    this.#tell = tell;
  }

  /** Starts what is wanted and does not run yet. Resolves when it listens. */
  async start(wanted: readonly WantedSample[]): Promise<void> {
    const missing = wanted.filter((sample) => !this.#running.has(keyOf(sample)));
    const keys = new Set(wanted.map(keyOf));
    for (const key of this.#blocked) if (!keys.has(key)) this.#blocked.delete(key);
    // Another sample may have the port until now.
    const ports = new Set(missing.map(({ port }) => port));
    await this.#stopThose(({ port }) => ports.has(port));
    await Promise.all(missing.map((sample) => this.#start(sample)));
  }

  /** Ends what runs and is not wanted. To be called when nobody is sent to it any more. */
  async stopOthers(wanted: readonly WantedSample[]): Promise<void> {
    const keys = new Set(wanted.map(keyOf));
    await this.#stopThose((sample) => !keys.has(keyOf(sample)));
  }

  async #stopThose(isMeant: (sample: WantedSample) => boolean): Promise<void> {
    const meant = [...this.#running.values()].filter(({ sample }) => isMeant(sample));
    for (const { sample } of meant) this.#running.delete(keyOf(sample));
    await Promise.all(meant.map(({ server }) => server.stop()));
  }

  async #start(sample: WantedSample): Promise<void> {
    const { name, port, manifest } = sample;
    const key = keyOf(sample);
    if (!(await isPortFree(port))) {
      if (this.#blocked.has(key)) return;
      this.#blocked.add(key);
      this.#tell(
        `Port ${port} is taken, so the sample server ${name} cannot run. End what listens there, or change the port in ${manifest.file}:${manifest.line}.`,
      );
      return;
    }
    this.#blocked.delete(key);
    const program = PROGRAMS[name] ?? '';
    const start = (): Child => new Child({ args: [program, '--port', String(port)] });
    const server = new Supervised(`The sample server ${name}`, start, this.#tell);
    this.#running.set(key, { sample, server });
    // The gateway asks a server as soon as it hears of it; before that it should be there.
    await untilListening(port, LISTENING_MS);
  }

  async stop(): Promise<void> {
    await this.#stopThose(() => true);
  }

  kill(): void {
    for (const { server } of this.#running.values()) server.kill();
  }
}

function keyOf({ name, port }: WantedSample): string {
  return `${name} ${port}`;
}
