/**
 * How many calls a core of the gateway carries, against nginx as a plain reverse proxy in the same run: machines differ
 * and are noisy, the ratio holds. Each of the two gets one core; the load and the upstream behind both share another.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';
import { cpuSeconds } from './cpu-time.ts';
import { LoadProgram, MEASURED_CORE, median, pinToMeasuredCore } from './load-program.ts';

/** One measurement of one way to the upstream. */
export interface Measurement {
  readonly callsPerCoreSecond: number;
  readonly callsPerSecond: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
}

export interface CallsResult {
  readonly nginx: readonly Measurement[];
  readonly gateway: readonly Measurement[];
  /** Median of the rounds: gateway by nginx, of calls per core-second. */
  readonly ratio: number;
}

export interface CallsOptions {
  readonly rounds?: number;
  readonly secondsEach?: number;
  /** Bytes of argument in a call. */
  readonly padding?: number;
}

/** Runs nginx and the gateway in turn. Needs Linux with two cores, Go, nginx and taskset. */
export async function measureCalls({
  rounds = 5,
  secondsEach: seconds = 4,
  padding = 0,
}: CallsOptions = {}): Promise<CallsResult> {
  const load = new LoadProgram();
  let nginx: RunningNginx | undefined;
  let gateway: RunningGateway | undefined;
  try {
    const url = await load.serve();
    nginx = await startNginx(load.folder, new URL(url).host);
    gateway = await startGateway([entryFor(url, { name: 'load' })]);
    pinToMeasuredCore(gateway.pid);
    const run = async (pid: number, target: string, tool: string): Promise<Measurement> => {
      const before = cpuSeconds(pid);
      const { calls, seconds: took, ...times } = await load.run({ url: target, tool, seconds, padding });
      return { ...times, callsPerCoreSecond: calls / (cpuSeconds(pid) - before), callsPerSecond: calls / took };
    };
    const result = { nginx: [] as Measurement[], gateway: [] as Measurement[] };
    for (let round = 0; round <= rounds; round++) {
      const ofNginx = await run(nginx.pid, nginx.url, 'echo');
      const ofGateway = await run(gateway.pid, gateway.url, 'load_echo');
      // The first round warms both up.
      if (round === 0) continue;
      result.nginx.push(ofNginx);
      result.gateway.push(ofGateway);
    }
    const ratios = result.gateway.map((of, i) => of.callsPerCoreSecond / (result.nginx[i]?.callsPerCoreSecond ?? 0));
    return { ...result, ratio: median(ratios) };
  } finally {
    nginx?.process.kill();
    await gateway?.stop();
    load.remove();
  }
}

/** Prints the figures of calls without and with 20,000 bytes of argument. */
export async function calls(): Promise<void> {
  for (const padding of [0, 20_000]) {
    const { nginx, gateway, ratio } = await measureCalls({ padding });
    process.stdout.write(
      `  with ${padding.toLocaleString('en')} bytes of argument, 16 connections, one core each:
    nginx    ${line(nginx)}
    gateway  ${line(gateway)}
    gateway / nginx: ${ratio.toFixed(2)}
`,
    );
  }
}

function line(of: readonly Measurement[]): string {
  const middle = (name: keyof Measurement): string =>
    Math.round(median(of.map((one) => one[name]))).toLocaleString('en');
  return `${middle('callsPerCoreSecond').padStart(8)} calls/core-second  ${middle('callsPerSecond').padStart(8)} calls/s  p50 ${middle('p50Micros')} µs  p99 ${middle('p99Micros')} µs`;
}

interface RunningNginx {
  readonly process: ChildProcess;
  readonly pid: number;
  /** What it passes on to the upstream's `/mcp`. */
  readonly url: string;
}

async function startNginx(folder: string, upstream: string): Promise<RunningNginx> {
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    config,
    `worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; client_body_buffer_size 1m; ${temporary.join(' ')}
  upstream load { server ${upstream}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://load; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
`,
  );
  const args = ['-c', MEASURED_CORE, 'nginx', '-e', join(folder, 'error.log'), '-c', config];
  const child = spawn('taskset', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}/mcp`;
  await until('nginx to answer', async () => (await fetch(url)).status > 0);
  return { process: child, pid: child.pid ?? 0, url };
}

/** nginx cannot be told to choose a port itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
