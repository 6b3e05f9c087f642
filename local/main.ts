/** `npm start`: the hooks and a gateway over a folder of manifests, without a cluster. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readVersion } from '../gateway/version.ts';
import { DEFAULT_PORT, parseCommandLine } from './command-line.ts';
import { print, printProblem } from './console.ts';
import { findFreePort, isPortFree } from './free-port.ts';
import { LocalMode } from './local-mode.ts';
import { shown, startFolder } from './start-folder.ts';

let endingSince: number | undefined;

async function serve(wantedPort: number, manifests: string): Promise<void> {
  if (!isFolder(manifests))
    return refuse(`${shown(manifests)} is not a folder. Name one that holds manifests: npm start -- --manifests DIR`);
  if (wantedPort !== 0 && !(await isPortFree(wantedPort))) {
    const other = await findFreePort(wantedPort < 65_535 ? wantedPort + 1 : DEFAULT_PORT);
    return refuse(
      `Port ${wantedPort} is taken by another program. End that, or take another port: npm start -- --port ${other}`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-'));
  const port = wantedPort === 0 ? await findFreePort() : wantedPort;
  const mode = new LocalMode({ manifests, port, adminPort: await findFreePort(), folder, version: readVersion() });

  // Whatever ends this process, nothing of it stays: neither a process nor the folder.
  process.on('exit', () => {
    mode.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  process.on('uncaughtException', (error) => {
    printProblem(`Local mode ends because of an error of its own: ${error.stack ?? error.message}`);
    process.exit(1);
  });
  // Nobody reads on, as with `npm start | head`.
  process.stdout.on('error', () => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(mode));
  await mode.start();
}

/** A second Ctrl-C is taken to be in a hurry; but npm passes on the very same one that the terminal sent us too. */
async function end(mode: LocalMode): Promise<void> {
  if (endingSince !== undefined) {
    if (performance.now() - endingSince > 500) process.exit(0);
    return;
  }
  endingSince = performance.now();
  print('\nEnding the gateway and the sample servers …');
  await mode.stop();
  process.exit(0);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function refuse(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

const command = parseCommandLine(process.argv.slice(2), readVersion(), startFolder);
if (command.action === 'print') {
  (command.exitCode === 0 ? process.stdout : process.stderr).write(command.text);
  process.exitCode = command.exitCode;
} else {
  await serve(command.port, command.manifests);
}
