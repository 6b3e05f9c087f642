import { setTimeout as delay } from 'node:timers/promises';
import { objectKey } from '../hooks/metacontroller/objects.ts';
import type { GatewayReport, ServiceReport } from '../gateway/contract/report.ts';
import { services } from './cluster-types.ts';
import { paint, print, printChange, printProblem, withProgress } from './console.ts';
import { GatewayProcess } from './gateway-process.ts';
import { offersOf } from './gateway-view.ts';
import { introduction } from './introduction.ts';
import type { AppliedChange } from './manifests/apply.ts';
import { watchManifests } from './manifests/folder-watch.ts';
import type { FiledManifest, FileNote } from './manifests/folder.ts';
import { SampleServers, wantedSample } from './sample-servers.ts';
import { News, type Problem } from './news.ts';
import { reportedProblems } from './reported-problems.ts';
import { changeLine, counted, serviceViews, shortLine, type ServiceView } from './service-lines.ts';
import { shown } from './start-folder.ts';
import { World, type WorldState } from './world.ts';

export interface LocalModeOptions {
  readonly manifests: string;
  readonly port: number;
  readonly adminPort: number;
  /** A folder of our own. */
  readonly folder: string;
  readonly version: string;
}

/** How long a server may take to answer before it is told as it is then. */
const ANSWER_MS = 8000;
const LOOK_MS = 1000;
const POLL_MS = 50;
/** A line of the audit that says who was refused, and why. */
const DENIAL = /^\S+ AUDIT .*: deny /;

