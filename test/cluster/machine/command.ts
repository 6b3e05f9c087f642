import { spawn, type ChildProcess } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

const shownOfAnError = 60;
const running = new Set<ChildProcess>();
let areEnded = false;

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to its standard input, which is empty otherwise. */
  input?: string;
  /** Called with each line that it writes to standard error, as it comes. */
  onLine?: (line: string) => void;
}

/**
 * Runs a command to its end and gives its standard output.
 *
 * @throws Error that names the command, its exit code and the last lines that it wrote; or after endCommands
 */
export async function run(file: string, args: string[], options: CommandOptions = {}): Promise<string> {
  if (areEnded) throw new Error('interrupted');
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    // In a process group of its own, so that endCommands reaches all that it starts.
    detached: true,
  });
  running.add(child);
  const output: Buffer[] = [];
  const errors: string[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      errors.push(line);
      if (errors.length > shownOfAnError) errors.shift();
      options.onLine?.(line);
    }
  });
  child.stdin.on('error', () => {}); // it may end without having read its input; its exit code tells
  child.stdin.end(options.input ?? '');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.once('error', (cause) => reject(new Error(`${file} could not be started: ${cause.message}`, { cause })));
  child.once('close', (code, signal) => {
    running.delete(child);
    if (areEnded) return reject(new Error('interrupted'));
    const text = Buffer.concat(output).toString('utf8');
    if (code === 0) return resolve(text);
    // Compilers complain on standard output.
    const said = [...text.trimEnd().split('\n').slice(-25), ...errors, rest].filter((line) => line !== '');
    reject(new Error(`${[file, ...args].join(' ')}\nended with ${signal ?? `exit code ${code}`}:\n${said.join('\n')}`));
  });
  return promise;
}

/** Ends all commands that run, and lets none begin any more: their callers fail, and tidy up after themselves. */
export function endCommands(): void {
  areEnded = true;
  for (const child of running) {
    killGroup(child, 'SIGTERM');
    setTimeout(() => killGroup(child, 'SIGKILL'), 3000).unref();
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid && running.has(child)) process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** The full path of an executable on the PATH, or undefined. The folders for administrators count too. */
export async function findExecutable(name: string): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

/** Whether there is a file at the path that we may execute. */
export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
