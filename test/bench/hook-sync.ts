/**
 * How long a registry sync takes over HTTP and how much memory the hooks need for it, as a process of their own on one
 * core, with bodies as Metacontroller sends them: every Service with its EndpointSlice and their managedFields, and every
 * ConfigMap of the registry twice (attached and related), each with its data once more in its annotation.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { KubernetesObject } from '../../hooks/metacontroller/objects.ts';
import { syncRegistry } from '../../hooks/registry/controller.ts';
import { withLastApplied } from '../../local/driver/apply.ts';
import { gateway, service, slice } from '../hooks/support/objects.ts';
import { asAttachment } from '../hooks/support/ownership.ts';
import { registryRequest } from '../hooks/support/registry.ts';

export interface HookSyncResult {
  readonly services: number;
  readonly bodyBytes: number;
  readonly shards: number;
  /** Median over the rounds, from the first byte sent to the last byte received. */
  readonly milliseconds: number;
  /** Mean over the rounds of the processor time that the hooks took: what remains where others use the machine too. */
  readonly cpuMilliseconds: number;
  /** The process's greatest resident set so far. */
  readonly peakBytes: number;
}

export interface HookSyncOptions {
  readonly services: number;
  readonly rounds?: number;
  /** Gateways that are synced at one time; default 1. */
  readonly concurrency?: number;
  /** V8's limit for its old generation, in MiB, as the manifests set it; absent: Node's own. */
  readonly heapMiB?: number;
}

/** Measures the sync of one registry in a fresh process. */
export async function measureHookSync(options: HookSyncOptions): Promise<HookSyncResult> {
  const { services, rounds = 7, concurrency = 1, heapMiB } = options;
  const { body, shards } = requestBody(services);
  const hooks = await startHooks(heapMiB);
  try {
    // The first round is for the compiler.
    await sync(hooks, body);
    const cpuBefore = cpuMilliseconds(hooks.pid);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      times.push(...(await Promise.all(Array.from({ length: concurrency }, () => sync(hooks, body)))));
    }
    times.sort((a, b) => a - b);
    return {
      services,
      bodyBytes: Buffer.byteLength(body),
      shards,
      milliseconds: times[Math.floor(times.length / 2)] ?? Number.NaN,
      cpuMilliseconds: (cpuMilliseconds(hooks.pid) - cpuBefore) / times.length,
      peakBytes: peakBytes(hooks.pid),
    };
  } finally {
    await hooks.stop();
  }
}

/** Milliseconds of one sync. */
async function sync({ address }: RunningHooks, body: string): Promise<number> {
  const started = performance.now();
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${address}/registry/sync`, { method: 'POST', headers, body });
  const answer = await response.text();
  if (response.status !== 200) throw new Error(`The sync failed: ${answer.slice(0, 500)}`);
  return performance.now() - started;
}

/** Prints the figures of 1,000, 5,000 and 10,000 Services, and of several Gateways that select 10,000 at one time. */
export async function hookSync(): Promise<void> {
  for (const [services, concurrency] of [
    [1_000, 1],
    [5_000, 1],
    [10_000, 1],
    [10_000, 4],
  ] as const) {
    const result = await measureHookSync({ services, concurrency, rounds: concurrency > 1 ? 2 : 7, heapMiB: 768 });
    const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
    process.stdout.write(
      `  ${services.toLocaleString('en').padStart(6)} Services × ${concurrency}  ${Math.round(result.milliseconds)} ms a sync, ${Math.round(result.cpuMilliseconds)} ms of CPU  body ${megabytes(result.bodyBytes)}  ${result.shards} shards  peak RSS ${megabytes(result.peakBytes)}\n`,
    );
  }
}

function requestBody(count: number): { body: string; shards: number } {
  const parent = gateway();
  const related = Array.from({ length: count }, (_, number) => neighbours(number)).flat();
  const { attachments } = syncRegistry(registryRequest(related), { allowLoopback: false });
  const stored = attachments.map((configMap) => asAttachment(withLastApplied(asStored(configMap)), parent));
  const request = registryRequest([...related, ...stored], { attachments: stored });
  return { body: JSON.stringify(request), shards: attachments.length - 1 };
}

function asStored(configMap: KubernetesObject): KubernetesObject {
  const annotations = { 'metacontroller.k8s.io/decorator-controller': 'fetchfy-registry' };
  return { ...configMap, metadata: { ...configMap.metadata, annotations } };
}

/** A Service and its EndpointSlice with two pods: about 4 KB. */
function neighbours(number: number): KubernetesObject[] {
  const name = `service-${number}`;
  const namespace = `team-${number % 50}`;
  const annotations = { description: `What service number ${number} is good for, in a sentence of usual length.` };
  const pods = [1, 2].map((replica) => ({
    addresses: [`10.${number % 250}.${replica}.${number % 200}`],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${number % 100}`,
    targetRef: {
      kind: 'Pod',
      namespace,
      name: `${name}-7d4b9c6f5-${replica}`,
      uid: `00000000-0000-4000-8000-${number}${replica}`,
    },
    zone: 'zone-a',
  }));
  const managedFields = [{ manager: 'kubectl', operation: 'Apply', fieldsV1: { 'f:spec': fields(40) } }];
  const managedSlice = [
    { manager: 'kube-controller-manager', operation: 'Update', fieldsV1: { 'f:endpoints': fields(30) } },
  ];
  return [
    service(name, { namespace, annotations, metadata: { managedFields } as object }),
    withMetadata(slice(name, { namespace, endpoints: pods }), { managedFields: managedSlice }),
  ];
}

function withMetadata<T extends KubernetesObject>(object: T, more: object): T {
  return { ...object, metadata: { ...object.metadata, ...more } };
}

function fields(count: number): Record<string, object> {
  return Object.fromEntries(Array.from({ length: count }, (_, number) => [`f:field-of-spec-${number}`, {}]));
}

interface RunningHooks {
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

async function startHooks(heapMiB: number | undefined): Promise<RunningHooks> {
  const main = join(import.meta.dirname, '../../hooks/main.ts');
  const heap = heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`];
  // One core: a pod that may use more is no slower.
  const child = spawn('taskset', ['-c', '0', process.execPath, ...heap, main], {
    env: {
      ...process.env,
      FETCHFY_GATEWAY_IMAGE: 'fetchfy',
      FETCHFY_LISTEN: '127.0.0.1:0',
      FETCHFY_ADMIN_LISTEN: '127.0.0.1:0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const { address } = JSON.parse(line) as { address?: string };
    if (address === undefined || child.pid === undefined) continue;
    return {
      address,
      pid: child.pid,
      stop: async () => {
        child.kill('SIGTERM');
        await exited;
      },
    };
  }
  throw new Error('The hooks ended before they listened.');
}

/** User and system time from /proc/PID/stat, whose tick is 10 ms on every Linux that Node runs on. */
function cpuMilliseconds(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(afterName[11]) + Number(afterName[12])) * 10;
}

/** VmHWM: the kernel's own record. taskset becomes the process that it starts, so the pid is that of node. */
function peakBytes(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