/** Everything that `npm start` runs: the hooks over a folder, the samples, the gateway, and what is said of them. */
export class LocalMode {
  readonly #options: LocalModeOptions;
  readonly #world: World;
  readonly #samples = new SampleServers(printProblem);
  readonly #gateway: GatewayProcess;
  /** Service → the state of it that was told last. */
  readonly #states = new Map<string, string>();
  /** What is wrong in the folder. */
  readonly #faults = new News();
  /** What the gateway says is wrong with it. */
  readonly #reported = new News();
  #state: WorldState | undefined;
  #unwatch: (() => void) | undefined;
  #looking: NodeJS.Timeout | undefined;
  /** One thing at a time: what has changed in the folder, or what has changed at the servers. */
  #turn: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(options: LocalModeOptions) {
    this.#options = options;
    this.#gateway = new GatewayProcess({
      ...options,
      tell: printProblem,
      onLine: (line) => {
        if (process.env['FETCHFY_LOG_LEVEL'] !== undefined || DENIAL.test(line)) print(paint('dim', line));
      },
    });
    this.#world = new World({
      manifests: options.manifests,
      fetchReports: async ({ gateway }) => {
        const report = await this.#gateway.report();
        const isOurs = report?.gateway.namespace === gateway.namespace && report.gateway.name === gateway.name;
        return isOurs ? [{ address: this.#gateway.adminUrl, report }] : [];
      },
      onError: (error, parent) => this.#faults.add(`The hooks failed for ${parent}: ${(error as Error).message}`),
    });
  }

  /** Resolves when everything runs and the table is printed. */
  async start(): Promise<void> {
    const state = await withProgress(() => 'starting the samples and the gateway', this.#apply());
    const views = await withProgress(() => `waiting for ${this.#awaited()} to answer`, this.#answered(state));
    // A gateway that asks who one is tells us no more than anyone else.
    const offers = isOpen(state) ? await offersOf(this.#gateway.url) : new Map();
    this.#remember(views);
    const { manifests, version } = this.#options;
    const { gateway, protection } = state;
    print(introduction({ version, manifests, gateway, protection, views, offers, gatewayProcess: this.#gateway }));
    this.#unwatch = watchManifests(this.#options.manifests, () => this.#inTurn(() => this.#followFolder()));
    this.#looking = setInterval(() => void this.#inTurn(() => this.#followServers()), LOOK_MS);
  }

  /** Ends everything; resolves when nothing of it runs. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#unwatch?.();
    clearInterval(this.#looking);
    await Promise.all([this.#gateway.stop(), this.#samples.stop(), this.#world.stop()]);
  }

  /** Ends everything at once, for a process that is itself about to exit. */
  kill(): void {
    this.#gateway.kill();
    this.#samples.kill();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn
      .then(() => (this.#isStopping ? undefined : work()))
      .catch((error: unknown) => {
        this.#faults.add(error instanceof Error ? error.message : String(error));
      });
    return this.#turn;
  }

  /** Brings the hooks, the samples and the gateway in step with the folder. */
  async #apply(): Promise<WorldState> {
    const state = await this.#world.refresh();
    this.#state = state;
    const problems = [...state.notes.map((note) => this.#noteText(note)), ...this.#gatewayProblems(state)];
    const wanted = [];
    for (const manifest of state.manifests.values()) {
      const sample = wantedSample(manifest);
      if (sample === undefined) continue;
      if ('fault' in sample) problems.push({ text: `${this.#place(manifest)}  ${sample.fault}`, isFault: true });
      else wanted.push(sample);
    }
    this.#faults.tell(problems);
    await this.#samples.start(wanted);
    await this.#gateway.serve(state.gateway && nameOf(state.gateway), state.registry, state.mounted);
    await this.#samples.stopOthers(wanted);
    return state;
  }

  async #followFolder(): Promise<void> {
    const state = await this.#apply();
    if (state.changes.length === 0) return;
    const views = await withProgress(() => `waiting for ${this.#awaited()} to answer`, this.#answered(state));
    for (const change of state.changes) printChange(change.kind, this.#changeText(change, state, views));
    this.#remember(views);
  }

  /** Tells of servers whose state has changed by itself. */
  async #followServers(): Promise<void> {
    const report = await this.#gateway.report();
    if (report === undefined || this.#state === undefined) return;
    this.#tellReported(report);
    const views = serviceViews(this.#state.registry, report.services);
    for (const view of views) {
      if (this.#states.get(view.key) !== stateKey(view)) printChange('changed', `${view.key} ${shortLine(view)}`);
    }
    this.#remember(views);
  }

  /** The views when every server has answered, or has had its time. */
  async #answered(state: WorldState): Promise<ServiceView[]> {
    const { registry } = state;
    if (registry === undefined) return [];
    const deadline = performance.now() + ANSWER_MS;
    for (;;) {
      const report = await this.#gateway.report();
      const reports = report?.services ?? [];
      const isCurrent = report?.registry.revision === registry.document.revision;
      const isPending = reports.some((service) => service.state === 'Pending' && !isKnownPending(registry, service));
      if ((isCurrent && !isPending) || performance.now() > deadline) {
        if (report !== undefined) this.#tellReported(report);
        return serviceViews(registry, reports);
      }
      await delay(POLL_MS);
    }
  }

  #tellReported(report: GatewayReport): void {
    this.#reported.tell(reportedProblems(report).map((text) => ({ text, isFault: true })));
  }

  #awaited(): string {
    return this.#state?.gateway === undefined
      ? 'the gateway'
      : `the servers of ${objectKey(this.#state.gateway.object)}`;
  }

  #remember(views: readonly ServiceView[]): void {
    this.#states.clear();
    for (const view of views) this.#states.set(view.key, stateKey(view));
  }

  #changeText(change: AppliedChange, state: WorldState, views: readonly ServiceView[]): string {
    const { manifest, kind } = change;
    const key = objectKey(manifest.object);
    const file = paint('dim', `(${manifest.file})`);
    if (manifest.type === services && kind !== 'deleted') {
      return changeLine(
        change,
        views.find((view) => view.key === key),
      );
    }
    const isServed = manifest === state.gateway;
    const name = `${manifest.type === services ? '' : `${manifest.object.kind} `}${key} ${file}`;
    if (kind === 'deleted') return `${name} is gone`;
    if (!isServed) return name;
    if (state.gatewayFault !== undefined) return `${name} has the fault above; what was served before stays so`;
    return `${name} is served with ${counted(views.length, 'Service')}. ${state.protection ?? ''}`;
  }

  #gatewayProblems({ gateway, unserved, gatewayFault, mounted, notes }: WorldState): Problem[] {
    const problems: Problem[] = unserved.map((other) => ({
      text: `${this.#place(other)}  Gateway ${objectKey(other.object)} is not served: local mode serves one, here ${gateway && objectKey(gateway.object)}. Delete one of the two.`,
      isFault: true,
    }));
    if (gateway === undefined) {
      const place = shown(this.#options.manifests);
      const text = notes.some(({ kind }) => kind === 'fault')
        ? `There is no Gateway in ${place} that can be taken, so nothing is served. Mend what is told above; manifests/examples/local/gateway.yaml shows a Gateway.`
        : `There is no Gateway in ${place}, so nothing is served. Add one: manifests/examples/local/gateway.yaml shows how.`;
      problems.push({ text, isFault: true });
    } else if (gatewayFault !== undefined) {
      problems.push({
        text: `${this.#place(gateway)}  Gateway ${objectKey(gateway.object)}: ${gatewayFault}`,
        isFault: true,
      });
    }
    for (const { missing } of mounted) {
      if (missing === undefined || gateway === undefined) continue;
      const text = `${this.#place(gateway)}  Gateway ${objectKey(gateway.object)} names the ${missing}, which is not in ${shown(this.#options.manifests)}: add it, or correct the name.`;
      problems.push({ text, isFault: true });
    }
    const spec = gateway?.object as { readonly spec?: { readonly enableTls?: boolean } } | undefined;
    if (spec?.spec?.enableTls === true) {
      problems.push({
        text: 'spec.enableTls has no effect in local mode: it serves HTTP on this machine only.',
        isFault: false,
      });
    }
    return problems;
  }

  #noteText({ file, line, message, kind }: FileNote): Problem {
    return { text: `${file}:${line}  ${message}`, isFault: kind === 'fault' };
  }

  #place({ file, line }: FiledManifest): string {
    return `${file}:${line}`;
  }
}

function nameOf({ object }: FiledManifest): { namespace: string; name: string } {
  const { namespace = 'default', name } = object.metadata;
  return { namespace, name };
}

/** Whether there is nothing to wait for: the hooks know that there is nothing to dial. */
function isKnownPending({ document }: NonNullable<WorldState['registry']>, report: ServiceReport): boolean {
  const entry = document.services.find(({ namespace, name }) => namespace === report.namespace && name === report.name);
  return entry?.pending !== undefined;
}

/** Whether everyone is let in. */
function isOpen({ registry }: WorldState): boolean {
  return registry?.document.policy.auth === undefined;
}

/** What is worth telling when it changes. */
function stateKey(view: ServiceView): string {
  const { rejected, report } = view;
  return rejected ?? `${report?.state} ${report?.toolCount ?? 0} ${report?.message ?? ''}`;
}
