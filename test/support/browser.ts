import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { findExecutable } from '../cluster/machine/command.ts';
import { until } from './until.ts';

/** A page that a browser opens. */
export interface Page {
  /** `http://NAME`, under which the page is served: the name leads to this process, in that browser alone. */
  readonly origin: string;
  /** An ES module. It may import the MCP SDK's client, and gives what it found out to `report`, which is there. */
  readonly script: string;
}

/** Where packages are. */
const modules = fileURLToPath(new URL('../../../', import.meta.resolve('@modelcontextprotocol/client')));

/** What a bundler for browsers would take. */
const imports = {
  '@modelcontextprotocol/client': '@modelcontextprotocol/client/dist/index.mjs',
  '@modelcontextprotocol/client/_shims': '@modelcontextprotocol/client/dist/shimsBrowser.mjs',
  '@modelcontextprotocol/core/internal': '@modelcontextprotocol/core/dist/internal.mjs',
  'zod/v4': 'zod/v4/index.js',
  'pkce-challenge': 'pkce-challenge/dist/index.browser.js',
  eventsource: 'eventsource/dist/index.js',
  'eventsource-parser': 'eventsource-parser/dist/index.js',
  'eventsource-parser/stream': 'eventsource-parser/dist/stream.js',
};

/** Where the browser is; undefined: there is none on this machine. */
export const chromium = await findExecutable('chromium');

/** Opens a page in a browser of its own, and gives what its script reports. @throws if it reports nothing in time */
export async function reportOf<T>(page: Page): Promise<T> {
  let report: string | undefined;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    report = await text(request);
    response.end();
  };
  const server = createServer((request, response) => {
    if (request.method === 'POST') void take(request, response);
    else serve(page, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const profile = mkdtempSync(join(tmpdir(), 'fetchfy-browser-'));
  const browser = spawn(
    chromium ?? 'chromium',
    [...options(page, server.address() as AddressInfo, profile), page.origin],
    {
      // A group of its own, since it is many processes.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  browser.stderr.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-4000)));
  const exited = once(browser, 'exit');
  try {
    const found = await until('the report of the page', () => report, { deadlineMs: 90_000, state: () => said });
    return JSON.parse(found) as T;
  } finally {
    if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, 'SIGKILL');
    await exited;
    server.close();
    server.closeAllConnections();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

function options({ origin }: Page, { port }: AddressInfo, profile: string): string[] {
  return [
    '--headless',
    // Root, as which the tests of the cluster run, has no sandbox.
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--disable-background-networking',
    `--user-data-dir=${profile}`,
    `--host-resolver-rules=MAP ${new URL(origin).hostname}:80 127.0.0.1:${port}`,
  ];
}

function serve({ script }: Page, { url = '/' }: IncomingMessage, response: ServerResponse): void {
  if (url === '/') {
    const map = JSON.stringify({
      imports: Object.fromEntries(Object.entries(imports).map(([name, path]) => [name, `/modules/${path}`])),
    });
    const report = "const report = (found) => fetch('/report', { method: 'POST', body: JSON.stringify(found) });";
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(
      `<!doctype html><script type="importmap">${map}</script><script type="module">${report}\n${script}</script>`,
    );
    return;
  }
  const path = normalize(url);
  try {
    if (!path.startsWith('/modules/')) throw new Error(`There is no ${path}.`);
    const file = readFileSync(join(modules, path.slice('/modules/'.length)));
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(file);
  } catch {
    response.writeHead(404).end();
  }
}
