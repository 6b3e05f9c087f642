import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Test } from 'tap';
import { until } from './until.ts';

/** `npm start` as a process, over a folder of manifests of its own. */
export interface LocalMode {
  /** The gateway's, without a path. */
  readonly url: string;
  /** The pid of npm. */
  readonly pid: number;
  /** Where temporary files of the run lie; nothing else does. */
  readonly temporary: string;
  /** All that was printed so far, without colours. */
  output(): string;
  /** Waits for a line that matches, after what was printed when `mark` was taken, and returns the line. */
  line(pattern: RegExp, mark?: number): Promise<string>;
  /** A mark for `line`: only what is printed from now on. */
  mark(): number;
  /** Writes a manifest. */
  write(file: string, text: string): Promise<void>;
  remove(file: string): Promise<void>;
  /** Sends a signal as a terminal does: to npm and all that it started in its process group. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves with npm's exit code when it has ended. */
  readonly ended: Promise<number | null>;
  /** The pids of all processes below npm. */
  processes(): number[];
}

const root = new URL('../../', import.meta.url).pathname;
const DEADLINE_MS = 30_000;

/** Starts it and waits for its introduction, unless it ends before. */
export async function startLocalMode(
  t: Test,
  options: {
    readonly files: Readonly<Record<string, string>>;
    readonly port?: number;
    readonly args?: readonly string[];
  },
): Promise<LocalMode> {
  const folder = t.testdir({ manifests: options.files, temporary: {} });
  const manifests = join(folder, 'manifests');
  const temporary = join(folder, 'temporary');
  const port = options.port ?? (await freePort());
  const args = ['start', '--silent', '--', '--port', String(port), '--manifests', manifests, ...(options.args ?? [])];
  const child = spawn('npm', args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary, NO_COLOR: '1', FORCE_COLOR: undefined },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += stripVTControlCharacters(text)));
  }
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  t.teardown(() => endGroup(child));

  const mode: LocalMode = {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    temporary,
    output: () => output,
    mark: () => output.length,
    line: (pattern, mark = 0) =>
      until(
        `a line that matches ${pattern}`,
        () =>
          output
            .slice(mark)
            .split('\n')
            .find((line) => pattern.test(line)),
        {
          deadlineMs: DEADLINE_MS,
          state: () => output.slice(mark),
        },
      ),
    write: (file, text) => writeFile(join(manifests, file), text),
    remove: (file) => rm(join(manifests, file)),
    signal: (signal) => void process.kill(-(child.pid ?? 0), signal),
    ended,
    processes: () => descendants(child.pid ?? 0),
  };
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  await until('the introduction', () => hasEnded() || output.includes('Ctrl-C ends everything'), {
    deadlineMs: DEADLINE_MS,
    state: () => output,
  });
  return mode;
}

/** A Service that local mode reaches on this machine. */
export function externalService(
  name: string,
  port: number,
  options: {
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly label?: string;
  } = {},
): string {
  const { namespace = 'default', annotations = {}, label = '"true"' } = options;
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${namespace}
  labels:
    mcp-enabled: ${label}
  annotations: ${JSON.stringify(annotations)}
spec:
  type: ExternalName
  externalName: localhost
  ports:
    - name: mcp
      port: ${port}
`;
}

/** A Gateway that selects every labelled Service. */
export function gatewayManifest(name: string): string {
  return `apiVersion: gateways.fetchfy.ai/v1alpha1
kind: Gateway
metadata:
  name: ${name}
  namespace: default
spec: {}
`;
}

/** A port of this machine that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; whoever started it has not looked yet.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function descendants(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => parentOf(other) === pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(pid: number): number | undefined {
  try {
    // `pid (command) state ppid …`, where the command may hold anything.
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    );
  } catch {
    return undefined;
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const left = descendants(child.pid);
  process.kill(-child.pid, 'SIGKILL');
  await once(child, 'exit');
  // Its children end with it; a test that fails must not leave any all the same.
  await until('the end of all processes', () => !left.some(isAlive), { deadlineMs: 10_000, state: () => left });
}
