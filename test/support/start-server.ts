import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pythonForTests } from './python.ts';

/** The programs in test/support/servers. */
export type ServerProgram =
  | 'everything'
  | 'modern'
  | 'legacy'
  | 'http-sse'
  | 'raw'
  | 'python'
  | 'tasks-legacy'
  | 'conformance-legacy'
  | 'conformance-modern';

export interface StartOptions {
  /** The program's own options. */
  readonly args?: readonly string[];
  /** A fixed port, to come back under the same address. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may take to listen, in milliseconds. */
  readonly deadlineMs?: number;
}

/** A test server that runs as a process of its own. */
export interface RunningServer {
  /** `http://127.0.0.1:PORT/mcp`; what it prints, where that is another. */
  readonly url: string;
  /** `127.0.0.1:PORT` */
  readonly target: string;
  readonly port: number;
  readonly pid: number;
  /** What it has written to stderr so far, for a failed test's message. */
  stderr(): string;
  /** Sends a signal without waiting (SIGSTOP makes a server that accepts and never answers). */
  signal(signal: NodeJS.Signals): void;
  /** Ends it and waits until it is gone: SIGTERM, after two seconds SIGKILL. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const folder = new URL('./servers/', import.meta.url);

/**
 * Starts a test server and waits until it listens.
 * @param program one of test/support/servers, or the file of another that takes and prints the same
 * @throws if it ends or does not listen within the deadline; the error carries its stderr
 */
export async function startServer(program: ServerProgram | URL, options: StartOptions = {}): Promise<RunningServer> {
  const deadlineMs = options.deadlineMs ?? 20_000;
  const args = ['--port', String(options.port ?? 0), ...(options.args ?? [])];
  const file = program instanceof URL ? program : new URL(fileOf(program), folder);
  const command = file.pathname.endsWith('.py') ? pythonForTests() : process.execPath;
  const child = spawnProgram(command, [fileURLToPath(file), ...args], options);
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (errors = (errors + chunk).slice(-20_000)));
  try {
    const url = await firstUrl(child, deadlineMs);
    const { host, port } = new URL(url);
    const stop = () => stopProcess(child);
    return {
      url,
      target: host,
      port: Number(port),
      pid: child.pid ?? 0,
      stderr: () => errors,
      signal: (signal) => void child.kill(signal),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (cause) {
    await stopProcess(child);
    throw new Error(`The test server ${String(program)} did not start: ${(cause as Error).message}\n${errors}`, {
      cause,
    });
  }
}

function fileOf(program: ServerProgram): string {
  return program === 'python' ? 'python/server.py' : `${program}.ts`;
}

function spawnProgram(command: string, args: readonly string[], options: StartOptions): ChildProcess {
  return spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } });
}

function firstUrl(child: ChildProcess, deadlineMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    const timer = setTimeout(() => reject(new Error(`no URL within ${deadlineMs} ms; stdout: ${out}`)), deadlineMs);
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`it ended with ${signal ?? code}`)));
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      out = (out + chunk).slice(-20_000);
      const url = /^\{"url": ?"([^"]+)"\}$/m.exec(out)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  // A stopped process takes SIGTERM only when it goes on.
  child.kill('SIGCONT');
  const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
  await ended;
  clearTimeout(timer);
}
