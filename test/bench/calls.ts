/**
 * How many calls a core of the gateway carries, against nginx as a plain reverse proxy in the same run: machines differ
 * and are noisy, the ratio holds. Each of the two gets one core; the load and the upstream behind both share another.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

/** One measurement of one way to the upstream. */
export interface Measurement {
  readonly callsPerCoreSecond: number;
  readonly callsPerSecond: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly failed: number;
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

const NGINX_PORT = 18_990;
/** Ticks of /proc/PID/stat a second (sysconf CLK_TCK), the same on every Linux that Node runs on. */
const TICKS = 100;

/** Runs nginx and the gateway in turn. Needs Linux with two cores, Go, nginx and taskset. */
export async function measureCalls({
  rounds = 5,
  secondsEach = 4,
  padding = 0,
}: CallsOptions = {}): Promise<CallsResult> {
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-bench-'));
  const load = join(folder, 'load');
  execFileSync('go', ['build', '-o', load, '.'], { cwd: fileURLToPath(new URL('./load', import.meta.url)) });
  const upstream = spawn('taskset', ['-c', '1', load, 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let nginx: ChildProcess | undefined;
  let gateway: RunningGateway | undefined;
  try {
    const url = await firstUrl(upstream);
    nginx = startNginx(folder, new URL(url).host);
    gateway = await startGateway([entryFor(url, { name: 'load' })]);
    execFileSync('taskset', ['-a', '-p', '-c', '0', String(gateway.pid)], { stdio: 'ignore' });
    await until('nginx to answer', async () => (await fetch(`http://127.0.0.1:${NGINX_PORT}/`)).status > 0);
    const run = async (pid: number, target: string, tool: string): Promise<Measurement> => {
      const before = cpuSeconds(pid);
      const options = ['-url', target, '-tool', tool, '-seconds', String(secondsEach), '-padding', String(padding)];
      const child = spawn('taskset', ['-c', '1', load, 'run', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
      const outcome = JSON.parse(await firstLine(child)) as LoadOutcome;
      const cpu = cpuSeconds(pid) - before;
      if (outcome.failed > 0) throw new Error(`${outcome.failed} calls of ${target} failed: ${outcome.error}`);
      const { calls, seconds, p50Micros, p99Micros, failed } = outcome;
      return { callsPerCoreSecond: calls / cpu, callsPerSecond: calls / seconds, p50Micros, p99Micros, failed };
    };
    const result = { nginx: [] as Measurement[], gateway: [] as Measurement[] };
    for (let round = 0; round <= rounds; round++) {
      const ofNginx = await run(nginx.pid ?? 0, `http://127.0.0.1:${NGINX_PORT}/mcp`, 'echo');
      const ofGateway = await run(gateway.pid, gateway.url, 'load_echo');
      // The first round warms both up.
      if (round === 0) continue;
      result.nginx.push(ofNginx);
      result.gateway.push(ofGateway);
    }
    const ratios = result.gateway.map((of, i) => of.callsPerCoreSecond / (result.nginx[i]?.callsPerCoreSecond ?? 0));
    return { ...result, ratio: median(ratios) };
  } finally {
    upstream.kill();
    nginx?.kill();
    await gateway?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface LoadOutcome {
  readonly calls: number;
  readonly failed: number;
  readonly seconds: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly error?: string;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function startNginx(folder: string, upstream: string): ChildProcess {
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
    listen 127.0.0.1:${NGINX_PORT};
    location / { proxy_pass http://load; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
`,
  );
  return spawn('taskset', ['-c', '0', 'nginx', '-e', join(folder, 'error.log'), '-c', config], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** User and system time of a process and its children, in seconds (proc(5), fields 14 and 15 of stat). */
function cpuSeconds(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' '))
    .filter((child) => child !== '');
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS;
  return children.reduce((sum, child) => sum + cpuSeconds(Number(child)), own);
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The process has no stdout.');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return line;
}

async function firstUrl(child: ChildProcess): Promise<string> {
  return (JSON.parse(await firstLine(child)) as { url: string }).url;
}
